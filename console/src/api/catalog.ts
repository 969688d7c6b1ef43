/** What the workspace has seen: event names and properties. */
import { queryOptions } from '@tanstack/react-query'
import { answer, client } from './client'

export const eventsQuery = queryOptions({
  queryKey: ['catalog', 'events'],
  queryFn: async ({ signal }) => (await answer(client.GET('/api/v1/catalog/events', { signal }))).events,
  staleTime: 30_000,
})

/** How much there is, and how fresh. */
export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => answer(client.GET('/api/v1/status', { signal })),
  refetchInterval: 5_000,
})

/** Properties seen on `event`, and those of people; without an event those of people and of all events. */
export const propertiesQuery = (event?: string) =>
  queryOptions({
    queryKey: ['catalog', 'properties', event ?? null],
    queryFn: async ({ signal }) => {
      const call = client.GET('/api/v1/catalog/properties', { params: { query: { event } }, signal })
      return (await answer(call)).properties
    },
    staleTime: 60_000,
  })
