/** Signing in and out. */
import { queryOptions } from '@tanstack/react-query'
import { answer, client, setCsrf } from './client'
import { toProblem } from './problem'
import type { components } from './schema'
import type { Session } from './types'

async function keep(call: Promise<components['schemas']['Session']>): Promise<Session> {
  const { user, ...session } = await call
  if (user === null) throw toProblem(401, { code: 'not-signed-in' })
  setCsrf(session.csrf)
  return { ...session, user }
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => keep(answer(client.GET('/api/v1/session'), { anonymous: true })),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
})

export const signIn = (email: string, password: string) =>
  keep(answer(client.POST('/api/v1/session', { body: { email, password } }), { anonymous: true }))

export const signOut = () => answer(client.DELETE('/api/v1/session'))
