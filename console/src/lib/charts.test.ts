import { expect, test } from 'vitest'
import type { Filter } from '~/api/types'
import {
  FUNNEL_DEFAULTS,
  funnelLink,
  funnelQuery,
  readFunnel,
  readSegmentation,
  SEGMENTATION_DEFAULTS,
  segmentationLink,
  segmentationQuery,
} from './charts'
import { toBase64Url } from './codec'

const KOREA: Filter = { all: [{ property: 'profile.country', op: 'is', values: ['KR'] }] }
const steps = [{ event: '상품 조회' }, { event: '주문 완료' }]
const link = (doc: unknown) => toBase64Url(JSON.stringify(doc))

test('a condition on the chart is asked of both charts and lives in their address', () => {
  const funnel = readFunnel(funnelLink({ steps, where: KOREA }))
  expect(funnel.where).toEqual(KOREA)
  expect(funnelQuery(funnel)).toMatchObject({ kind: 'funnel', where: KOREA.all[0], steps })
  const series = [{ select: { event: '주문 완료' }, measure: 'people' as const }]
  const lines = readSegmentation(segmentationLink({ series, where: KOREA }))
  expect(segmentationQuery(lines)).toMatchObject({ kind: 'segmentation', where: KOREA.all[0] })
})

test('a condition still being written stays in the address and is not asked', () => {
  const where: Filter = {
    any: [
      { property: 'event.price', op: 'gte', values: [30_000] },
      { property: 'event.category', op: 'is', values: [] },
      { property: '', op: 'is', values: [] },
    ],
  }
  const state = readFunnel(funnelLink({ steps, where }))
  expect(state.where).toEqual(where)
  expect(funnelQuery(state)?.where).toEqual({ property: 'event.price', op: 'gte', values: [30_000] })
  const unasked = funnelQuery({ ...FUNNEL_DEFAULTS, steps, where: { any: where.any.slice(1) } })
  expect(unasked).not.toHaveProperty('where')
})

test('no condition leaves no trace', () => {
  expect(funnelLink({ where: null })).toBeUndefined()
  expect(funnelQuery({ ...FUNNEL_DEFAULTS, steps })).not.toHaveProperty('where')
})

test('what makes no sense in an address is left out, and the rest is kept', () => {
  for (const where of [
    'x',
    5,
    [],
    {},
    { all: 'x' },
    { all: [null] },
    { any: [{ all: [{ property: 'event.a' }] }] },
    { not: {} },
    { property: 'event.a', op: 'like' },
    { property: 'event.a', op: 'toString' },
    { property: 3, op: 'is' },
    { property: 'event.a', op: 'is', values: 'b' },
  ]) {
    expect(readFunnel(link({ steps, where })), JSON.stringify(where)).toEqual({ ...FUNNEL_DEFAULTS, steps })
  }
  const deep = `${'{"not":'.repeat(5_000)}{"property":"event.a","op":"set"}${'}'.repeat(5_000)}`
  expect(readFunnel(toBase64Url(`{"where":${deep}}`)).where).toBeNull()

  const broken = {
    steps: [null, 'x', { event: 5 }, { event: 'A', where: 'x' }, { any_of: [{}] }, steps[0]],
    range: { last: 'x', unit: 'day' },
    window: { n: 7, unit: 'fortnight' },
    segments: [null, { name: 'A' }],
    group_by: [7, 'event.category'],
  }
  expect(readFunnel(link(broken))).toEqual({
    ...FUNNEL_DEFAULTS,
    steps: [steps[0]],
    group_by: ['event.category'],
  })
  const series = [null, {}, { select: { event: 'A' } }, { select: { any_event: true }, measure: 'events' }]
  expect(readSegmentation(link({ series }))).toEqual({ ...SEGMENTATION_DEFAULTS, series: series.slice(3) })
})

test('what the builder cannot edit is still read, shown and asked', () => {
  const where: Filter = { not: KOREA }
  const state = readFunnel(funnelLink({ steps, where }))
  expect(funnelQuery(state)?.where).toEqual(where)
})
