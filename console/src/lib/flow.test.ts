import { expect, test } from 'vitest'
import type { PathsShape, RetentionAnswer } from '~/api/types'
import { toTsv } from './csv'
import { heatStep, heatTop } from './heat'
import { retentionGroups } from './retention'
import { EXIT, eventOfNode, layOutFlow, OTHER } from './sankey'

const count = (value: number) => ({ value, cell: `c${value}` })
const SIZE = { width: 600, height: 200, nodeWidth: 10, columnMin: 100, slotMin: 30, gap: 10 }

const SHAPE: PathsShape = {
  nodes: [
    { position: 0, name: 'home', count: count(100) },
    { position: 1, name: EXIT, count: count(60) },
    { position: 1, name: OTHER, count: count(30) },
    { position: 1, name: 'list', count: count(10) },
  ],
  links: [
    { from: [0, 'home'], to: [1, EXIT], count: count(60) },
    { from: [0, 'home'], to: [1, 'list'], count: count(10) },
    { from: [0, 'home'], to: [1, OTHER], count: count(30) },
    { from: [0, 'nowhere'], to: [1, 'list'], count: count(5) },
  ],
  top_paths: [],
}

test('events stand above what is no event, nodes apart, bands within their nodes', () => {
  const { nodes, links, positions, height } = layOutFlow(SHAPE, SIZE)
  expect(positions).toEqual([0, 1])
  const column = nodes.filter(it => it.position === 1)
  expect(column.map(it => it.name)).toEqual(['list', OTHER, EXIT])
  for (const [index, it] of column.entries()) {
    const next = column[index + 1]
    if (next) expect(it.y + Math.max(it.height, SIZE.slotMin)).toBeLessThan(next.y)
  }
  expect(column.reduce((sum, it) => sum + it.share, 0)).toBeCloseTo(1)
  expect(height).toBeGreaterThanOrEqual(200)
  // A link to a node that is not shown is left out.
  expect(links).toHaveLength(3)
  for (const it of links) {
    expect(it.y0 - it.width / 2).toBeGreaterThanOrEqual(it.from.y - 0.01)
    expect(it.y0 + it.width / 2).toBeLessThanOrEqual(it.from.y + it.from.height + 0.01)
    expect(it.y1 + it.width / 2).toBeLessThanOrEqual(it.to.y + it.to.height + 0.01)
  }
})

test('paths towards an end count back', () => {
  const nodes = [-2, 0, -1].map(position => ({ position, name: 'a', count: count(1) }))
  expect(layOutFlow({ nodes, links: [], top_paths: [] }, SIZE).positions).toEqual([-2, -1, 0])
  expect(layOutFlow({ nodes: [], links: [], top_paths: [] }, SIZE).nodes).toEqual([])
})

test('the event of a node that was split is the part before the value', () => {
  expect(eventOfNode('Product Viewed: shoes', ['Product Viewed'])).toBe('Product Viewed')
  expect(eventOfNode('Note: read', ['Product Viewed'])).toBe('Note: read')
})

test('colours go in eight steps up to the 95th percentile', () => {
  const top = heatTop([null, 0, ...Array.from({ length: 99 }, () => 0.1), 0.9])
  expect(top).toBe(0.1)
  expect([null, 0, 0.001, 0.05, 0.1, 0.9].map(it => heatStep(it, top))).toEqual([0, 0, 1, 4, 8, 8])
  expect(heatTop([null, 0])).toBe(0)
  expect(heatStep(0.5, 0)).toBe(0)
})

test('rows of a retention are sorted by whom they are about, everyone first', () => {
  const size = count(1)
  const row = (bucket: string, group: unknown[], overall = false) => ({
    segment: null,
    group,
    bucket,
    size,
    cells: [],
    ...(overall ? { overall } : {}),
  })
  const curve = { segment: null, interval: 0, returned: 1, of: 2, rate: 0.5 }
  const result: RetentionAnswer['result'] = {
    rows: [row('d1', ['KR']), row('d2', ['KR']), row('d1', [], true)],
    overall: [
      { ...curve, group: ['KR'] },
      { ...curve, group: [], overall: true },
    ],
  }
  const groups = retentionGroups(result)
  expect(groups.map(it => [it.group, it.overall, it.rows.length, it.curve.length])).toEqual([
    [[], true, 1, 1],
    [['KR'], false, 2, 1],
  ])
})

test('a pasted sheet keeps its cells apart', () => {
  expect(
    toTsv([
      ['a\tb', 1],
      [null, 'c\nd'],
    ]),
  ).toBe('a b\t1\n\tc d')
})
