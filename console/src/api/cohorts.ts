/** Cohorts and audience estimates. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { canonical } from '~/lib/canonical'
import { answer, client } from './client'
import type { Audience, CohortKind } from './types'

const at = (id: string) => ({ path: { id } })
const FIRST = undefined as string | undefined

export const cohortsQuery = queryOptions({
  queryKey: ['cohorts'],
  queryFn: async ({ signal }) => (await answer(client.GET('/api/v1/cohorts', { signal }))).cohorts,
})

export const cohortQuery = (id: string) =>
  queryOptions({
    queryKey: ['cohorts', id],
    queryFn: ({ signal }) => answer(client.GET('/api/v1/cohorts/{id}', { params: at(id), signal })),
  })

export const cohortPeopleQuery = (id: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['cohorts', id, 'people', limit],
    queryFn: ({ pageParam, signal }) => {
      const params = { ...at(id), query: { limit, cursor: pageParam } }
      return answer(client.GET('/api/v1/cohorts/{id}/people', { params, signal }))
    },
    initialPageParam: FIRST,
    getNextPageParam: last => last.next,
  })

export const cohortHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['cohorts', id, 'history'],
    queryFn: async ({ signal }) =>
      (await answer(client.GET('/api/v1/cohorts/{id}/history', { params: at(id), signal }))).history,
  })

export const previewAudience = (definition: Audience) =>
  queryOptions({
    queryKey: ['audience', canonical(definition)],
    queryFn: ({ signal }) =>
      answer(client.POST('/api/v1/audiences/preview', { body: { definition }, signal })),
    retry: false,
    staleTime: 30_000,
  })

export const createCohort = (body: { name: string; definition: Audience; kind: CohortKind }) =>
  answer(client.POST('/api/v1/cohorts', { body }))

/** Saves the people behind a cell: as they are, or as a rule that keeps up. */
export const saveCell = (name: string, cell: string, live: boolean) =>
  answer(client.POST('/api/v1/cohorts', { body: live ? { name, cell, live } : { name, cell } }))

export const renameCohort = (id: string, name: string) =>
  answer(client.PATCH('/api/v1/cohorts/{id}', { params: at(id), body: { name } }))
export const refreshCohort = (id: string) =>
  answer(client.POST('/api/v1/cohorts/{id}/refresh', { params: at(id) }))
export const deleteCohort = (id: string) => answer(client.DELETE('/api/v1/cohorts/{id}', { params: at(id) }))
