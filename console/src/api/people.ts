/** People: search, profile, timeline, messages. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, client, given } from './client'
import type { Person, TimelineEvent } from './types'

const FIRST = undefined as string | undefined

export const peopleQuery = (search: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['people', search, limit],
    queryFn: ({ pageParam, signal }) => {
      const query = { search: given(search), limit, cursor: pageParam }
      return answer(client.GET('/api/v1/people', { params: { query }, signal }))
    },
    initialPageParam: FIRST,
    getNextPageParam: last => last.next,
  })

export async function findPeople(search: string, limit: number, signal?: AbortSignal) {
  const query = { search: given(search), limit }
  return (await answer(client.GET('/api/v1/people', { params: { query }, signal }))).people
}

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: ['person', id],
    queryFn: async ({ signal }): Promise<Person> => {
      const person = await answer(client.GET('/api/v1/people/{id}', { params: { path: { id } }, signal }))
      // Properties are any JSON; the description has no word for that.
      return person as Person
    },
  })

export const timelineQuery = (id: string, event: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['person', id, 'timeline', event, limit],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit, cursor: pageParam, event: given(event) }
      const page = await answer(
        client.GET('/api/v1/people/{id}/timeline', { params: { path: { id }, query }, signal }),
      )
      // Properties are any JSON; the description has no word for that.
      return { ...page, events: page.events as TimelineEvent[] }
    },
    initialPageParam: FIRST,
    getNextPageParam: last => last.next,
  })

export const personMessagesQuery = (id: string) =>
  queryOptions({
    queryKey: ['person', id, 'messages'],
    queryFn: ({ signal }) =>
      answer(client.GET('/api/v1/people/{id}/messages', { params: { path: { id } }, signal })),
  })
