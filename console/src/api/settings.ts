/** Workspace, keys and channels. */
import { queryOptions } from '@tanstack/react-query'
import { answer, client } from './client'
import type { ApiKey, EmailChannelWrite, Workspace } from './types'

export const workspaceQuery = queryOptions({
  queryKey: ['workspace'],
  queryFn: ({ signal }) => answer(client.GET('/api/v1/workspace', { signal })),
})
export const saveWorkspace = (body: Partial<Omit<Workspace, 'id'>>) =>
  answer(client.PATCH('/api/v1/workspace', { body }))

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => (await answer(client.GET('/api/v1/keys', { signal }))).keys,
})
export const createKey = (kind: ApiKey['kind'], name: string) =>
  answer(client.POST('/api/v1/keys', { body: { kind, name } }))
export const revokeKey = (id: string) =>
  answer(client.DELETE('/api/v1/keys/{id}', { params: { path: { id } } }))

export const emailChannelQuery = queryOptions({
  queryKey: ['channels', 'email'],
  queryFn: ({ signal }) => answer(client.GET('/api/v1/channels/email', { signal })),
})
export const saveEmailChannel = (body: EmailChannelWrite) =>
  answer(client.PUT('/api/v1/channels/email', { body }))
export const checkEmailChannel = () => answer(client.POST('/api/v1/channels/email/check'))
