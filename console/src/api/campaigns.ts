/** Campaigns: drafts, launching, results, the ledger. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { del, get, post, put } from './client'
import type {
  Campaign,
  CampaignDraft,
  CampaignResults,
  CampaignSummary,
  EmailMessage,
  LedgerRow,
  MessageDetail,
  Preview,
} from './types'

export const campaignsQuery = queryOptions({
  queryKey: ['campaigns'],
  queryFn: ({ signal }) =>
    get<{ campaigns: CampaignSummary[] }>('/campaigns', {}, signal).then(it => it.campaigns),
})

export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id],
    queryFn: ({ signal }) => get<Campaign>(`/campaigns/${id}`, {}, signal),
  })

export const resultsQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'results'],
    queryFn: ({ signal }) => get<CampaignResults>(`/campaigns/${id}/results`, {}, signal),
  })

export const ledgerQuery = (id: string, state: string) =>
  infiniteQueryOptions({
    queryKey: ['campaigns', id, 'messages', state],
    queryFn: ({ pageParam, signal }) =>
      get<{ messages: LedgerRow[]; next: string | null }>(
        `/campaigns/${id}/messages`,
        { state, cursor: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: last => last.next,
  })

export const messageQuery = (id: string) =>
  queryOptions({
    queryKey: ['messages', id],
    queryFn: ({ signal }) => get<MessageDetail>(`/messages/${id}`, {}, signal),
  })

export const createCampaign = (draft: CampaignDraft) => post<Campaign>('/campaigns', draft)
export const saveCampaign = (id: string, draft: CampaignDraft) => put<Campaign>(`/campaigns/${id}`, draft)
export const deleteCampaign = (id: string) => del<void>(`/campaigns/${id}`)

export type CampaignAction = 'launch' | 'pause' | 'resume' | 'stop' | 'archive'
export const actOnCampaign = (id: string, action: CampaignAction) =>
  post<Campaign | null>(`/campaigns/${id}/${action}`)

export const testCampaign = (id: string, to: string, asPerson: string) =>
  post<unknown>(`/campaigns/${id}/test`, { to, as_person: asPerson })

/** Renders an unsaved message for one person. */
export const previewMessage = (message: EmailMessage, asPerson: string, signal?: AbortSignal) =>
  post<Preview>('/campaigns/preview', { message, as_person: asPerson }, signal)

export const previewCampaign = (id: string, asPerson: string, signal?: AbortSignal) =>
  post<Preview>(`/campaigns/${id}/preview`, { as_person: asPerson }, signal)
