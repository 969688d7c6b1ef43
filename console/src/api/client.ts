/** The one place that talks HTTP: cookie session, CSRF header, problem documents. */
import { toProblem, unreachable } from './problem'

type Query = Record<string, string | number | boolean | null | undefined>

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

interface Options {
  query?: Query
  body?: unknown
  signal?: AbortSignal
  /** A 401 is an answer here, not the end of a session. */
  anonymous?: boolean
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const url = new URL(`/api/v1${path}`, window.location.origin)
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined && value !== '') url.searchParams.set(key, String(value))
  }
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET') headers['x-csrf-token'] = csrf
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
      credentials: 'same-origin',
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw unreachable(error)
  }
  const text = await response.text()
  const body = text === '' ? null : parse(text)
  if (!response.ok) {
    if (response.status === 401 && !options.anonymous) onExpired()
    throw toProblem(response.status, body)
  }
  return body as T
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) =>
  call<T>('GET', path, { query, signal })
export const post = <T>(path: string, body?: unknown, signal?: AbortSignal) =>
  call<T>('POST', path, { body, signal })
export const put = <T>(path: string, body: unknown) => call<T>('PUT', path, { body })
export const patch = <T>(path: string, body: unknown) => call<T>('PATCH', path, { body })
export const del = <T>(path: string) => call<T>('DELETE', path)
