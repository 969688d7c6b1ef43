/** The tracking plan, what people wrote about events and properties, and what breaks the plan. */
import { queryOptions } from '@tanstack/react-query'
import type { Schema } from '~/lib/plan-schema'
import { ask } from './client'
import type { CatalogEvent, CatalogProperty, Json, JsonObject } from './types'

export const STATUSES = ['live', 'planned', 'unexpected', 'stale', 'hidden', 'blocked'] as const
export type CatalogStatus = (typeof STATUSES)[number]

/** What people wrote; a server without governance leaves it out. */
interface Described {
  display_name?: string | null
  description?: string | null
  owner?: string | null
  tags?: string[]
  status?: CatalogStatus
  hidden?: boolean
  blocked?: boolean
  merge_into?: string | null
}

export interface PlannedEvent extends CatalogEvent, Described {
  /** Events of each of the last 14 days. */
  volume?: number[]
}

export interface PlannedProperty extends CatalogProperty, Described {
  types?: Record<string, number>
  distinct?: number
  null_rate?: number
  last_seen?: string | null
}

export interface CatalogChange {
  display_name?: string | null
  description?: string | null
  owner?: string | null
  tags?: string[]
  hidden?: boolean
  blocked?: boolean
  merge_into?: string | null
}

export type PlanMode = 'off' | 'shadow' | 'enforce'
export type ViolationAction = 'flag' | 'block' | 'omit'
export type UnplannedAction = 'allow' | 'flag' | 'block'

export interface PlanEvent {
  name: string
  description: string
  owner: string
  schema: Schema
  /** `null` for the plan's own. */
  action: ViolationAction | null
}

export interface Plan {
  version: number
  mode: PlanMode
  default_action: ViolationAction
  unplanned: UnplannedAction
  events: PlanEvent[]
}

export interface PlanVersion {
  version: number
  created_at: string
  mode?: PlanMode
  events?: number
}

export interface Violation {
  event: string
  /** Empty for the event as a whole. */
  property: string
  rule: string
  detail?: string
  count: number
  treatment?: 'flagged' | 'omitted' | 'blocked'
  first_at?: string
  last_at?: string
  sample?: Json
}

export interface Violations {
  violations: Violation[]
  /** Events kept out, or that would have been in shadow. */
  blocked?: { event: string; blocked: number; would_block: number; last_at?: string }[]
}

const EVENTS = '/api/v1/catalog/events'
const PROPERTIES = '/api/v1/catalog/properties'
const PLAN = '/api/v1/plan'

/** Also what is hidden, and what is counted as another. */
const ALL = { all: 'true' }

export const plannedEventsQuery = queryOptions({
  queryKey: ['catalog', 'events', 'planned'],
  queryFn: async ({ signal }) =>
    (await ask<{ events: PlannedEvent[] }>('GET', EVENTS, { query: ALL, signal })).events,
})

export const plannedPropertiesQuery = (event?: string) =>
  queryOptions({
    queryKey: ['catalog', 'properties', 'planned', event ?? null],
    queryFn: async ({ signal }) => {
      const query = { event, ...ALL }
      return (await ask<{ properties: PlannedProperty[] }>('GET', PROPERTIES, { query, signal })).properties
    },
  })

export const changeEvent = (name: string, body: CatalogChange) =>
  ask<void>('PATCH', `${EVENTS}/${encodeURIComponent(name)}`, { body })
export const changeEvents = (names: string[], set: CatalogChange) =>
  ask<void>('POST', `${EVENTS}/bulk`, { body: { names, set } })
export const changeProperty = (name: string, event: string | undefined, body: CatalogChange) =>
  ask<void>('PATCH', `${PROPERTIES}/${encodeURIComponent(name)}`, { query: { event }, body })

export const planQuery = queryOptions({
  queryKey: ['plan'],
  queryFn: ({ signal }) => ask<Plan>('GET', PLAN, { signal }),
})

/** Another version, refused if someone else saved one meanwhile. */
export function savePlan({ version, ...body }: Plan) {
  return ask<Plan>('PUT', PLAN, { body, headers: { 'if-match': String(version) } })
}

export const planVersionsQuery = queryOptions({
  queryKey: ['plan', 'versions'],
  queryFn: async ({ signal }) =>
    (await ask<{ versions: PlanVersion[] }>('GET', `${PLAN}/versions`, { signal })).versions,
})

/** Entries made of what was seen; of all events if none are named. */
export const inferPlan = async (events: string[] | null) =>
  (await ask<{ events: PlanEvent[] }>('POST', `${PLAN}/infer`, { body: { events } })).events

/** What the plan says of one event. */
export interface Verdict {
  event: string
  planned: boolean
  would_block: boolean
  violations: { property: string; rule: string; detail: string; action: ViolationAction }[]
}

export const checkEvents = async (events: JsonObject[]) =>
  (await ask<{ results: Verdict[] }>('POST', `${PLAN}/check`, { body: { events } })).results

export const violationsQuery = queryOptions({
  queryKey: ['plan', 'violations'],
  queryFn: ({ signal }) => ask<Violations>('GET', `${PLAN}/violations`, { signal }),
})

export const PLAN_CSV = `${PLAN}.csv`
