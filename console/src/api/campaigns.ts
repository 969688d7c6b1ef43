/** Campaigns: drafts, launching, results, the ledger. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { answer, client, given } from './client'
import type { CampaignDraft, EmailMessage } from './types'

const at = (id: string) => ({ path: { id } })
const FIRST = undefined as string | undefined

export const campaignsQuery = queryOptions({
  queryKey: ['campaigns'],
  queryFn: async ({ signal }) => (await answer(client.GET('/api/v1/campaigns', { signal }))).campaigns,
})

export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id],
    queryFn: ({ signal }) => answer(client.GET('/api/v1/campaigns/{id}', { params: at(id), signal })),
  })

export const resultsQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'results'],
    queryFn: ({ signal }) => answer(client.GET('/api/v1/campaigns/{id}/results', { params: at(id), signal })),
  })

export const ledgerQuery = (id: string, state: string) =>
  infiniteQueryOptions({
    queryKey: ['campaigns', id, 'messages', state],
    queryFn: ({ pageParam, signal }) => {
      const params = { ...at(id), query: { state: given(state), cursor: pageParam } }
      return answer(client.GET('/api/v1/campaigns/{id}/messages', { params, signal }))
    },
    initialPageParam: FIRST,
    getNextPageParam: last => last.next,
  })

/** One message and everything that happened to it. */
export const messageQuery = (id: string) =>
  queryOptions({
    queryKey: ['messages', id],
    queryFn: ({ signal }) => answer(client.GET('/api/v1/messages/{id}', { params: at(id), signal })),
  })

export const createCampaign = (body: CampaignDraft) => answer(client.POST('/api/v1/campaigns', { body }))
export const saveCampaign = (id: string, body: CampaignDraft) =>
  answer(client.PUT('/api/v1/campaigns/{id}', { params: at(id), body }))
export const deleteCampaign = (id: string) =>
  answer(client.DELETE('/api/v1/campaigns/{id}', { params: at(id) }))

export type CampaignAction = 'launch' | 'pause' | 'resume' | 'stop' | 'archive'
export const actOnCampaign = (id: string, action: CampaignAction) =>
  answer(client.POST(`/api/v1/campaigns/{id}/${action}`, { params: at(id) }))

export const testCampaign = (id: string, to: string, asPerson: string) =>
  answer(client.POST('/api/v1/campaigns/{id}/test', { params: at(id), body: { to, as_person: asPerson } }))

/** Renders an unsaved message for one person. */
export const previewMessage = (message: EmailMessage, asPerson: string, signal?: AbortSignal) =>
  answer(client.POST('/api/v1/campaigns/preview', { body: { message, as_person: asPerson }, signal }))
