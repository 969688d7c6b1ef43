/** The one place that talks HTTP: cookie session, CSRF header, problem documents. */
import createClient from 'openapi-fetch'
import { toProblem, unreachable } from './problem'
import type { paths } from './schema'

let csrf = ''
let onExpired: () => void = () => {}

/** Remembers the token that every changing call must carry. */
export function setCsrf(token: string) {
  csrf = token
}

/** Calls `handler` when the session ends while the console is open. */
export function whenExpired(handler: () => void) {
  onExpired = handler
}

export const client = createClient<paths>({ credentials: 'same-origin' })

client.use({
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('x-csrf-token', csrf)
    return request
  },
})

interface Options {
  /** A 401 is an answer here, not the end of a session. */
  anonymous?: boolean
}

/** The body of a call that went well; anything else is thrown as a `Problem`. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
  options: Options = {},
): Promise<T> {
  let result: { data?: T; error?: unknown; response: Response }
  try {
    result = await call
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw unreachable(error)
  }
  const { data, error, response } = result
  if (!response.ok) {
    if (response.status === 401 && !options.anonymous) onExpired()
    throw toProblem(response.status, error)
  }
  // The description says which calls have a body; those without one are typed so.
  return data as T
}

/** An empty search is no search. */
export const given = (text: string): string | undefined => (text === '' ? undefined : text)
