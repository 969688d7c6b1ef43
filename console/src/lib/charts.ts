/** Charts under construction: what the address holds, and the query it becomes. */
import type {
  Duration,
  Filter,
  FunnelQuery,
  Interval,
  Measure,
  Range,
  Segment,
  SegmentationQuery,
  Selector,
} from '~/api/types'
import { isDuration, isFilter, isMeasure, isRange, isSegment, isSelector } from './chart-parts'
import { decodeState, encodeState } from './codec'
import { finished, finishedSelector, isChosen } from './filters'

export interface SeriesState {
  select: Selector
  measure: Measure
}

/** What every chart has. */
export interface Common {
  range: Range
  segments: Segment[]
  group_by: string[]
  /** Conditions on every event that the chart reads. */
  where: Filter | null
}

export interface FunnelState extends Common {
  steps: Selector[]
  window: Duration
}

export interface SegmentationState extends Common {
  series: SeriesState[]
  interval: Interval
}

export const LAST_30: Range = { last: 30, unit: 'day' }

export const FUNNEL_DEFAULTS: FunnelState = {
  range: LAST_30,
  segments: [],
  group_by: [],
  where: null,
  steps: [],
  window: { n: 7, unit: 'day' },
}

export const SEGMENTATION_DEFAULTS: SegmentationState = {
  range: LAST_30,
  segments: [],
  group_by: [],
  where: null,
  series: [],
  interval: 'day',
}

/** Reads `?q=` of a funnel; parts of it that make no sense are left out. */
export function readFunnel(q: string | undefined): FunnelState {
  const state = decodeState(q, FUNNEL_DEFAULTS)
  return {
    ...readCommon(state),
    steps: state.steps.filter(it => isSelector(it)),
    window: isDuration(state.window) ? state.window : FUNNEL_DEFAULTS.window,
  }
}

/** Reads `?q=` of a segmentation; parts of it that make no sense are left out. */
export function readSegmentation(q: string | undefined): SegmentationState {
  const state = decodeState(q, SEGMENTATION_DEFAULTS)
  return {
    ...readCommon(state),
    series: state.series.filter(it => isSelector(it?.select) && isMeasure(it?.measure)),
    interval: state.interval,
  }
}

export function readCommon(state: Common): Common {
  return {
    range: isRange(state.range) ? state.range : LAST_30,
    segments: state.segments.filter(isSegment),
    group_by: state.group_by.filter(it => typeof it === 'string'),
    where: isFilter(state.where) ? state.where : null,
  }
}

/** The part of a query that every chart has. */
export function common(state: Common) {
  const where = finished(state.where)
  return {
    range: state.range,
    ...(where ? { where } : {}),
    ...(state.segments.length > 0 ? { segments: state.segments } : {}),
    ...(state.group_by.length > 0 ? { group_by: state.group_by } : {}),
  }
}

/** `null` until there is at least one event to ask about. */
export function funnelQuery(state: FunnelState): FunnelQuery | null {
  const steps = state.steps.filter(isChosen).map(finishedSelector)
  if (steps.length === 0) return null
  return { kind: 'funnel', ...common(state), steps, window: state.window }
}

export function segmentationQuery(state: SegmentationState): SegmentationQuery | null {
  const series = state.series
    .filter(it => isChosen(it.select) && isMeasured(it.measure))
    .map((it, index) => ({ name: letter(index), select: finishedSelector(it.select), measure: it.measure }))
  if (series.length === 0) return null
  return { kind: 'segmentation', ...common(state), interval: state.interval, series }
}

const isMeasured = (measure: Measure) => typeof measure === 'string' || measure.property !== ''

/** Series are named A, B, C … as formulas will call them. */
export const letter = (index: number) => String.fromCharCode(65 + index)

export const funnelLink = (state: Partial<FunnelState>) =>
  encodeState({ ...FUNNEL_DEFAULTS, ...state }, FUNNEL_DEFAULTS)

export const segmentationLink = (state: Partial<SegmentationState>) =>
  encodeState({ ...SEGMENTATION_DEFAULTS, ...state }, SEGMENTATION_DEFAULTS)

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
