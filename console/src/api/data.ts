/** The development mailbox, refused events and warnings. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, ask, client } from './client'
import type { Json, Rejection } from './types'

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

/** Spans that lists of data problems offer. */
export const SPANS = ['all', 'hour', 'day', 'week'] as const
export type Span = (typeof SPANS)[number]
export const isSpan = (it: string): it is Span => SPANS.some(known => known === it)

const SPAN_MS: Record<Exclude<Span, 'all'>, number> = { hour: 3_600_000, day: 86_400_000, week: 604_800_000 }

/** The instant at which a span begins. */
export const sinceOf = (span: Span, now: number): string | undefined =>
  span === 'all' ? undefined : new Date(now - SPAN_MS[span]).toISOString()

export interface QuarantineFilter {
  reason?: string
  source?: string
  since?: string
}

export const quarantineQuery = (filter: QuarantineFilter) =>
  infiniteQueryOptions({
    queryKey: ['quarantine', filter],
    queryFn: ({ pageParam, signal }) =>
      ask<QuarantinePage>('GET', '/api/v1/quarantine', { query: { ...filter, cursor: pageParam }, signal }),
    initialPageParam: FIRST,
    getNextPageParam: last => last.next ?? undefined,
  })

interface QuarantinePage {
  rejections: Rejection[]
  next: string | null
}

/** Which refused events are meant: those of the ids, or all of a reason or a source. */
export interface Refused {
  ids?: string[]
  reason?: string
  source?: string
}

export interface Replayed {
  replayed: number
  accepted: number
  still_refused: number
}

export const replayRefused = ({ ids, reason, source }: Refused) =>
  ask<Replayed>('POST', '/api/v1/quarantine/replay', {
    body: { ids: ids ?? null, reason: reason ?? null, source: source ?? null },
  })

export const deleteRefused = (which: { ids: string[] } | { reason: string }) =>
  ask<void>('DELETE', '/api/v1/quarantine', { body: which })

export interface Warning {
  code: string
  detail: string
  source: string | null
  dialect: string | null
  event: string | null
  count: number
  first_at: string
  last_at: string
  sample?: Json
}

export const warningsQuery = (since: string | undefined) =>
  queryOptions({
    queryKey: ['warnings', since ?? null],
    queryFn: async ({ signal }) =>
      (await ask<{ warnings: Warning[] }>('GET', '/api/v1/warnings', { query: { since }, signal })).warnings,
  })
