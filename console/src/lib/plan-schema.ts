/** The JSON Schema of an event's properties as rows of a table; what a row cannot show stays in the schema. */

export const SCHEMA_TYPES = ['any', 'string', 'number', 'integer', 'boolean', 'array', 'object'] as const
export type SchemaType = (typeof SCHEMA_TYPES)[number]

type Doc = Record<string, unknown>
/** A schema of draft 2020-12. */
export type Schema = Doc

export interface SchemaRow {
  name: string
  type: SchemaType
  isRequired: boolean
  /** Allowed values; none for any. */
  values: (string | number | boolean)[]
  description: string
  /** Other rules hold for it, which only the JSON shows. */
  hasMore: boolean
}

const isDoc = (it: unknown): it is Doc => it !== null && typeof it === 'object' && !Array.isArray(it)
const isValue = (it: unknown): it is string | number | boolean =>
  typeof it === 'string' || typeof it === 'number' || typeof it === 'boolean'

const SHOWN = new Set(['type', 'enum', 'description'])

const propertiesOf = (schema: Schema): Doc => (isDoc(schema.properties) ? schema.properties : {})
const requiredOf = (schema: Schema): string[] =>
  Array.isArray(schema.required) ? schema.required.filter(it => typeof it === 'string') : []

/** The rows of a schema, in its own order. */
export function schemaRows(schema: Schema): SchemaRow[] {
  const required = new Set(requiredOf(schema))
  return Object.entries(propertiesOf(schema)).map(([name, it]) => {
    const own = isDoc(it) ? it : {}
    const type = SCHEMA_TYPES.find(known => known === own.type)
    return {
      name,
      type: type ?? 'any',
      isRequired: required.has(name),
      values: Array.isArray(own.enum) ? own.enum.filter(isValue) : [],
      description: typeof own.description === 'string' ? own.description : '',
      hasMore: Object.keys(own).some(key => !SHOWN.has(key)) || (own.type !== undefined && !type),
    }
  })
}

/** The schema with one row as given; `before` is its name until now. */
export function withRow(schema: Schema, before: string, row: SchemaRow): Schema {
  const old = propertiesOf(schema)[before]
  const { type: oldType, enum: _, description: __, ...rest } = isDoc(old) ? old : {}
  // Several types at once are kept as they are until one is chosen.
  const type = row.type === 'any' ? (row.hasMore && Array.isArray(oldType) ? oldType : undefined) : row.type
  const own: Doc = {
    ...(type === undefined ? {} : { type }),
    ...(row.values.length > 0 ? { enum: row.values } : {}),
    ...(row.description === '' ? {} : { description: row.description }),
    ...rest,
  }
  const entries = Object.entries(propertiesOf(schema))
  const at = entries.findIndex(([name]) => name === before)
  if (at < 0) entries.push([row.name, own])
  else entries[at] = [row.name, own]
  const required = requiredOf(schema).filter(it => it !== before && it !== row.name)
  return assemble(schema, Object.fromEntries(entries), row.isRequired ? [...required, row.name] : required)
}

export function withoutRow(schema: Schema, name: string): Schema {
  const { [name]: _, ...properties } = propertiesOf(schema)
  return assemble(
    schema,
    properties,
    requiredOf(schema).filter(it => it !== name),
  )
}

function assemble(schema: Schema, properties: Doc, required: string[]): Schema {
  const { properties: _, required: __, type: ___, ...rest } = schema
  return { type: 'object', ...rest, properties, ...(required.length > 0 ? { required } : {}) }
}

/** A text of a field as the value that the type means; a number that is none stays text and is refused later. */
export function enumValues(text: string, type: SchemaType): (string | number | boolean)[] {
  const parts = text
    .split(',')
    .map(it => it.trim())
    .filter(it => it !== '')
  return parts.map(it => {
    if ((type === 'number' || type === 'integer') && Number.isFinite(Number(it))) return Number(it)
    if (type === 'boolean' && (it === 'true' || it === 'false')) return it === 'true'
    return it
  })
}

/** Whether other properties than the planned are allowed. */
export const isClosed = (schema: Schema) => schema.additionalProperties === false

export function withClosed(schema: Schema, closed: boolean): Schema {
  const { additionalProperties: _, ...rest } = schema
  return closed ? { ...rest, additionalProperties: false } : rest
}
