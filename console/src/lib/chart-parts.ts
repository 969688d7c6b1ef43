/** Whether the parts of an address are what the builders can hold: a link cut short or made up must not break a page. */
import type {
  BreakdownAt,
  Duration,
  Filter,
  FunnelBins,
  Measure,
  Occurrence,
  PathExpansion,
  Range,
  RetentionValue,
  Segment,
  Selector,
  Unit,
} from '~/api/types'
import { OPS_OF } from './filters'

type Doc = Record<string, unknown>

/** As deep as the server reads. */
const DEPTH_MAX = 32

const OPS: ReadonlySet<unknown> = new Set(Object.values(OPS_OF).flat())
const UNITS: readonly unknown[] = ['second', 'minute', 'hour', 'day', 'week', 'month'] satisfies Unit[]
const RANGE_UNITS: readonly unknown[] = ['day', 'week', 'month', 'quarter']

const isDoc = (it: unknown): it is Doc => it !== null && typeof it === 'object' && !Array.isArray(it)
const isText = (it: unknown): it is string => typeof it === 'string'
const isCount = (it: unknown): it is number => typeof it === 'number' && Number.isFinite(it)

const isProperty = (it: unknown) => isText(it) || (isDoc(it) && isText(it.on) && isText(it.name))

export function isFilter(it: unknown, depth = DEPTH_MAX): it is Filter {
  if (!isDoc(it) || depth === 0) return false
  if ('not' in it) return isFilter(it.not, depth - 1)
  const items = it.all ?? it.any
  if (items !== undefined) return Array.isArray(items) && items.every(one => isFilter(one, depth - 1))
  return isProperty(it.property) && OPS.has(it.op) && (it.values === undefined || Array.isArray(it.values))
}

export function isSelector(it: unknown, depth = DEPTH_MAX): it is Selector {
  if (!isDoc(it) || depth === 0) return false
  if (it.where !== undefined && it.where !== null && !isFilter(it.where)) return false
  if (it.occurrence !== undefined && it.occurrence !== null && !isOccurrence(it.occurrence)) return false
  if ('any_of' in it) return Array.isArray(it.any_of) && it.any_of.every(one => isSelector(one, depth - 1))
  return isText(it.event) || it.any_event === true
}

/** Which of a person's events: one word that is true, or a number from 1. */
export function isOccurrence(it: unknown): it is Occurrence {
  if (!isDoc(it)) return false
  const [[word, value] = [], ...more] = Object.entries(it)
  if (more.length > 0) return false
  if (word === 'nth_ever') return Number.isInteger(value) && Number(value) >= 1
  return (word === 'first_ever' || word === 'first_matching') && value === true
}

export function isBreakdown(it: unknown): it is BreakdownAt {
  if (typeof it === 'number') return Number.isInteger(it) && it >= 1
  return it === 'first_defined' || it === 'last_defined' || it === 'per_value'
}

/** So many bins, or their edges in seconds. */
export function isBins(it: unknown): it is FunnelBins {
  if (typeof it === 'number') return Number.isInteger(it) && it >= 1 && it <= 1_000
  if (!Array.isArray(it) || it.length < 2 || it.length > 1_000) return false
  return it.every((edge, index) => isCount(edge) && edge >= 0 && (index === 0 || it[index - 1] < edge))
}

export function isMeasure(it: unknown): it is Measure {
  return isText(it) || (isDoc(it) && isText(it.fn) && isProperty(it.property))
}

/** A segment with some audience; what it says is the server's to judge. */
export const isSegment = (it: unknown): it is Segment => isDoc(it) && isText(it.name) && isDoc(it.people)

export const isDuration = (it: unknown): it is Duration =>
  isDoc(it) && isCount(it.n) && UNITS.includes(it.unit)

export function isRange(it: unknown): it is Range {
  if (!isDoc(it)) return false
  return (isCount(it.last) && RANGE_UNITS.includes(it.unit)) || (isText(it.from) && isText(it.to))
}

/** Brackets of a retention: pairs of interval numbers, the first not after the second. */
export function isBrackets(it: unknown): it is [number, number][] {
  const isBracket = (one: unknown) =>
    Array.isArray(one) &&
    one.length === 2 &&
    one.every(number => Number.isInteger(number) && number >= 0) &&
    one[0] <= one[1]
  return Array.isArray(it) && it.length > 0 && it.every(isBracket)
}

export const isRetentionValue = (it: unknown): it is RetentionValue =>
  isDoc(it) && (it.fn === 'sum' || it.fn === 'avg') && isProperty(it.property)

export const isExpansion = (it: unknown): it is PathExpansion =>
  isDoc(it) && isText(it.event) && isProperty(it.by)
