/** Filters as the builder edits them: one list of conditions, all or any. */
import type { Filter, FilterOp, PropertyRef, PropertyType, Scalar, Selector } from '~/api/types'

/** One condition with the values of its field. */
export interface Leaf {
  property: string
  op: FilterOp
  values?: Scalar[]
}

export interface FilterList {
  match: 'all' | 'any'
  leaves: Leaf[]
}

export const NO_FILTERS: FilterList = { match: 'all', leaves: [] }

/** Operators offered for each type, the usual one first. */
export const OPS_OF: Record<PropertyType, readonly FilterOp[]> = {
  text: ['is', 'is_not', 'contains', 'not_contains', 'starts_with', 'ends_with', 'matches', 'set', 'not_set'],
  number: ['is', 'is_not', 'gt', 'gte', 'lt', 'lte', 'between', 'set', 'not_set'],
  boolean: ['is', 'is_not', 'set', 'not_set'],
  list: ['is', 'is_not', 'contains', 'not_contains', 'set', 'not_set'],
  object: ['set', 'not_set'],
  time: ['after', 'before', 'in_last', 'in_next', 'is', 'set', 'not_set'],
}

export const needsValues = (op: FilterOp) => op !== 'set' && op !== 'not_set'

/** A condition that can be asked; one still being written is left out of the query. */
export function isComplete(leaf: Leaf): boolean {
  if (leaf.property === '') return false
  if (!needsValues(leaf.op)) return true
  const values = leaf.values ?? []
  if (leaf.op === 'between' || leaf.op === 'in_last' || leaf.op === 'in_next') return values.length === 2
  return values.length > 0 && values.every(it => it !== '' && it !== null)
}

/** What the builder can edit; `null` is a tree it can only show. */
export function toList(filter: Filter | null | undefined): FilterList | null {
  if (!filter) return NO_FILTERS
  if ('not' in filter) return null
  const match = 'any' in filter ? 'any' : 'all'
  const items = 'property' in filter ? [filter] : 'all' in filter ? filter.all : filter.any
  const leaves = items.map(toLeaf).filter(it => it !== null)
  return leaves.length === items.length ? { match, leaves } : null
}

function toLeaf(filter: Filter): Leaf | null {
  if (!('property' in filter) || typeof filter.property !== 'string') return null
  return { property: filter.property, op: filter.op, values: toScalars(filter.values) }
}

/** The values of a condition that fields can show. */
export const toScalars = (values: unknown[] | null | undefined): Scalar[] =>
  (values ?? []).filter(
    it => it === null || typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean',
  )

/** The list as a filter; an empty one is none. */
export function fromList(list: FilterList): Filter | undefined {
  if (list.leaves.length === 0) return undefined
  return list.match === 'all' ? { all: list.leaves } : { any: list.leaves }
}

/** The filter without unfinished conditions, as sent to the server. */
export function finished(filter: Filter | null | undefined): Filter | undefined {
  const list = toList(filter)
  if (list === null) return filter ?? undefined
  const leaves = list.leaves.filter(isComplete).map(clean)
  if (leaves.length === 1) return leaves[0]
  return fromList({ match: list.match, leaves })
}

function clean(leaf: Leaf): Leaf {
  if (needsValues(leaf.op)) return leaf
  return { property: leaf.property, op: leaf.op }
}

/** A selector as the pickers hold it: one event, or any. */
export const eventOf = (select: Selector): string => ('event' in select ? select.event : '')

export const isAnyEvent = (select: Selector): boolean => 'any_event' in select

export function isChosen(select: Selector): boolean {
  return !('event' in select) || select.event !== ''
}

export function finishedSelector(select: Selector): Selector {
  const where = finished(select.where)
  const { where: _, ...rest } = select
  return where ? { ...rest, where } : rest
}

/** Text of a field as a value of the property's type; text that is no number stays text. */
export function toScalar(text: string, type: PropertyType): Scalar {
  const bare = text.trim()
  if (type === 'number' && bare !== '' && Number.isFinite(Number(bare))) return Number(bare)
  if (type === 'boolean' && (bare === 'true' || bare === 'false')) return bare === 'true'
  return bare
}

/** `event.items/category` as `items / category`. */
export function propertyName(ref: PropertyRef): string {
  if (typeof ref !== 'string') return ref.name
  const name = ref.replace(/^(event|user|profile|message)\./, '')
  return name.split('/').join(' / ')
}

export function propertyScope(ref: string): 'event' | 'user' | 'profile' | 'message' | 'other' {
  const scope = ref.slice(0, ref.indexOf('.'))
  if (scope === 'event' || scope === 'user' || scope === 'profile' || scope === 'message') return scope
  return 'other'
}
