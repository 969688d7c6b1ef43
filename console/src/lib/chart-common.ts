/** What every chart under construction has: its days, its people, its groups, its conditions. */
import type { Filter, Range, Segment } from '~/api/types'
import { isFilter, isRange, isSegment } from './chart-parts'
import { finished } from './filters'

export interface Common {
  range: Range
  segments: Segment[]
  group_by: string[]
  /** Conditions on every event that the chart reads. */
  where: Filter | null
}

export const LAST_30: Range = { last: 30, unit: 'day' }

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

/** The known word, or `other` for anything else. */
export const oneOf = <T extends string>(known: readonly T[], value: unknown, other: T): T =>
  known.find(it => it === value) ?? other

/** A whole number between bounds; anything else is `other`. */
export const whole = (value: unknown, low: number, high: number, other: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high ? value : other
