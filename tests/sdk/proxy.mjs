/** Stands between an SDK and the server and counts: what was sent, and what was answered. */
import { createServer, request } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** The JSON that a request carries, in any wrapping that an SDK has. */
function jsonOf(url, body) {
  const text = (body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body).toString('utf8')
  if (/^[[{]/.test(text)) return JSON.parse(text)
  const data = new URLSearchParams(text || url.search).get('data')
  return JSON.parse(/^[[{]/.test(data) ? data : Buffer.from(data, 'base64').toString('utf8'))
}

/** Ids of the events in a request, as the SDK made them; without one, the event itself is its id. */
function eventIds(url, body) {
  try {
    const json = jsonOf(url, body)
    const events = [json.events ?? json.batch ?? json.data ?? json].flat()
    return events.map(
      it =>
        it.insert_id ?? it.messageId ?? it.uuid ?? it.eid ?? it.properties?.$insert_id ?? JSON.stringify(it),
    )
  } catch {
    return []
  }
}

/** Which try this is, the first being 0, for the SDKs that say so. */
function attemptOf(headers) {
  const fromOne = headers['posthog-attempt']
  return fromOne ? String(Number(fromOne) - 1) : (headers['x-retry-count'] ?? '0')
}

/**
 * Starts a proxy to `target`; `{ url, exchanges, stop }`.
 *
 * With `first`, the first request with an event at one of `first.paths` is told `first.answer`, whatever the server
 * says: with `first.isTaken` the server has taken the event and its answer gets lost, otherwise it never saw it.
 */
export function startProxy(target, { first } = {}) {
  const exchanges = []
  const told = new Set()
  const to = new URL(target)

  /** Whether a request is the first one with its events. */
  function isFirst(url, ids) {
    if (!first?.paths.some(it => url.pathname.startsWith(it)) || !ids.some(it => !told.has(it))) return false
    for (const it of ids) told.add(it)
    return true
  }

  function pass(incoming, body, then) {
    const forward = request(
      {
        host: to.hostname,
        port: to.port,
        method: incoming.method,
        path: incoming.url,
        // with the sender's own host: settings must lead back to where they were asked for
        headers: incoming.headers,
      },
      answer => {
        const parts = []
        answer.on('data', it => parts.push(it))
        answer.on('end', () => {
          const { 'transfer-encoding': _, ...headers } = answer.headers
          then({ status: answer.statusCode, headers, body: Buffer.concat(parts) })
        })
      },
    )
    forward.on('error', () => incoming.socket.destroy())
    forward.end(body)
  }

  const server = createServer((incoming, outgoing) => {
    const chunks = []
    incoming.on('data', it => chunks.push(it))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const url = new URL(incoming.url, target)
      const ids = incoming.method === 'OPTIONS' ? [] : eventIds(url, body)
      const at = Date.now()
      function answer({ status, headers, body: text }) {
        exchanges.push({
          at,
          method: incoming.method,
          path: incoming.url,
          headers: incoming.headers,
          attempt: attemptOf(incoming.headers),
          ids,
          status,
          answer: text.toString('utf8'),
        })
        outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) })
        outgoing.end(text)
      }
      if (!isFirst(url, ids)) pass(incoming, body, answer)
      else if (first.isTaken) pass(incoming, body, () => answer(first.answer))
      else answer(first.answer)
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const stop = () =>
        new Promise(done => {
          server.close(done)
          server.closeAllConnections()
        })
      resolve({ url: `http://127.0.0.1:${server.address().port}`, exchanges, stop })
    })
  })
}
