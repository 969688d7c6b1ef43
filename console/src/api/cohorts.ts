/** Cohorts and audience estimates. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { canonical } from '~/lib/canonical'
import { del, get, patch, post } from './client'
import type { Audience, AudiencePreview, Cohort, CohortKind, PersonRef } from './types'

export const cohortsQuery = queryOptions({
  queryKey: ['cohorts'],
  queryFn: ({ signal }) => get<{ cohorts: Cohort[] }>('/cohorts', {}, signal).then(it => it.cohorts),
})

export const cohortQuery = (id: string) =>
  queryOptions({
    queryKey: ['cohorts', id],
    queryFn: ({ signal }) => get<Cohort>(`/cohorts/${id}`, {}, signal),
  })

export const cohortPeopleQuery = (id: string, limit = 50) =>
  infiniteQueryOptions({
    queryKey: ['cohorts', id, 'people', limit],
    queryFn: ({ pageParam, signal }) =>
      get<{ total: number; people: PersonRef[]; next: string | null }>(
        `/cohorts/${id}/people`,
        { limit, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
  })

export const cohortHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ['cohorts', id, 'history'],
    queryFn: ({ signal }) =>
      get<{ history: { as_of: string; size: number }[] }>(`/cohorts/${id}/history`, {}, signal).then(
        it => it.history,
      ),
  })

export const previewAudience = (definition: Audience) =>
  queryOptions({
    queryKey: ['audience', canonical(definition)],
    queryFn: ({ signal }) => post<AudiencePreview>('/audiences/preview', { definition }, signal),
    retry: false,
    staleTime: 30_000,
  })

export const createCohort = (body: { name: string; definition: Audience; kind: CohortKind }) =>
  post<Cohort>('/cohorts', body)

/** Saves the people behind a cell: as they are, or as a rule that keeps up. */
export const saveCell = (name: string, cell: string, live: boolean) =>
  post<Cohort>('/cohorts', live ? { name, cell, live } : { name, cell })

export const renameCohort = (id: string, name: string) => patch<Cohort>(`/cohorts/${id}`, { name })
export const refreshCohort = (id: string) => post<Cohort>(`/cohorts/${id}/refresh`)
export const deleteCohort = (id: string) => del<void>(`/cohorts/${id}`)
