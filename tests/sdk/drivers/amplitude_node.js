/** Drives @amplitude/analytics-node through its calls. Environment: HOST, WRITE_KEY, RUN, and BATCH=1 for /batch. */
import * as amplitude from '@amplitude/analytics-node'

const { HOST, WRITE_KEY, RUN, BATCH } = process.env
const user = `${RUN}-user`
const device = `${RUN}-device`

function report(name, answer) {
  return answer.promise.then(
    it => console.log(JSON.stringify({ name, ok: it.code === 200, code: it.code, message: it.message })),
    error => console.log(JSON.stringify({ name, ok: false, message: String(error) })),
  )
}

await amplitude.init(WRITE_KEY, {
  serverUrl: HOST + (BATCH ? '/batch' : '/2/httpapi'),
  useBatch: Boolean(BATCH),
  flushQueueSize: 300,
  flushIntervalMillis: 200,
  logLevel: 0,
}).promise

const order = { total: 12.5, tags: ['a', 'b'], nested: { x: 1 } }
const identify = new amplitude.Identify()
  .set('plan', 'pro')
  .setOnce('first', 'x')
  .add('logins', 2)
  .append('list', 'v1')
  .preInsert('early', 'a')
  .postInsert('late', 'b')
  .remove('tags', 'old')
  .unset('gone')
const revenue = new amplitude.Revenue().setProductId('sku-1').setPrice(3.99).setQuantity(3)

const answers = [
  report(
    `${RUN} Order`,
    amplitude.track(`${RUN} Order`, order, {
      user_id: user,
      device_id: device,
      session_id: Date.now(),
      insert_id: `${RUN}-1`,
      time: Date.now() - 5000,
      groups: { org: ['acme', 'beta'] },
    }),
  ),
  report(`${RUN} View`, amplitude.track(`${RUN} View`, { page: '/' }, { device_id: device })),
  report('$identify', amplitude.identify(identify, { user_id: user, device_id: device })),
  report('revenue_amount', amplitude.revenue(revenue, { user_id: user })),
]
// not flushed: what is flushed is sent once and never again
await Promise.all(answers)
