/** Signing in and out. */
import { queryOptions } from '@tanstack/react-query'
import { call, del, setCsrf } from './client'
import type { Session } from './types'

async function keep(answer: Promise<Session>): Promise<Session> {
  const session = await answer
  setCsrf(session.csrf)
  return session
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => keep(call<Session>('GET', '/session', { anonymous: true })),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
})

export const signIn = (email: string, password: string) =>
  keep(call<Session>('POST', '/session', { body: { email, password }, anonymous: true }))

export const signOut = () => del<void>('/session')
