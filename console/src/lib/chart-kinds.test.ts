import { expect, test } from 'vitest'
import type { ChartKind, Selector } from '~/api/types'
import { canonical } from './canonical'
import {
  LIFECYCLE_DEFAULTS,
  type LifecycleState,
  lifecycleQuery,
  PATHS_DEFAULTS,
  type PathsState,
  pathsQuery,
  RETENTION_DEFAULTS,
  type RetentionState,
  readLifecycle,
  readPaths,
  readRetention,
  readSessions,
  readStickiness,
  readUsage,
  retentionQuery,
  SESSIONS_DEFAULTS,
  type SessionsState,
  STICKINESS_DEFAULTS,
  type StickinessState,
  sessionsQuery,
  stickinessQuery,
  USAGE_DEFAULTS,
  type UsageState,
  usageQuery,
} from './chart-kinds'
import { CHART_KINDS, type ChartStates, linkTo, questionOf } from './chart-switch'
import { readFunnel, readSegmentation } from './charts'
import { encodeState, toBase64Url } from './codec'

const VIEWED: Selector = { event: '상품 조회' }
const BOUGHT: Selector = {
  event: 'Order Completed',
  where: { all: [{ property: 'event.revenue', op: 'gte', values: [30_000] }] },
}
const KOREA = { all: [{ property: 'profile.country', op: 'is' as const, values: ['KR'] }] }
const COMMON = {
  range: { from: '2026-03-01', to: '2026-03-31' },
  segments: [{ name: 'VIP', people: { cohort: 'c1' } }],
  group_by: ['event.category'],
  where: KOREA,
}

const RETENTION: RetentionState = {
  ...COMMON,
  kept: [VIEWED],
  start: VIEWED,
  back: BOUGHT,
  mode: 'brackets',
  brackets: [
    [0, 0],
    [1, 6],
  ],
  clock: 'rolling',
  start_rule: 'first_ever',
  interval: 'week',
  intervals: 8,
  day_zero: 'cohort',
  value: { fn: 'sum', property: 'event.revenue' },
}

type Case<S> = [state: S, defaults: S, read: (q: string | undefined) => S]

/** Through the address and back. */
const passed = <S extends object>([state, defaults, read]: Case<S>) => read(encodeState(state, defaults))

/** Nothing as by default, so that a field which the address forgets is seen. */
const FULL: {
  retention: Case<RetentionState>
  lifecycle: Case<LifecycleState>
  stickiness: Case<StickinessState>
  usage_interval: Case<UsageState>
  sessions: Case<SessionsState>
  paths: Case<PathsState>
} = {
  retention: [RETENTION, RETENTION_DEFAULTS, readRetention],
  lifecycle: [
    { ...COMMON, kept: [BOUGHT], select: VIEWED, interval: 'month', first_by: 'selected' },
    LIFECYCLE_DEFAULTS,
    readLifecycle,
  ],
  stickiness: [
    {
      ...COMMON,
      kept: [BOUGHT],
      select: VIEWED,
      period: 'range',
      interval: 'week',
      at_least: 3,
      cumulative: true,
    },
    STICKINESS_DEFAULTS,
    readStickiness,
  ],
  usage_interval: [{ ...COMMON, kept: [BOUGHT], select: VIEWED }, USAGE_DEFAULTS, readUsage],
  sessions: [
    { ...COMMON, kept: [BOUGHT], measure: 'bounce_rate', interval: 'month' },
    SESSIONS_DEFAULTS,
    readSessions,
  ],
  paths: [
    {
      ...COMMON,
      kept: [VIEWED],
      anchor: 'between',
      from: VIEWED,
      to: BOUGHT,
      steps: 9,
      per: 'window',
      gap: { n: 2, unit: 'day' },
      count: 'people',
      collapse: false,
      exclude: [{ event: 'x' }],
      expand: [{ event: 'Order Completed', by: 'event.category' }],
      top: 3,
    },
    PATHS_DEFAULTS,
    readPaths,
  ],
}

function check<S extends object>(kind: string, one: Case<S>) {
  const [state, defaults] = one
  for (const key of Object.keys(defaults) as (keyof S)[]) {
    const [own, usual] = [canonical(state[key]), canonical(defaults[key])]
    expect(own, `${kind}.${String(key)} is as by default`).not.toBe(usual)
  }
  expect(canonical(passed(one)), kind).toBe(canonical(state))
  expect(encodeState({ ...defaults }, defaults), kind).toBeUndefined()
}

test('every field of every kind survives the address', () => {
  check('retention', FULL.retention)
  check('lifecycle', FULL.lifecycle)
  check('stickiness', FULL.stickiness)
  check('usage_interval', FULL.usage_interval)
  check('sessions', FULL.sessions)
  check('paths', FULL.paths)
})

test('what makes no sense in an address is as by default', () => {
  const broken = {
    start: 5,
    back: { event: 7 },
    mode: 'sometimes',
    brackets: [[3, 1]],
    clock: 'lunar',
    interval: 'hour',
    intervals: -1,
    value: { fn: 'max', property: 'event.x' },
    kept: [null, VIEWED],
  }
  expect(readRetention(toBase64Url(JSON.stringify(broken)))).toEqual({
    ...RETENTION_DEFAULTS,
    kept: [VIEWED],
  })
  const paths = { steps: 1.5, top: 1_000, gap: { n: 1 }, expand: [{ event: 'x' }], exclude: ['y'], per: 'x' }
  expect(readPaths(toBase64Url(JSON.stringify(paths)))).toEqual(PATHS_DEFAULTS)
})

test('a retention asks for everything that its builder holds', () => {
  expect(retentionQuery(RETENTION)).toEqual({
    kind: 'retention',
    range: COMMON.range,
    segments: COMMON.segments,
    group_by: ['event.category'],
    where: KOREA.all[0],
    start: VIEWED,
    back: { event: 'Order Completed', where: { property: 'event.revenue', op: 'gte', values: [30_000] } },
    mode: {
      brackets: [
        [0, 0],
        [1, 6],
      ],
    },
    clock: 'rolling',
    start_rule: 'first_ever',
    interval: 'week',
    day_zero: 'cohort',
    value: { fn: 'sum', property: 'event.revenue' },
  })
  expect(retentionQuery({ ...RETENTION, mode: 'streak' })).toMatchObject({ mode: 'streak', intervals: 8 })
  expect(retentionQuery({ ...RETENTION, value: { fn: 'avg', property: '' } })).not.toHaveProperty('value')
  expect(retentionQuery({ ...RETENTION, start: { event: '' } })).toBeNull()
})

test('kinds that are not split by properties are not asked so', () => {
  const { lifecycle, usage_interval, paths } = FULL
  for (const asked of [
    lifecycleQuery(passed(lifecycle)),
    usageQuery(passed(usage_interval)),
    pathsQuery(passed(paths)),
  ]) {
    expect(asked).not.toBeNull()
    expect(asked).not.toHaveProperty('group_by')
    expect(asked).toHaveProperty('segments')
  }
})

test('paths ask for the anchor that is chosen', () => {
  const state = { ...PATHS_DEFAULTS, from: VIEWED, to: { event: 'B' } }
  expect(pathsQuery(state)?.anchor).toEqual({ start: VIEWED })
  expect(pathsQuery({ ...state, anchor: 'end' })?.anchor).toEqual({ end: VIEWED })
  expect(pathsQuery({ ...state, anchor: 'between' })?.anchor).toEqual({ between: [VIEWED, { event: 'B' }] })
  expect(pathsQuery({ ...state, anchor: 'between', to: { event: '' } })).toBeNull()
  expect(pathsQuery({ ...PATHS_DEFAULTS, anchor: 'none' })).not.toHaveProperty('anchor')
  expect(pathsQuery(PATHS_DEFAULTS)).toBeNull()
  expect(pathsQuery({ ...state, per: 'window' })?.per).toEqual({ window: { n: 1, unit: 'hour' } })
})

test('only a whole range is cut into intervals by a stickiness', () => {
  expect(stickinessQuery({ ...STICKINESS_DEFAULTS, select: VIEWED })).not.toHaveProperty('interval')
  const range = {
    ...STICKINESS_DEFAULTS,
    select: VIEWED,
    period: 'range' as const,
    interval: 'week' as const,
  }
  expect(stickinessQuery(range)).toMatchObject({ period: 'range', interval: 'week' })
  expect(sessionsQuery(SESSIONS_DEFAULTS)).toMatchObject({ kind: 'sessions', measure: 'count' })
})

test('events, conditions, people and days go along from kind to kind and back', () => {
  const readers: { [K in ChartKind]: (q: string | undefined) => ChartStates[K] } = {
    funnel: readFunnel,
    segmentation: readSegmentation,
    retention: readRetention,
    lifecycle: readLifecycle,
    stickiness: readStickiness,
    usage_interval: readUsage,
    sessions: readSessions,
    paths: readPaths,
  }
  const question = { ...COMMON, events: [VIEWED, BOUGHT, { event: 'Refunded' }] }
  const through = <K extends ChartKind>(kind: K, asked: typeof question) =>
    questionOf(kind, readers[kind](linkTo(kind, asked))) as typeof question
  for (const first of CHART_KINDS) {
    for (const second of CHART_KINDS) {
      expect(through(second, through(first, question)), `${first} to ${second}`).toEqual(question)
    }
  }
})
