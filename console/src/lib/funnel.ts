/** Funnels under construction: what the address holds, what of it is in force, and the query it becomes. */
import type {
  BreakdownAt,
  Duration,
  Filter,
  FunnelBins,
  FunnelCount,
  FunnelEntry,
  FunnelExclusion,
  FunnelOrder,
  FunnelQuery,
  FunnelStepQuery,
  FunnelView,
  Interval,
  Selector,
} from '~/api/types'
import { type Common, common, LAST_30, oneOf, readCommon, whole } from './chart-common'
import { isBins, isBreakdown, isDuration, isSelector } from './chart-parts'
import { decodeState, encodeState } from './codec'
import { finishedSelector, isChosen } from './filters'

/** An event that ends a chain; places count from 1, `null` is from the first or to the last. */
export interface ExclusionState {
  select: Selector
  after: number | null
  before: number | null
}

export interface FunnelState extends Common {
  steps: FunnelStepQuery[]
  window: Duration
  order: FunnelOrder
  count: FunnelCount
  entry: FunnelEntry
  hold: string[]
  exclude: ExclusionState[]
  tolerance_ms: number
  /** `null` is the first step. */
  breakdown_at: BreakdownAt | null
  view: FunnelView
  /** Of the view over time. */
  interval: Interval
  /** Of the view of times; `null` is as many bins as the server makes by itself, `round` those of `roundEdges`. */
  bins: FunnelBins | 'round' | null
}

export const FUNNEL_ORDERS = ['ordered', 'exact', 'any'] as const satisfies readonly FunnelOrder[]
export const FUNNEL_COUNTS = ['people', 'attempts', 'each_event'] as const satisfies readonly FunnelCount[]
export const FUNNEL_ENTRIES = ['longest', 'first'] as const satisfies readonly FunnelEntry[]
export const FUNNEL_VIEWS = ['steps', 'over_time', 'time_to_convert'] as const satisfies readonly FunnelView[]
export const FUNNEL_INTERVALS = [
  'hour',
  'day',
  'week',
  'month',
  'quarter',
] as const satisfies readonly Interval[]

/** The most that the server takes. */
export const STEPS_MAX = 20
export const HOLD_MAX = 5
export const EXCLUSIONS_MAX = 8
export const TOLERANCE_MS_MAX = 3_600_000
/** Bins that a chart can still show; the server makes 20 by itself. */
export const BINS_MAX = 100
export const BINS_DEFAULT = 20

export const FUNNEL_DEFAULTS: FunnelState = {
  range: LAST_30,
  segments: [],
  group_by: [],
  where: null,
  steps: [],
  window: { n: 7, unit: 'day' },
  order: 'ordered',
  count: 'people',
  entry: 'longest',
  hold: [],
  exclude: [],
  tolerance_ms: 0,
  breakdown_at: null,
  view: 'steps',
  interval: 'day',
  bins: null,
}

/** Reads `?q=` of a funnel; parts of it that make no sense are left out. */
export function readFunnel(q: string | undefined): FunnelState {
  const state = decodeState(q, FUNNEL_DEFAULTS)
  const d = FUNNEL_DEFAULTS
  return {
    ...readCommon(state),
    steps: state.steps.filter(isStep).slice(0, STEPS_MAX),
    window: isDuration(state.window) ? state.window : d.window,
    order: oneOf(FUNNEL_ORDERS, state.order, d.order),
    count: oneOf(FUNNEL_COUNTS, state.count, d.count),
    entry: oneOf(FUNNEL_ENTRIES, state.entry, d.entry),
    hold: state.hold.filter(it => typeof it === 'string').slice(0, HOLD_MAX),
    exclude: state.exclude.filter(isExclusion).slice(0, EXCLUSIONS_MAX),
    tolerance_ms: whole(state.tolerance_ms, 0, TOLERANCE_MS_MAX, 0),
    breakdown_at: isBreakdown(state.breakdown_at) ? state.breakdown_at : null,
    view: oneOf(FUNNEL_VIEWS, state.view, d.view),
    interval: oneOf<Interval>(FUNNEL_INTERVALS, state.interval, d.interval),
    bins: state.bins === 'round' || isBins(state.bins) ? state.bins : null,
  }
}

function isStep(it: unknown): it is FunnelStepQuery {
  if (!isSelector(it)) return false
  const { optional } = it as FunnelStepQuery
  return optional === undefined || typeof optional === 'boolean'
}

function isExclusion(it: unknown): it is ExclusionState {
  if (it === null || typeof it !== 'object') return false
  const { select, after, before } = it as ExclusionState
  const isPlace = (value: unknown, low: number) =>
    value === null || (Number.isInteger(value) && Number(value) >= low && Number(value) <= STEPS_MAX)
  return isSelector(select) && isPlace(after, 1) && isPlace(before, 2)
}

/** Steps that can be optional: between the first and the last, and only where the order is kept. */
export const canBeOptional = (state: FunnelState, index: number) =>
  state.order === 'ordered' && index > 0 && index < state.steps.length - 1

/** The options that a question in any order leaves out keep their place in the address, and wait. */
export interface InForce {
  order: FunnelOrder
  count: FunnelCount
  entry: FunnelEntry
  hold: string[]
  exclude: FunnelExclusion[]
  tolerance_ms: number
  breakdown_at: BreakdownAt
}

/** What of the options is asked: some of them have no meaning together. */
export function inForce(state: FunnelState): InForce {
  const isAny = state.order === 'any'
  const count = isAny ? 'people' : state.count
  const steps = state.steps.filter(isChosen).length
  const grouped = state.group_by.length > 0
  const at = state.breakdown_at ?? 1
  return {
    order: state.order,
    count,
    entry: count === 'people' ? state.entry : 'longest',
    hold: isAny ? [] : state.hold,
    exclude: isAny || steps < 2 ? [] : exclusions(state),
    tolerance_ms: state.order === 'any' ? 0 : state.tolerance_ms,
    breakdown_at: !grouped
      ? 1
      : isAny
        ? 'per_value'
        : typeof at === 'number'
          ? (askedPlace(state, at) ?? 1)
          : at,
  }
}

/** The place of a step among those that are asked: one without an event is not. */
function askedPlace(state: FunnelState, place: number): number | null {
  const step = state.steps[place - 1]
  if (!step || !isChosen(step)) return null
  return state.steps.slice(0, place).filter(isChosen).length
}

function exclusions(state: FunnelState): FunnelExclusion[] {
  return state.exclude
    .filter(it => isChosen(it.select))
    .map(it => {
      const after = it.after === null ? null : askedPlace(state, it.after)
      const before = it.before === null ? null : askedPlace(state, it.before)
      const isForward = (after ?? 1) < (before ?? state.steps.filter(isChosen).length)
      return {
        select: finishedSelector(it.select),
        ...(isForward && after !== null ? { after_step: after } : {}),
        ...(isForward && before !== null ? { before_step: before } : {}),
      }
    })
}

/** `null` until there is at least one event to ask about. */
export function funnelQuery(state: FunnelState): FunnelQuery | null {
  const asked = state.steps.filter(isChosen)
  const steps = asked.map((it, index): FunnelStepQuery => {
    const { optional, ...rest } = finishedSelector(it) as FunnelStepQuery
    const isOptional = optional && state.order === 'ordered' && index > 0 && index < asked.length - 1
    return (isOptional ? { ...rest, optional: true } : rest) as FunnelStepQuery
  })
  if (steps.length === 0) return null
  const own = inForce(state)
  return {
    kind: 'funnel',
    ...common(state),
    steps,
    window: state.window,
    ...(own.order === 'ordered' ? {} : { order: own.order }),
    ...(own.count === 'people' ? {} : { count: own.count }),
    ...(own.entry === 'longest' ? {} : { entry: own.entry }),
    ...(own.hold.length > 0 ? { hold: own.hold } : {}),
    ...(own.exclude.length > 0 ? { exclude: own.exclude } : {}),
    ...(own.tolerance_ms > 0 ? { tolerance_ms: own.tolerance_ms } : {}),
    ...(own.breakdown_at === 1 ? {} : { breakdown_at: own.breakdown_at }),
    ...(state.view === 'steps' ? {} : { view: state.view }),
    ...(state.view === 'over_time' ? { interval: state.interval } : {}),
    ...(state.view === 'time_to_convert' && state.bins !== null
      ? { bins: state.bins === 'round' ? roundEdges(state.window) : state.bins }
      : {}),
  }
}

/** The funnel without one step; what named a later step goes on naming it. */
export function withoutStep(state: FunnelState, index: number): Partial<FunnelState> {
  const gone = index + 1
  const moved = (place: number | null) =>
    place === null || place === gone ? null : place > gone ? place - 1 : place
  const at = state.breakdown_at
  return {
    steps: state.steps.filter((_, place) => place !== index),
    exclude: state.exclude.map(it => {
      const before = moved(it.before)
      return { ...it, after: moved(it.after), before: before === 1 ? null : before }
    }),
    breakdown_at: typeof at === 'number' ? moved(at) : at,
  }
}

const UNIT_SECONDS: Record<Duration['unit'], number> = {
  second: 1,
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 7 * 86_400,
  month: 30 * 86_400,
}
const ROUND_EDGES = [60, 300, 900, 3_600, 6 * 3_600, 86_400, 3 * 86_400, 7 * 86_400, 30 * 86_400, 90 * 86_400]

/** Edges from seconds to the end of the window that stay readable where most are quick and a few take days. */
export function roundEdges(window: Duration): number[] {
  const end = window.n * UNIT_SECONDS[window.unit]
  return [0, ...ROUND_EDGES.filter(it => it < end), end]
}

/** The step that people were at before step `index` of an answer: an optional one in between is passed over. */
export function stepBefore<T extends { optional?: boolean }>(
  steps: readonly T[],
  index: number,
): T | undefined {
  return steps.slice(0, index).findLast(it => !it.optional)
}

/** Index of the first bucket whose entries have not all had their time; all later ones have not either. */
export function openFrom(complete: readonly boolean[]): number {
  const first = complete.indexOf(false)
  return first < 0 ? complete.length : first
}

export const funnelLink = (state: Partial<FunnelState>) =>
  encodeState({ ...FUNNEL_DEFAULTS, ...state }, FUNNEL_DEFAULTS)

/** The funnel of one campaign: sent, opened, clicked, and the event that it was for. */
export function campaignFunnel(campaign: string, goal: Selector, window: Duration): Partial<FunnelState> {
  const where: Filter = { all: [{ property: 'event.campaign_id', op: 'is', values: [campaign] }] }
  const verbs = ['sent', 'opened', 'clicked']
  return {
    range: { last: 30, unit: 'day' },
    window,
    steps: [...verbs.map(verb => ({ event: `message.email.${verb}`, where })), goal],
  }
}
