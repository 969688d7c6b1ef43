import { expect, test } from 'vitest'
import type { FunnelQuery } from '~/api/types'
import { questionOf } from './chart-switch'
import {
  changeOf,
  displayOf,
  FUNNEL_DEFAULTS,
  type FunnelState,
  formulaPlace,
  funnelLink,
  funnelQuery,
  openFrom,
  readFunnel,
  readSegmentation,
  roundEdges,
  SEGMENTATION_DEFAULTS,
  type SegmentationState,
  segmentationLink,
  segmentationQuery,
  stepBefore,
  withoutStep,
} from './charts'
import { toBase64Url } from './codec'

const A = { event: 'A' }
const B = { event: 'B' }
const C = { event: 'C' }
const NEW = { event: '' }
const funnel = (part: Partial<FunnelState>): FunnelState => ({
  ...FUNNEL_DEFAULTS,
  steps: [A, B, C],
  ...part,
})
const lines = (part: Partial<SegmentationState>): SegmentationState => ({
  ...SEGMENTATION_DEFAULTS,
  series: [
    { select: A, measure: 'people' },
    { select: B, measure: 'events' },
  ],
  ...part,
})
const asked = (part: Partial<FunnelState>) => funnelQuery(funnel(part)) as FunnelQuery
const link = (doc: unknown) => toBase64Url(JSON.stringify(doc))

test('a funnel as usual asks for no option by name', () => {
  expect(funnelQuery(funnel({}))).toEqual({
    kind: 'funnel',
    range: { last: 30, unit: 'day' },
    steps: [A, B, C],
    window: { n: 7, unit: 'day' },
  })
})

test('every option of a funnel goes through the address into the query', () => {
  const state = funnel({
    steps: [{ ...A, occurrence: { nth_ever: 3 } }, { ...B, optional: true }, C],
    count: 'attempts',
    hold: ['event.session'],
    exclude: [{ select: { event: 'X' }, after: 1, before: 3 }],
    tolerance_ms: 500,
    group_by: ['event.category'],
    breakdown_at: 'last_defined',
    view: 'time_to_convert',
    bins: [0, 60, 3600],
  })
  const read = readFunnel(funnelLink(state))
  expect(read).toEqual(state)
  expect(funnelQuery(read)).toMatchObject({
    steps: [{ event: 'A', occurrence: { nth_ever: 3 } }, { event: 'B', optional: true }, C],
    count: 'attempts',
    hold: ['event.session'],
    exclude: [{ select: { event: 'X' }, after_step: 1, before_step: 3 }],
    tolerance_ms: 500,
    breakdown_at: 'last_defined',
    view: 'time_to_convert',
    bins: [0, 60, 3600],
  })
})

test('options without a meaning in any order wait in the address and are not asked', () => {
  const state = funnel({
    steps: [A, { ...B, optional: true }, C],
    order: 'any',
    count: 'attempts',
    hold: ['event.session'],
    exclude: [{ select: { event: 'X' }, after: null, before: null }],
    group_by: ['event.category'],
    breakdown_at: 2,
  })
  expect(readFunnel(funnelLink(state))).toEqual(state)
  const query = funnelQuery(state)
  for (const field of ['count', 'hold', 'exclude']) expect(query).not.toHaveProperty(field)
  expect(query).toMatchObject({ order: 'any', breakdown_at: 'per_value', steps: [A, B, C] })
})

test('the first and the last step are never optional, wherever they came from', () => {
  const optional = (event: string) => ({ event, optional: true })
  const query = asked({ steps: [optional('A'), optional('B'), optional('C')] })
  expect(query.steps).toEqual([A, { ...B, optional: true }, C])
  expect(asked({ steps: [A, optional('B')] }).steps).toEqual([A, B])
})

test('steps without an event are not counted by what names a step', () => {
  const exclude = [{ select: { event: 'X' }, after: 2, before: 4 }]
  const query = asked({ steps: [A, B, NEW, C], exclude, group_by: ['event.a'], breakdown_at: 4 })
  expect(query.exclude).toEqual([{ select: { event: 'X' }, after_step: 2, before_step: 3 }])
  expect(query.breakdown_at).toBe(3)
  // Bounds that would turn around leave the whole funnel.
  const turned = asked({ exclude: [{ select: { event: 'X' }, after: 3, before: null }] })
  expect(turned.exclude).toEqual([{ select: { event: 'X' } }])
  // One still being chosen is not asked.
  expect(asked({ exclude: [{ select: NEW, after: null, before: null }] })).not.toHaveProperty('exclude')
})

test('a step taken away leaves the others named as they were', () => {
  const exclude = [
    { select: { event: 'X' }, after: 1, before: 3 },
    { select: { event: 'Y' }, after: 2, before: null },
  ]
  const part = withoutStep(funnel({ exclude, breakdown_at: 3 }), 0)
  expect(part.steps).toEqual([B, C])
  expect(part.exclude).toEqual([
    { select: { event: 'X' }, after: null, before: 2 },
    { select: { event: 'Y' }, after: 1, before: null },
  ])
  expect(part.breakdown_at).toBe(2)
  expect(withoutStep(funnel({ breakdown_at: 2 }), 1).breakdown_at).toBeNull()
})

test('options of a broken link are as by default', () => {
  const broken = {
    steps: [A, { event: 'B', optional: 'yes' }, { event: 'C', occurrence: { nth_ever: 0 } }],
    order: 'sideways',
    count: 5,
    hold: [7, 'event.a'],
    exclude: [
      null,
      { select: A },
      { select: A, after: 1, before: 'x' },
      { select: A, after: null, before: 2 },
    ],
    tolerance_ms: -1,
    breakdown_at: 'middle',
    view: 'cake',
    bins: [5, 1],
  }
  expect(readFunnel(link(broken))).toEqual({
    ...FUNNEL_DEFAULTS,
    steps: [A],
    hold: ['event.a'],
    exclude: [{ select: A, after: null, before: 2 }],
  })
  const lines = { display: 'round', rolling: 0, formulas: [5, 'A'], compare: 'decade' }
  expect(readSegmentation(link(lines))).toEqual({ ...SEGMENTATION_DEFAULTS, formulas: ['A'] })
})

test('display, formulas and comparison go through the address into the query', () => {
  const state = lines({
    display: 'rolling_window',
    rolling: 14,
    formulas: [' A / B ', '', 'CUMSUM(A)'],
    compare: 'month',
  })
  const read = readSegmentation(segmentationLink(state))
  expect(read).toEqual(state)
  expect(segmentationQuery(read)).toMatchObject({
    display: { rolling_window: 14 },
    formulas: ['A / B', 'CUMSUM(A)'],
    compare: { previous: 'month' },
  })
  // A complaint about the second asked formula belongs to the third of the builder.
  expect(formulaPlace(state.formulas, 1)).toBe(2)
  expect(formulaPlace(state.formulas, 2)).toBe(-1)
})

test('a series keeps its letter while the one before it is still being chosen', () => {
  const series = [
    { select: NEW, measure: 'people' as const },
    { select: B, measure: 'people' as const },
  ]
  expect(segmentationQuery(lines({ series }))?.series).toEqual([{ name: 'B', select: B, measure: 'people' }])
})

test('a frequency is shown plain, and compared only next to lines', () => {
  const often = { select: A, measure: 'frequency' as const }
  const alone = lines({ series: [often], display: 'cumulative', compare: 'week' })
  expect(displayOf(alone)).toBe('plain')
  expect(segmentationQuery(alone)).not.toHaveProperty('display')
  expect(segmentationQuery(alone)).not.toHaveProperty('compare')
  const beside = lines({ series: [often, { select: B, measure: 'people' }], compare: 'week' })
  expect(segmentationQuery(beside)).toMatchObject({ compare: { previous: 'week' } })
})

test('what only a step of a funnel may say stays behind when the chart changes its kind', () => {
  const steps = [{ ...A, occurrence: { first_ever: true } }, { ...B, optional: true }, C]
  expect(questionOf('funnel', funnel({ steps })).events).toEqual([A, B, C])
})

test('numbers of an answer are placed', () => {
  const steps = [{ label: 'A' }, { label: 'B', optional: true }, { label: 'C' }]
  expect(stepBefore(steps, 2)?.label).toBe('A')
  expect(stepBefore(steps, 1)?.label).toBe('A')
  expect(stepBefore(steps, 0)).toBeUndefined()
  expect(openFrom([true, true, false, false])).toBe(2)
  expect(openFrom([true, true])).toBe(2)
  expect(changeOf(6, 4)).toBe(0.5)
  expect(changeOf(-1, -2)).toBe(0.5)
  expect(changeOf(6, 0)).toBeNull()
  expect(changeOf(null, 4)).toBeNull()
  const round = asked({ view: 'time_to_convert', bins: 'round', window: { n: 1, unit: 'hour' } })
  expect(round.bins).toEqual([0, 60, 300, 900, 3_600])
  expect(roundEdges({ n: 1, unit: 'day' })).toEqual([0, 60, 300, 900, 3_600, 21_600, 86_400])
})
