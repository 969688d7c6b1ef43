/** Retention, lifecycle, stickiness, usage interval, sessions and paths: what the address holds, and the query it becomes. */
import type {
  DayZero,
  Duration,
  FirstBy,
  Interval,
  LifecycleQuery,
  PathCount,
  PathExpansion,
  PathsQuery,
  PlainRetentionMode,
  RetentionClock,
  RetentionQuery,
  RetentionValue,
  Selector,
  SessionMeasure,
  SessionsQuery,
  StartRule,
  StickinessPeriod,
  StickinessQuery,
  UsageIntervalQuery,
} from '~/api/types'
import { type Common, common, LAST_30, oneOf, readCommon, whole } from './chart-common'
import { isBrackets, isDuration, isExpansion, isRetentionValue, isSelector } from './chart-parts'
import { decodeState } from './codec'
import { finishedSelector, isChosen } from './filters'

/** A chart that may leave events of another unused: they stay in the address for the way back. */
interface Keeping extends Common {
  kept: Selector[]
}

export type RetentionMode = PlainRetentionMode | 'brackets'
export type Bracket = [from: number, to: number]

export interface RetentionState extends Keeping {
  start: Selector
  back: Selector
  mode: RetentionMode
  brackets: Bracket[]
  clock: RetentionClock
  start_rule: StartRule
  interval: Interval
  intervals: number
  day_zero: DayZero
  value: RetentionValue | null
}

export interface LifecycleState extends Keeping {
  select: Selector
  interval: Interval
  first_by: FirstBy
}

export interface StickinessState extends Keeping {
  select: Selector
  period: StickinessPeriod
  interval: Interval
  at_least: number
  cumulative: boolean
}

export interface UsageState extends Keeping {
  select: Selector
}

export interface SessionsState extends Keeping {
  measure: SessionMeasure
  interval: Interval
}

export type AnchorKind = 'start' | 'end' | 'between' | 'none'

export interface PathsState extends Keeping {
  anchor: AnchorKind
  /** The anchor, or the first of two. */
  from: Selector
  /** The second of two. */
  to: Selector
  steps: number
  per: 'session' | 'window'
  gap: Duration
  count: PathCount
  collapse: boolean
  exclude: Selector[]
  expand: PathExpansion[]
  top: number
}

/** No event chosen yet. */
export const NO_EVENT: Selector = { event: '' }
const ANY_EVENT: Selector = { any_event: true }

const COMMON: Keeping = { range: LAST_30, segments: [], group_by: [], where: null, kept: [] }

export const RETENTION_DEFAULTS: RetentionState = {
  ...COMMON,
  start: NO_EVENT,
  back: ANY_EVENT,
  mode: 'on',
  brackets: [
    [0, 0],
    [1, 3],
    [4, 7],
  ],
  clock: 'calendar',
  start_rule: 'every_bucket',
  interval: 'day',
  intervals: 14,
  day_zero: 'return',
  value: null,
}

export const LIFECYCLE_DEFAULTS: LifecycleState = {
  ...COMMON,
  range: { last: 90, unit: 'day' },
  select: NO_EVENT,
  interval: 'week',
  first_by: 'any_event',
}

export const STICKINESS_DEFAULTS: StickinessState = {
  ...COMMON,
  select: NO_EVENT,
  period: 'week',
  interval: 'day',
  at_least: 1,
  cumulative: false,
}

export const USAGE_DEFAULTS: UsageState = {
  ...COMMON,
  range: { last: 90, unit: 'day' },
  select: NO_EVENT,
}

export const SESSIONS_DEFAULTS: SessionsState = { ...COMMON, measure: 'count', interval: 'day' }

export const PATHS_DEFAULTS: PathsState = {
  ...COMMON,
  anchor: 'start',
  from: NO_EVENT,
  to: NO_EVENT,
  steps: 5,
  per: 'session',
  gap: { n: 1, unit: 'hour' },
  count: 'sessions',
  collapse: true,
  exclude: [],
  expand: [],
  top: 8,
}

export const RETENTION_MODES = ['on', 'on_or_after', 'on_or_before', 'streak', 'brackets'] as const
export const RETENTION_CLOCKS = ['calendar', 'rolling'] as const
export const START_RULES = ['every_bucket', 'first_ever', 'first_matching'] as const
export const DAY_ZEROS = ['return', 'cohort'] as const
/** Cohorts are days, weeks or months. */
export const RETENTION_INTERVALS = ['day', 'week', 'month'] as const
export const INTERVALS = ['hour', 'day', 'week', 'month', 'quarter'] as const
export const FIRST_BYS = ['any_event', 'selected'] as const
export const STICKINESS_PERIODS = ['week', 'month', 'range'] as const
export const SESSION_MEASURES = ['count', 'length', 'per_person', 'bounce_rate', 'events_per'] as const
export const ANCHORS = ['start', 'end', 'between', 'none'] as const
export const PATH_COUNTS = ['sessions', 'people', 'totals'] as const

/** The most that the server answers. */
export const RETENTION_INTERVALS_MAX = 732
export const PATH_STEPS_MAX = 20
export const PATH_TOP_MAX = 100

const selector = (value: unknown, other: Selector): Selector => (isSelector(value) ? value : other)

function readKeeping(state: Keeping): Keeping {
  return { ...readCommon(state), kept: state.kept.filter(it => isSelector(it)) }
}

/** Reads `?q=` of a retention; parts of it that make no sense are as by default. */
export function readRetention(q: string | undefined): RetentionState {
  const state = decodeState(q, RETENTION_DEFAULTS)
  const d = RETENTION_DEFAULTS
  return {
    ...readKeeping(state),
    start: selector(state.start, d.start),
    back: selector(state.back, d.back),
    mode: oneOf(RETENTION_MODES, state.mode, d.mode),
    brackets: isBrackets(state.brackets) ? state.brackets : d.brackets,
    clock: oneOf(RETENTION_CLOCKS, state.clock, d.clock),
    start_rule: oneOf(START_RULES, state.start_rule, d.start_rule),
    interval: oneOf(RETENTION_INTERVALS, state.interval, 'day'),
    intervals: whole(state.intervals, 0, RETENTION_INTERVALS_MAX, d.intervals),
    day_zero: oneOf(DAY_ZEROS, state.day_zero, d.day_zero),
    value: isRetentionValue(state.value) ? state.value : null,
  }
}

export function readLifecycle(q: string | undefined): LifecycleState {
  const state = decodeState(q, LIFECYCLE_DEFAULTS)
  return {
    ...readKeeping(state),
    select: selector(state.select, NO_EVENT),
    interval: oneOf<Interval>(INTERVALS, state.interval, 'week'),
    first_by: oneOf(FIRST_BYS, state.first_by, 'any_event'),
  }
}

export function readStickiness(q: string | undefined): StickinessState {
  const state = decodeState(q, STICKINESS_DEFAULTS)
  return {
    ...readKeeping(state),
    select: selector(state.select, NO_EVENT),
    period: oneOf(STICKINESS_PERIODS, state.period, 'week'),
    interval: oneOf<Interval>(INTERVALS, state.interval, 'day'),
    at_least: whole(state.at_least, 1, 10_000, 1),
    cumulative: state.cumulative,
  }
}

export function readUsage(q: string | undefined): UsageState {
  const state = decodeState(q, USAGE_DEFAULTS)
  return { ...readKeeping(state), select: selector(state.select, NO_EVENT) }
}

export function readSessions(q: string | undefined): SessionsState {
  const state = decodeState(q, SESSIONS_DEFAULTS)
  return {
    ...readKeeping(state),
    measure: oneOf(SESSION_MEASURES, state.measure, 'count'),
    interval: oneOf<Interval>(INTERVALS, state.interval, 'day'),
  }
}

export function readPaths(q: string | undefined): PathsState {
  const state = decodeState(q, PATHS_DEFAULTS)
  const d = PATHS_DEFAULTS
  return {
    ...readKeeping(state),
    anchor: oneOf(ANCHORS, state.anchor, d.anchor),
    from: selector(state.from, NO_EVENT),
    to: selector(state.to, NO_EVENT),
    steps: whole(state.steps, 1, PATH_STEPS_MAX, d.steps),
    per: oneOf(['session', 'window'], state.per, d.per),
    gap: isDuration(state.gap) ? state.gap : d.gap,
    count: oneOf(PATH_COUNTS, state.count, d.count),
    collapse: state.collapse,
    exclude: state.exclude.filter(it => isSelector(it)),
    expand: state.expand.filter(isExpansion),
    top: whole(state.top, 1, PATH_TOP_MAX, d.top),
  }
}

/** `null` until both events are chosen. */
export function retentionQuery(state: RetentionState): RetentionQuery | null {
  if (!isChosen(state.start) || !isChosen(state.back)) return null
  const value = state.value && state.value.property !== '' ? state.value : null
  return {
    kind: 'retention',
    ...common(state),
    start: finishedSelector(state.start),
    back: finishedSelector(state.back),
    mode: state.mode === 'brackets' ? { brackets: state.brackets } : state.mode,
    clock: state.clock,
    start_rule: state.start_rule,
    interval: state.interval,
    // Brackets say themselves how far they go.
    ...(state.mode === 'brackets' ? {} : { intervals: state.intervals }),
    day_zero: state.day_zero,
    ...(value ? { value } : {}),
  }
}

/** Charts that are not split by properties refuse to be asked so. */
const ungrouped = (state: Common) => common({ ...state, group_by: [] })

export function lifecycleQuery(state: LifecycleState): LifecycleQuery | null {
  if (!isChosen(state.select)) return null
  return {
    kind: 'lifecycle',
    ...ungrouped(state),
    select: finishedSelector(state.select),
    interval: state.interval,
    first_by: state.first_by,
  }
}

export function stickinessQuery(state: StickinessState): StickinessQuery | null {
  if (!isChosen(state.select)) return null
  return {
    kind: 'stickiness',
    ...common(state),
    select: finishedSelector(state.select),
    period: state.period,
    // Only the whole range is cut into intervals; weeks and months have days.
    ...(state.period === 'range' ? { interval: state.interval } : {}),
    at_least: state.at_least,
    cumulative: state.cumulative,
  }
}

export function usageQuery(state: UsageState): UsageIntervalQuery | null {
  if (!isChosen(state.select)) return null
  return { kind: 'usage_interval', ...ungrouped(state), select: finishedSelector(state.select) }
}

export function sessionsQuery(state: SessionsState): SessionsQuery {
  return { kind: 'sessions', ...common(state), measure: state.measure, interval: state.interval }
}

/** `null` until the anchor's events are chosen. */
export function pathsQuery(state: PathsState): PathsQuery | null {
  const { anchor, from, to } = state
  if (anchor !== 'none' && !isChosen(from)) return null
  if (anchor === 'between' && !isChosen(to)) return null
  const first = finishedSelector(from)
  const anchors = {
    start: { start: first },
    end: { end: first },
    between: { between: [first, finishedSelector(to)] },
    none: null,
  }
  const exclude = state.exclude.filter(isChosen).map(finishedSelector)
  const expand = state.expand.filter(it => it.event !== '' && it.by !== '')
  const asked = anchors[anchor]
  return {
    kind: 'paths',
    ...ungrouped(state),
    ...(asked ? { anchor: asked } : {}),
    steps: state.steps,
    per: state.per === 'session' ? 'session' : { window: state.gap },
    count: state.count,
    collapse: state.collapse,
    ...(exclude.length > 0 ? { exclude } : {}),
    ...(expand.length > 0 ? { expand } : {}),
    top: state.top,
  }
}
