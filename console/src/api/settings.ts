/** Workspace, keys and channels. */
import { queryOptions } from '@tanstack/react-query'
import { del, get, patch, post, put } from './client'
import type { ApiKey, CreatedKey, EmailChannel, EmailChannelWrite, Workspace } from './types'

export const workspaceQuery = queryOptions({
  queryKey: ['workspace'],
  queryFn: ({ signal }) => get<Workspace>('/workspace', {}, signal),
})
export const saveWorkspace = (change: Partial<Omit<Workspace, 'id'>>) =>
  patch<Workspace>('/workspace', change)

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => get<{ keys: ApiKey[] }>('/keys', {}, signal).then(it => it.keys),
})
export const createKey = (kind: ApiKey['kind'], name: string) => post<CreatedKey>('/keys', { kind, name })
export const revokeKey = (id: string) => del<void>(`/keys/${id}`)

export const emailChannelQuery = queryOptions({
  queryKey: ['channels', 'email'],
  queryFn: ({ signal }) => get<EmailChannel>('/channels/email', {}, signal),
})
export const saveEmailChannel = (config: EmailChannelWrite) => put<EmailChannel>('/channels/email', config)
export const checkEmailChannel = () => post<{ ok: boolean; detail: string }>('/channels/email/check')
