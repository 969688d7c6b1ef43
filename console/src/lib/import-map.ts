/** The map of an imported table as its editor holds it: what each column becomes. */

export const PROPERTY_KINDS = ['auto', 'text', 'number', 'money', 'boolean', 'time', 'json'] as const
export type PropertyKind = (typeof PROPERTY_KINDS)[number]

/** Where a field of the event comes from: one value for all rows, or columns. */
export interface FieldSpec {
  const?: string
  column?: string
  columns?: string[]
  values?: Record<string, string>
  format?: string | string[]
  zone?: string
}

/** A column by its name alone, or with what its cells mean. */
export type PropertySpec =
  | string
  | { column: string; type?: PropertyKind; decimal?: string; format?: string | string[]; zone?: string }

export interface ImportMap {
  table?: { delimiter?: string; encoding?: string; decimal?: string; zone?: string }
  event?: FieldSpec
  time?: FieldSpec
  user_id?: FieldSpec
  device_id?: FieldSpec
  insert_id?: FieldSpec
  properties?: Record<string, PropertySpec>
  user_properties?: Record<string, PropertySpec>
}

export const FIELDS = ['event', 'time', 'user_id', 'device_id', 'insert_id'] as const
export type FieldName = (typeof FIELDS)[number]
const BAGS = ['properties', 'user_properties'] as const
export type BagName = (typeof BAGS)[number]

export type Role = { is: 'skip' } | { is: FieldName } | { is: BagName; name: string; kind: PropertyKind }

const columnsOf = (field: FieldSpec | undefined): string[] =>
  field?.column !== undefined ? [field.column] : (field?.columns ?? [])

const columnOf = (spec: PropertySpec): string => (typeof spec === 'string' ? spec : spec.column)

/** What a column becomes. */
export function roleOf(map: ImportMap, column: string): Role {
  for (const it of FIELDS) if (columnsOf(map[it]).includes(column)) return { is: it }
  for (const it of BAGS) {
    for (const [name, spec] of Object.entries(map[it] ?? {})) {
      if (columnOf(spec) !== column) continue
      return { is: it, name, kind: typeof spec === 'string' ? 'auto' : (spec.type ?? 'auto') }
    }
  }
  return { is: 'skip' }
}

/** The map with `column` used for nothing. */
function without(map: ImportMap, column: string): ImportMap {
  const next: ImportMap = { ...map }
  for (const it of FIELDS) {
    const field = next[it]
    const columns = columnsOf(field)
    if (!field || !columns.includes(column)) continue
    const rest = columns.filter(other => other !== column)
    if (rest.length === 0) delete next[it]
    else next[it] = withColumns(field, rest)
  }
  for (const it of BAGS) {
    const bag = next[it]
    if (!bag) continue
    const kept = Object.entries(bag).filter(([, spec]) => columnOf(spec) !== column)
    if (kept.length === 0) delete next[it]
    else next[it] = Object.fromEntries(kept)
  }
  return next
}

function withColumns(field: FieldSpec, columns: string[]): FieldSpec {
  const { column: _one, columns: _more, const: _same, ...rest } = field
  const [only] = columns
  return columns.length === 1 && only !== undefined ? { ...rest, column: only } : { ...rest, columns }
}

/** The map with another use of `column`; what else was said about it (a format, a zone) stays where it fits. */
export function withRole(map: ImportMap, column: string, role: Role): ImportMap {
  const before = roleOf(map, column)
  if (role.is === 'properties' || role.is === 'user_properties')
    return withProperty(map, column, role, before)
  const next = without(map, column)
  if (role.is === 'skip') return next
  const field = map[role.is] ?? {}
  // Several columns may make up an id of an event; everything else comes from one.
  const columns = role.is === 'insert_id' ? [...columnsOf(next.insert_id), column] : [column]
  return { ...next, [role.is]: withColumns(field, columns) }
}

interface PropertyRole {
  is: BagName
  name: string
  kind: PropertyKind
}

function withProperty(map: ImportMap, column: string, role: PropertyRole, before: Role): ImportMap {
  const { is: bag, name, kind } = role
  const old = 'name' in before && before.is === bag ? map[bag]?.[before.name] : undefined
  const extra = typeof old === 'object' && old.type === kind ? old : { column }
  const spec: PropertySpec = kind === 'auto' ? column : { ...extra, column, type: kind }
  if (!('name' in before) || before.is !== bag) {
    const next = without(map, column)
    return { ...next, [bag]: { ...next[bag], [name]: spec } }
  }
  // A property renamed keeps its place among the others.
  const entries = Object.entries(map[bag] ?? {}).map(([key, it]): [string, PropertySpec] =>
    key === before.name ? [name, spec] : [key, it],
  )
  return { ...map, [bag]: Object.fromEntries(entries) }
}

/** One name for all rows, where no column has it. */
export function withEventName(map: ImportMap, name: string): ImportMap {
  const { event: _, ...rest } = map
  return name === '' ? rest : { ...rest, event: { const: name } }
}

/** A property called as its column is, in words that charts like. */
export const propertyNameOf = (column: string): string =>
  column
    .trim()
    .replace(/[\s.]+/g, '_')
    .replace(/^_+|_+$/g, '') || 'property'

/** What a map of rows lacks before it can be imported. */
export function missingOf(map: ImportMap, into: 'events' | 'profiles'): ('event' | 'person')[] {
  const lacks: ('event' | 'person')[] = []
  if (into === 'events' && !map.event) lacks.push('event')
  if (!map.user_id && !map.device_id) lacks.push('person')
  return lacks
}

/** Reads a map written by hand; the text says what is wrong. */
export function parseMap(text: string): { map: ImportMap } | { wrong: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return { wrong: '{…}' }
    return { map: value as ImportMap }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}
