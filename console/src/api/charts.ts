/** Chart queries and the people behind their cells. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { canonical } from '~/lib/canonical'
import { post } from './client'
import type {
  CellPeople,
  ChartQuery,
  FunnelAnswer,
  FunnelQuery,
  SegmentationAnswer,
  SegmentationQuery,
} from './types'

type Answer<Q extends ChartQuery> = Q extends FunnelQuery
  ? FunnelAnswer
  : Q extends SegmentationQuery
    ? SegmentationAnswer
    : never

export const chartQuery = <Q extends ChartQuery>(query: Q) =>
  queryOptions({
    queryKey: ['query', canonical(query)],
    queryFn: ({ signal }) => post<Answer<Q>>('/query', query, signal),
    staleTime: 15_000,
    retry: false,
  })

export const cellPeopleQuery = (cell: string, limit = 25) =>
  infiniteQueryOptions({
    queryKey: ['cell', cell, limit],
    queryFn: ({ pageParam, signal }) =>
      post<CellPeople>('/people/list', { cell, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
    staleTime: 60_000,
    retry: false,
  })
