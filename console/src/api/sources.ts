/** Where events come from: SDKs by their key, webhooks and postbacks by their address. */
import { queryOptions } from '@tanstack/react-query'
import type { WebhookMap } from '~/lib/webhook-map'
import { ask } from './client'
import type { components } from './schema'
import type { Json, JsonObject } from './types'

type Schemas = components['schemas']

export type SourceKind = Schemas['SourceKind']
export const PRESETS = ['generic', 'airbridge', 'appsflyer', 'adjust'] as const
export type Preset = (typeof PRESETS)[number]

export type DialectHealth = Schemas['DialectHealth']
export type SourceHealth = Schemas['SourceHealth']
/** The address is whole once, when it is made; later without its secret. */
export type Source = Omit<Schemas['Source'], 'map'> & { map: WebhookMap | null }

export interface SourceWrite {
  name: string
  kind: Exclude<SourceKind, 'sdk'>
  preset: Preset
  map?: WebhookMap
}

/** What a payload becomes. */
export interface PayloadPreview {
  events: JsonObject[]
  problems: { code: string; detail: string; raw: Json }[]
}

export interface Payload {
  received_at: string
  /** The body as JSON, the fields of a query or a form, or a text of whatever else it is. */
  payload: Json
  is_quarantined: boolean
}

const ROOT = '/api/v1/sources'
const at = (id: string, rest = '') => `${ROOT}/${encodeURIComponent(id)}${rest}`
const HEALTH_MS = 5_000

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: async ({ signal }) => (await ask<{ sources: Source[] }>('GET', ROOT, { signal })).sources,
  refetchInterval: HEALTH_MS,
})

export const createSource = (body: SourceWrite) => ask<Source>('POST', ROOT, { body })
export const changeSource = (id: string, body: { name?: string; map?: WebhookMap; is_enabled?: boolean }) =>
  ask<Source>('PATCH', at(id), { body })
export const deleteSource = (id: string) => ask<void>('DELETE', at(id))

export const recentQuery = (id: string) =>
  queryOptions({
    queryKey: ['sources', id, 'recent'],
    queryFn: async ({ signal }) =>
      (await ask<{ payloads: Payload[] }>('GET', at(id, '/recent'), { signal })).payloads,
    refetchInterval: HEALTH_MS,
  })

export const previewPayload = (id: string, payload: Json, map: WebhookMap, signal?: AbortSignal) =>
  ask<PayloadPreview>('POST', at(id, '/preview'), {
    body: { body: payload, map },
    signal,
  })
