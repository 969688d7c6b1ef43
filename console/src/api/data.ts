/** The development mailbox and the quarantine. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { get } from './client'
import type { InboxMessage, InboxRow, Rejection } from './types'

export const inboxQuery = infiniteQueryOptions({
  queryKey: ['inbox'],
  queryFn: ({ pageParam, signal }) =>
    get<{ messages: InboxRow[]; next: string | null }>('/inbox', { cursor: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: last => last.next,
  refetchInterval: 5_000,
})

export const inboxMessageQuery = (id: string) =>
  queryOptions({
    queryKey: ['inbox', id],
    queryFn: ({ signal }) => get<InboxMessage>(`/inbox/${encodeURIComponent(id)}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })

export const quarantineQuery = infiniteQueryOptions({
  queryKey: ['quarantine'],
  queryFn: ({ pageParam, signal }) =>
    get<{ rejections: Rejection[]; next: string | null }>('/quarantine', { cursor: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: last => last.next,
})
