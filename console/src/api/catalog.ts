/** What the workspace has seen: event names and properties. */
import { queryOptions } from '@tanstack/react-query'
import { get } from './client'
import type { CatalogEvent, CatalogProperty, Status } from './types'

export const eventsQuery = queryOptions({
  queryKey: ['catalog', 'events'],
  queryFn: ({ signal }) =>
    get<{ events: CatalogEvent[] }>('/catalog/events', {}, signal).then(it => it.events),
  staleTime: 30_000,
})

/** Properties seen on `event`, and those of people; without an event only those of people and of all events. */
export const propertiesQuery = (event?: string) =>
  queryOptions({
    queryKey: ['catalog', 'properties', event ?? null],
    queryFn: ({ signal }) =>
      get<{ properties: CatalogProperty[] }>('/catalog/properties', { event }, signal).then(
        it => it.properties,
      ),
    staleTime: 60_000,
  })

export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => get<Status>('/status', {}, signal),
  refetchInterval: 10_000,
})
