/** Drives @jitsu/js through its calls. Environment: HOST, WRITE_KEY, RUN, and S2S=1 for the endpoints of servers. */
import { jitsuAnalytics } from '@jitsu/js'

const { HOST, WRITE_KEY, RUN, S2S } = process.env
const user = `${RUN}-user`
const errors = []
const client = jitsuAnalytics({
  host: HOST,
  // the library takes no key without a colon
  writeKey: `${WRITE_KEY}:secret`,
  s2s: Boolean(S2S),
  fetchTimeoutMs: 10_000,
  errorPolicy: message => errors.push(message),
})

async function report(name, call) {
  const before = errors.length
  await call
  console.log(JSON.stringify({ name, ok: errors.length === before, message: errors[before] }))
}

client.setAnonymousId?.(`${RUN}-device`)
await report('$identify', client.identify(user, { email: `${RUN}@shop.test`, plan: 'pro' }))
await report(`${RUN} Order`, client.track(`${RUN} Order`, { revenue: 12.5 }))
await report('$groupidentify', client.group('acme', { name: 'Acme' }))
await report('page', client.page({ url: 'https://shop.test/' }))
