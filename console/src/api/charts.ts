/** Chart queries and the people behind their cells. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { canonical } from '~/lib/canonical'
import { answer, client } from './client'
import type { ChartAnswer, ChartQuery } from './types'

/** The answer that a question of this kind gets. */
export type AnswerTo<Q extends ChartQuery> = Extract<ChartAnswer, { kind: Q['kind'] }>

export const chartQuery = <Q extends ChartQuery>(query: Q) =>
  queryOptions({
    queryKey: ['query', canonical(query)],
    queryFn: async ({ signal }) => {
      const result = await answer(client.POST('/api/v1/query', { body: query, signal }))
      // The kind of the answer is that of the question.
      return result as AnswerTo<Q>
    },
    staleTime: 15_000,
    retry: false,
  })

const FIRST = null as string | null

export const cellPeopleQuery = (cell: string, limit = 25) =>
  infiniteQueryOptions({
    queryKey: ['cell', cell, limit],
    queryFn: ({ pageParam, signal }) =>
      answer(client.POST('/api/v1/people/list', { body: { cell, limit, cursor: pageParam }, signal })),
    initialPageParam: FIRST,
    getNextPageParam: last => last.next,
    staleTime: 60_000,
    retry: false,
  })
