/** Stands between an SDK and the server and counts: what was sent, and what was answered. */
import { createServer, request } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** What an SDK is told in place of the answer that gets lost: ours when too much arrives at once. */
const LOST = { status: 503, headers: { 'retry-after': '1', 'content-type': 'text/plain; charset=utf-8' } }

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
 * With `losesFirst`, the first answer to a request of those paths is lost behind the server, which took the events.
 */
export function startProxy(target, { losesFirst = [] } = {}) {
  const exchanges = []
  const lost = new Set()
  const to = new URL(target)
  const server = createServer((incoming, outgoing) => {
    const chunks = []
    incoming.on('data', it => chunks.push(it))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const url = new URL(incoming.url, target)
      const forward = request(
        {
          host: to.hostname,
          port: to.port,
          method: incoming.method,
          path: incoming.url,
          headers: { ...incoming.headers, host: to.host },
        },
        answer => {
          const parts = []
          answer.on('data', it => parts.push(it))
          answer.on('end', () => {
            const text = Buffer.concat(parts)
            const ids = eventIds(url, body)
            exchanges.push({
              method: incoming.method,
              path: incoming.url,
              attempt: attemptOf(incoming.headers),
              ids,
              status: answer.statusCode,
              answer: text.toString('utf8'),
            })
            const isFirst = ids.some(it => !lost.has(it))
            if (isFirst && losesFirst.some(it => url.pathname.startsWith(it))) {
              for (const it of ids) lost.add(it)
              outgoing.writeHead(LOST.status, LOST.headers)
              outgoing.end('too many events at once')
              return
            }
            const { 'transfer-encoding': _, ...headers } = answer.headers
            outgoing.writeHead(answer.statusCode, { ...headers, 'content-length': text.length })
            outgoing.end(text)
          })
        },
      )
      forward.on('error', () => outgoing.destroy())
      forward.end(body)
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
