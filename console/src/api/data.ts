/** The development mailbox and the quarantine. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, client } from './client'

const FIRST = undefined as string | undefined
const page = (cursor: string | undefined) => ({ query: { cursor } })

export const inboxQuery = infiniteQueryOptions({
  queryKey: ['inbox'],
  queryFn: ({ pageParam, signal }) =>
    answer(client.GET('/api/v1/inbox', { params: page(pageParam), signal })),
  initialPageParam: FIRST,
  getNextPageParam: last => last.next,
  refetchInterval: 5_000,
})

export const inboxMessageQuery = (id: string) =>
  queryOptions({
    queryKey: ['inbox', id],
    queryFn: ({ signal }) => answer(client.GET('/api/v1/inbox/{id}', { params: { path: { id } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const quarantineQuery = infiniteQueryOptions({
  queryKey: ['quarantine'],
  queryFn: ({ pageParam, signal }) =>
    answer(client.GET('/api/v1/quarantine', { params: page(pageParam), signal })),
  initialPageParam: FIRST,
  getNextPageParam: last => last.next,
})
