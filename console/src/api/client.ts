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

type Query = Record<string, string | number | undefined>

interface Ask {
  query?: Query
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** Calls a path that the generated description does not have yet; `T` is the caller's word for its answer. */
export async function ask<T>(method: string, path: string, options: Ask = {}): Promise<T> {
  const given = Object.entries(options.query ?? {}).filter(([, it]) => it !== undefined && it !== '')
  const query = new URLSearchParams(given.map(([key, it]) => [key, String(it)])).toString()
  const headers = new Headers(options.headers)
  if (method !== 'GET') headers.set('x-csrf-token', csrf)
  if (options.body !== undefined) headers.set('content-type', 'application/json')
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  const request = { method, headers, body, signal: options.signal, credentials: 'same-origin' } as const
  return answer<T>(
    fetch(query ? `${path}?${query}` : path, request).then(async response => {
      const text = await response.text()
      const told = read(text)
      return response.ok ? { data: told as T, response } : { error: told, response }
    }),
  )
}

/** A body as JSON where it is, as text where it is not. */
function read(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Sends a file as it is, telling how much has left; `fetch` cannot tell that. */
export function upload<T>(
  path: string,
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('x-csrf-token', csrf)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = it => {
      if (it.lengthComputable && it.total > 0) onProgress(it.loaded / it.total)
    }
    request.onload = () => {
      const told = read(request.responseText)
      if (request.status === 401) onExpired()
      if (request.status >= 200 && request.status < 300) resolve(told as T)
      else reject(toProblem(request.status, told))
    }
    request.onerror = () => reject(unreachable('upload'))
    request.onabort = () => reject(new DOMException('upload', 'AbortError'))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(file)
  })
}
