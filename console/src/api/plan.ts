/** The tracking plan, what people wrote about events and properties, and what breaks the plan. */
import { queryOptions } from '@tanstack/react-query'
import type { Schema } from '~/lib/plan-schema'
import { ask } from './client'
import type { components } from './schema'
import type { CatalogEvent, CatalogProperty, Json, JsonObject } from './types'

type Schemas = components['schemas']

export const STATUSES = ['live', 'planned', 'unexpected', 'stale', 'hidden', 'blocked'] as const
export type CatalogStatus = (typeof STATUSES)[number]

export type PlannedEvent = CatalogEvent
export type PlannedProperty = CatalogProperty
export type CatalogChange = Schemas['CatalogPatch']

// the description has these as any text
export type PlanMode = 'off' | 'shadow' | 'enforce'
export type ViolationAction = 'flag' | 'block' | 'omit'
export type UnplannedAction = 'allow' | 'flag' | 'block'

/** A JSON Schema; the description cannot say more than that it is an object. */
export type PlanEvent = Omit<Schemas['PlanEvent'], 'schema' | 'action'> & {
  schema: Schema
  /** `null` for the plan's own. */
  action: ViolationAction | null
}
export type Plan = Pick<Schemas['TrackingPlan'], 'version'> & {
  mode: PlanMode
  default_action: ViolationAction
  unplanned: UnplannedAction
  events: PlanEvent[]
}
export type PlanVersion = Omit<Schemas['PlanVersion'], 'mode'> & { mode: PlanMode }
export type Violation = Omit<Schemas['PlanViolation'], 'sample'> & { sample?: Json }
export type Violations = Omit<Schemas['PlanViolationList'], 'violations'> & { violations: Violation[] }

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
export type Verdict = Omit<Schemas['PlanVerdict'], 'violations'> & {
  violations: (Omit<Schemas['PlanFinding'], 'action'> & { action: ViolationAction })[]
}

export const checkEvents = async (events: JsonObject[]) =>
  (await ask<{ results: Verdict[] }>('POST', `${PLAN}/check`, { body: { events } })).results

export const violationsQuery = queryOptions({
  queryKey: ['plan', 'violations'],
  queryFn: ({ signal }) => ask<Violations>('GET', `${PLAN}/violations`, { signal }),
})

export const PLAN_CSV = `${PLAN}.csv`
