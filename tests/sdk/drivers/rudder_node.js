/** Drives @rudderstack/rudder-sdk-node through its calls. Environment: HOST, WRITE_KEY, RUN, and PLAIN=1 for no gzip. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const rudder = require('@rudderstack/rudder-sdk-node')
const RudderAnalytics = rudder.default ?? rudder

const { HOST, WRITE_KEY, RUN, PLAIN } = process.env
const user = `${RUN}-user`
const device = `${RUN}-device`

// a refused batch is told to its callbacks and, where nobody listens, ends the process: that is what is to be seen
const analytics = new RudderAnalytics(WRITE_KEY, {
  dataPlaneUrl: HOST,
  flushAt: 20,
  flushInterval: 200,
  gzip: !PLAIN,
  errorHandler: () => {},
})

function reported(name, call) {
  return new Promise(resolve => {
    call(error => {
      console.log(JSON.stringify({ name, ok: !error, message: error ? String(error) : undefined }))
      resolve()
    })
  })
}

const answers = [
  reported(`${RUN} Order`, done =>
    analytics.track(
      {
        userId: user,
        anonymousId: device,
        event: `${RUN} Order`,
        properties: { revenue: 12.5, products: [{ product_id: 'p1', price: 1, quantity: 2 }] },
        context: { ip: '203.0.113.7' },
      },
      done,
    ),
  ),
  reported('$identify', done =>
    analytics.identify({ userId: user, traits: { email: `${RUN}@shop.test`, plan: 'pro' } }, done),
  ),
  reported('page', done =>
    analytics.page({ userId: user, anonymousId: device, name: 'Home', properties: { url: 'https://shop.test/' } }, done),
  ),
  reported('screen', done => analytics.screen({ userId: user, name: 'Main', properties: {} }, done)),
]
await analytics.flush().catch(() => {})
await Promise.all(answers)
process.exit(0)
