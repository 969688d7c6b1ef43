/** Drives @segment/analytics-node through its calls. Environment: HOST, WRITE_KEY, RUN. */
import { Analytics } from '@segment/analytics-node'

const { HOST, WRITE_KEY, RUN } = process.env
const user = `${RUN}-user`
const device = `${RUN}-device`

const analytics = new Analytics({
  writeKey: WRITE_KEY,
  host: HOST,
  path: '/v1/batch',
  maxEventsInBatch: 15,
  flushInterval: 200,
  maxRetries: 3,
})
// the callbacks say the same; without a listener the SDK would throw
analytics.on('error', () => {})

function report(name) {
  return error => console.log(JSON.stringify({ name, ok: !error, message: error ? String(error) : undefined }))
}

analytics.track(
  {
    userId: user,
    anonymousId: device,
    event: `${RUN} Order`,
    properties: { revenue: 12.5, currency: 'USD', products: [{ product_id: 'p1', price: 1, quantity: 2 }] },
    context: { ip: '203.0.113.7', campaign: { source: 'newsletter' } },
    timestamp: new Date(Date.now() - 60_000),
  },
  report(`${RUN} Order`),
)
analytics.identify({ userId: user, traits: { email: `${RUN}@shop.test`, plan: 'pro' } }, report('$identify'))
analytics.page({ anonymousId: device, category: 'Docs', name: 'Home', properties: { url: 'https://shop.test/' } }, report('page'))
analytics.screen({ userId: user, name: 'Main', properties: {} }, report('screen'))
await analytics.closeAndFlush()
