/** Drives @snowplow/node-tracker through its calls. Environment: HOST, WRITE_KEY, RUN, and PLAIN=1 for JSON instead of base64. */
import { buildPageView, buildSelfDescribingEvent, buildStructEvent, newTracker } from '@snowplow/node-tracker'

const { HOST, WRITE_KEY, RUN, PLAIN } = process.env
const { hostname, port } = new URL(HOST)
const user = `${RUN}-user`

/** What an event will be called, by its kind. */
const names = { ue: 'order_placed', se: `${RUN} Order`, pv: 'page_view' }
const unsettled = new Set(Object.keys(names))
let settle
const settled = new Promise(resolve => (settle = resolve))
const report = (events, ok, message) => {
  for (const it of events) {
    console.log(JSON.stringify({ name: names[it.e], ok, message }))
    unsettled.delete(it.e)
  }
  if (unsettled.size === 0) settle()
}

const tracker = newTracker(
  { namespace: 'tests', appId: WRITE_KEY, encodeBase64: !PLAIN },
  {
    endpoint: hostname,
    port: Number(port),
    protocol: 'http',
    eventMethod: 'post',
    bufferSize: 3,
    onRequestSuccess: events => report(events, true),
    onRequestFailure: failure => {
      if (!failure.willRetry) report(failure.events, false, `${failure.status} ${failure.message}`)
    },
  },
)
tracker.setUserId(user)
tracker.setDomainUserId(`${RUN}-device`)
const plan = { schema: 'iglu:test.shop/plan/jsonschema/1-0-0', data: { plan: 'pro' } }
tracker.track(
  buildSelfDescribingEvent({
    event: { schema: 'iglu:test.shop/order_placed/jsonschema/1-0-0', data: { total: 12.5, note: 'ä?>~' } },
  }),
  [plan],
)
tracker.track(buildStructEvent({ category: 'shop', action: `${RUN} Order`, value: 12.5 }))
tracker.track(buildPageView({ pageUrl: 'https://shop.test/?utm_source=newsletter' }))
// what failed is kept until the next flush
const flushing = setInterval(() => tracker.flush(), 300)
await tracker.flush()
await settled
clearInterval(flushing)
