/** From one kind of chart to another: the events, the conditions, the people and the days go along. */
import type { ChartKind, Selector } from '~/api/types'
import {
  LIFECYCLE_DEFAULTS,
  type LifecycleState,
  NO_EVENT,
  PATHS_DEFAULTS,
  type PathsState,
  RETENTION_DEFAULTS,
  type RetentionState,
  SESSIONS_DEFAULTS,
  type SessionsState,
  STICKINESS_DEFAULTS,
  type StickinessState,
  USAGE_DEFAULTS,
  type UsageState,
} from './chart-kinds'
import {
  bare,
  type Common,
  type FunnelState,
  funnelLink,
  type SegmentationState,
  segmentationLink,
} from './charts'
import { encodeState } from './codec'
import { isAnyEvent, isChosen } from './filters'

/** What a chart asks about, whatever its kind. */
export interface Question extends Common {
  events: Selector[]
}

export interface ChartStates {
  funnel: FunnelState
  segmentation: SegmentationState
  retention: RetentionState
  lifecycle: LifecycleState
  stickiness: StickinessState
  usage_interval: UsageState
  sessions: SessionsState
  paths: PathsState
}

/** The kinds in the order in which they are offered. */
export const CHART_KINDS = [
  'segmentation',
  'funnel',
  'retention',
  'paths',
  'lifecycle',
  'stickiness',
  'usage_interval',
  'sessions',
] as const satisfies readonly ChartKind[]

/** The address of a kind. */
export const CHART_PATHS = {
  segmentation: '/explore/segmentation',
  funnel: '/explore/funnel',
  retention: '/explore/retention',
  paths: '/explore/paths',
  lifecycle: '/explore/lifecycle',
  stickiness: '/explore/stickiness',
  usage_interval: '/explore/usage_interval',
  sessions: '/explore/sessions',
} as const satisfies Record<ChartKind, string>

const ofKind: { [K in ChartKind]: (state: ChartStates[K]) => Selector[] } = {
  funnel: it => it.steps,
  segmentation: it => it.series.map(one => one.select),
  retention: it => [it.start, it.back, ...it.kept],
  lifecycle: it => [it.select, ...it.kept],
  stickiness: it => [it.select, ...it.kept],
  usage_interval: it => [it.select, ...it.kept],
  sessions: it => it.kept,
  paths: it => (it.anchor === 'none' ? it.kept : [it.from, it.to, ...it.kept]),
}

/** The question behind a chart. */
export function questionOf<K extends ChartKind>(kind: K, state: ChartStates[K]): Question {
  const { range, segments, group_by, where } = state
  // Every kind says "any event" in its own way, so it does not go along.
  const events = ofKind[kind](state)
    .filter(it => isChosen(it) && !isAnyEvent(it))
    .map(bare)
  return { range, segments, group_by, where, events }
}

/** The text of `?q=` for the same question as another kind. */
export function linkTo(kind: ChartKind, question: Question): string | undefined {
  const { events, ...common } = question
  const [first = NO_EVENT, second, ...rest] = events
  const kept = events.slice(1)
  switch (kind) {
    case 'funnel':
      return funnelLink({ ...common, steps: events })
    case 'segmentation':
      return segmentationLink({ ...common, series: events.map(select => ({ select, measure: 'people' })) })
    case 'retention':
      return retentionLink({ ...common, start: first, ...(second ? { back: second } : {}), kept: rest })
    case 'lifecycle':
      return lifecycleLink({ ...common, select: first, kept })
    case 'stickiness':
      return encodeState({ ...STICKINESS_DEFAULTS, ...common, select: first, kept }, STICKINESS_DEFAULTS)
    case 'usage_interval':
      return encodeState({ ...USAGE_DEFAULTS, ...common, select: first, kept }, USAGE_DEFAULTS)
    case 'sessions':
      return encodeState({ ...SESSIONS_DEFAULTS, ...common, kept: events }, SESSIONS_DEFAULTS)
    case 'paths':
      return pathsLink({ ...common, from: first, ...(second ? { to: second } : {}), kept: rest })
  }
}

export const retentionLink = (state: Partial<RetentionState>) =>
  encodeState({ ...RETENTION_DEFAULTS, ...state }, RETENTION_DEFAULTS)

export const lifecycleLink = (state: Partial<LifecycleState>) =>
  encodeState({ ...LIFECYCLE_DEFAULTS, ...state }, LIFECYCLE_DEFAULTS)

export const pathsLink = (state: Partial<PathsState>) =>
  encodeState({ ...PATHS_DEFAULTS, ...state }, PATHS_DEFAULTS)
