/** People: search, profile, timeline, messages. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { get } from './client'
import type { LedgerRow, Person, PersonRow, TimelineEvent } from './types'

const id = encodeURIComponent

export const peopleQuery = (search: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['people', search, limit],
    queryFn: ({ pageParam, signal }) =>
      get<{ people: PersonRow[]; next: string | null }>('/people', { search, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
  })

export const findPeople = (search: string, limit: number, signal?: AbortSignal) =>
  get<{ people: PersonRow[] }>('/people', { search, limit }, signal).then(it => it.people)

export const personQuery = (person: string) =>
  queryOptions({
    queryKey: ['person', person],
    queryFn: ({ signal }) => get<Person>(`/people/${id(person)}`, {}, signal),
  })

export const timelineQuery = (person: string, event: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['person', person, 'timeline', event, limit],
    queryFn: ({ pageParam, signal }) =>
      get<{ events: TimelineEvent[]; next: string | null }>(
        `/people/${id(person)}/timeline`,
        { limit, cursor: pageParam, event },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
  })

export const personMessagesQuery = (person: string) =>
  queryOptions({
    queryKey: ['person', person, 'messages'],
    queryFn: ({ signal }) =>
      get<{ messages: LedgerRow[]; next: string | null }>(`/people/${id(person)}/messages`, {}, signal),
  })
