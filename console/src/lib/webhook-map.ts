/** The map of a webhook as its editor holds it: which part of a payload is what. */

export type WebhookSpec =
  | string
  | {
      path?: string
      paths?: string[]
      const?: unknown
      template?: string
      type?: string
      [key: string]: unknown
    }

export interface WebhookMap {
  /** Where the list of events is, if a payload has several. */
  each?: string
  event?: WebhookSpec
  time?: WebhookSpec
  user_id?: WebhookSpec
  device_id?: WebhookSpec
  insert_id?: WebhookSpec
  properties?: Record<string, WebhookSpec>
  user_properties?: Record<string, WebhookSpec>
  /** Everything else becomes properties too. */
  rest?: boolean
}

export const WEBHOOK_FIELDS = ['event', 'time', 'user_id', 'device_id', 'insert_id'] as const
export type WebhookField = (typeof WEBHOOK_FIELDS)[number]

/** The one path of a spec; `null` where it says more than a field can show. */
export function pathOf(spec: WebhookSpec | undefined): string | null {
  if (spec === undefined) return ''
  if (typeof spec === 'string') return spec
  const { path, type: _, values: __, ...rest } = spec
  if (typeof path !== 'string' || Object.keys(rest).length > 0) return null
  return path
}

/** What a spec says, in one line. */
export function sayOf(spec: WebhookSpec): string {
  if (typeof spec === 'string') return spec
  if (Array.isArray(spec.paths)) return spec.paths.join(', ')
  if (typeof spec.template === 'string') return spec.template
  if (spec.const !== undefined) return JSON.stringify(spec.const)
  return JSON.stringify(spec)
}

function withPathIn(spec: WebhookSpec | undefined, path: string): WebhookSpec {
  return spec !== undefined && typeof spec === 'object' ? { ...spec, path } : path
}

/** Another path for a field; an empty one takes the field away. */
export function withPath(map: WebhookMap, field: WebhookField, path: string): WebhookMap {
  const { [field]: old, ...rest } = map
  return path === '' ? rest : { ...rest, [field]: withPathIn(old, path) }
}

export function withProperty(map: WebhookMap, name: string, path: string): WebhookMap {
  const old = map.properties?.[name]
  return { ...map, properties: { ...map.properties, [name]: withPathIn(old, path) } }
}

export function withoutProperty(map: WebhookMap, name: string): WebhookMap {
  const { [name]: _, ...properties } = map.properties ?? {}
  return { ...map, properties }
}

const DEPTH_MAX = 6
const PATHS_MAX = 500

/** Paths of everything in a payload, `customer.id`; a list is taken as a whole. */
export function pathsOf(payload: unknown): string[] {
  const found: string[] = []
  const walk = (value: unknown, path: string, depth: number) => {
    if (found.length >= PATHS_MAX) return
    const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
    if (!isObject || depth === 0) {
      if (path !== '') found.push(path)
      return
    }
    for (const [key, it] of Object.entries(value)) walk(it, path === '' ? key : `${path}.${key}`, depth - 1)
  }
  walk(payload, '', DEPTH_MAX)
  return found
}

/** The part of a payload that fields are about: the first event of a list, where there is one. */
export function itemOf(payload: unknown, each: string | undefined): unknown {
  let value = payload
  for (const key of each ? each.split('.') : []) {
    if (value === null || typeof value !== 'object') return payload
    value = (value as Record<string, unknown>)[key]
  }
  return Array.isArray(value) ? value[0] : (value ?? payload)
}
