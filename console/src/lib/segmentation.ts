/** Segmentations under construction: what the address holds, and the query it becomes. */
import type { Display, Interval, Measure, Previous, SegmentationQuery, Selector } from '~/api/types'
import { type Common, common, LAST_30, oneOf, readCommon, whole } from './chart-common'
import { isMeasure, isSelector } from './chart-parts'
import { decodeState, encodeState } from './codec'
import { finishedSelector, isChosen } from './filters'

export interface SeriesState {
  select: Selector
  measure: Measure
}

export const DISPLAYS = ['plain', 'cumulative', 'rolling_window', 'rolling_average'] as const
export type DisplayKind = (typeof DISPLAYS)[number]

export const PREVIOUSES = ['period', 'week', 'month', 'year'] as const satisfies readonly Previous[]

export interface SegmentationState extends Common {
  series: SeriesState[]
  interval: Interval
  display: DisplayKind
  /** Buckets of a rolling display. */
  rolling: number
  /** As written; empty ones are not asked. */
  formulas: string[]
  /** The earlier days compared with. */
  compare: Previous | 'none'
}

/** The most that the server computes. */
export const ROLLING_MAX = 400
export const FORMULAS_MAX = 20
export const FORMULA_LENGTH_MAX = 1_000

export const SEGMENTATION_DEFAULTS: SegmentationState = {
  range: LAST_30,
  segments: [],
  group_by: [],
  where: null,
  series: [],
  interval: 'day',
  display: 'plain',
  rolling: 7,
  formulas: [],
  compare: 'none',
}

/** Reads `?q=` of a segmentation; parts of it that make no sense are left out. */
export function readSegmentation(q: string | undefined): SegmentationState {
  const state = decodeState(q, SEGMENTATION_DEFAULTS)
  return {
    ...readCommon(state),
    series: state.series.filter(it => isSelector(it?.select) && isMeasure(it?.measure)),
    interval: state.interval,
    display: oneOf(DISPLAYS, state.display, 'plain'),
    rolling: whole(state.rolling, 1, ROLLING_MAX, 7),
    formulas: state.formulas.filter(it => typeof it === 'string').slice(0, FORMULAS_MAX),
    compare: oneOf([...PREVIOUSES, 'none'], state.compare, 'none'),
  }
}

export const isRolling = (display: DisplayKind) =>
  display === 'rolling_window' || display === 'rolling_average'

/** A frequency is a histogram: it has no running total and no window. */
export const hasFrequency = (state: SegmentationState) =>
  state.series.some(it => isAsked(it) && it.measure === 'frequency')

/** Lines are compared; a chart of histograms alone is not. */
export const canCompare = (state: SegmentationState) =>
  state.series.some(it => isAsked(it) && it.measure !== 'frequency')

/** The display that the query asks for. */
export function displayOf(state: SegmentationState): Display {
  if (hasFrequency(state)) return 'plain'
  switch (state.display) {
    case 'rolling_window':
      return { rolling_window: state.rolling }
    case 'rolling_average':
      return { rolling_average: state.rolling }
    default:
      return state.display
  }
}

/** `null` until there is at least one event to ask about. */
export function segmentationQuery(state: SegmentationState): SegmentationQuery | null {
  const series = state.series.flatMap((it, index) =>
    isAsked(it)
      ? [{ name: letter(index), select: bare(finishedSelector(it.select)), measure: it.measure }]
      : [],
  )
  if (series.length === 0) return null
  const display = displayOf(state)
  const formulas = state.formulas.map(it => it.trim()).filter(it => it !== '')
  return {
    kind: 'segmentation',
    ...common(state),
    interval: state.interval,
    series,
    ...(display === 'plain' ? {} : { display }),
    ...(formulas.length > 0 ? { formulas } : {}),
    ...(state.compare === 'none' || !canCompare(state) ? {} : { compare: { previous: state.compare } }),
  }
}

/** The place in the builder of the `asked`-th formula of the query: empty ones are not asked. */
export function formulaPlace(formulas: readonly string[], asked: number): number {
  const places = formulas.flatMap((it, index) => (it.trim() === '' ? [] : [index]))
  return places[asked] ?? -1
}

const isMeasured = (measure: Measure) => typeof measure === 'string' || measure.property !== ''
const isAsked = (it: SeriesState) => isChosen(it.select) && isMeasured(it.measure)

/** The event and its conditions, without what only steps of a funnel may say. */
export function bare(select: Selector): Selector {
  const { occurrence: _, optional: __, ...rest } = select as Selector & { optional?: boolean }
  return rest as Selector
}

/** Series are named A, B, C … as formulas call them. */
export const letter = (index: number) => String.fromCharCode(65 + index)

/** The change from an earlier number to a later one as a share of the earlier. */
export function changeOf(now: number | null | undefined, before: number | null | undefined): number | null {
  if (now === null || now === undefined || !before) return null
  return (now - before) / Math.abs(before)
}

export const segmentationLink = (state: Partial<SegmentationState>) =>
  encodeState({ ...SEGMENTATION_DEFAULTS, ...state }, SEGMENTATION_DEFAULTS)
