/** Stands between an SDK and the server and counts: what was sent, and what was answered. */
import { createServer, request } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** Ids of the events in a request, as the SDK made them. */
function eventIds(headers, body) {
  try {
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const { events, batch } = JSON.parse(text.toString('utf8'))
    return (events ?? batch ?? []).map(it => it.insert_id ?? it.messageId)
  } catch {
    return []
  }
}

/** Starts a proxy to `target`; `{ url, exchanges, stop }`. */
export function startProxy(target) {
  const exchanges = []
  const to = new URL(target)
  const server = createServer((incoming, outgoing) => {
    const chunks = []
    incoming.on('data', it => chunks.push(it))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
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
            exchanges.push({
              method: incoming.method,
              path: incoming.url,
              attempt: incoming.headers['x-retry-count'] ?? '0',
              ids: eventIds(incoming.headers, body),
              status: answer.statusCode,
              answer: text.toString('utf8'),
            })
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
