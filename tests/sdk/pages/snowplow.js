/** @snowplow/browser-tracker in a page: requests with credentials, which the server must allow by name. */
const { newTracker, trackPageView, trackSelfDescribingEvent, trackStructEvent, setUserId } = window.snowplowBrowserTracking

export async function start({ host, key, run }) {
  const errors = []
  const tracker = newTracker('shop', host, {
    appId: key,
    bufferSize: 1,
    keepalive: true,
    onRequestFailure: it => errors.push(`${it.status} ${it.message}`),
  })
  trackPageView()
  trackStructEvent({ category: 'shop', action: `${run} View` })
  setUserId(`${run}-user`)
  trackStructEvent({ category: 'shop', action: `${run} Order`, value: 12.5 })
  trackSelfDescribingEvent({ event: { schema: 'iglu:test.shop/order_placed/jsonschema/1-0-0', data: { total: 12.5 } } })
  return { device: tracker.getDomainUserId(), errors }
}

export function leave({ run }) {
  trackStructEvent({ category: 'shop', action: `${run} Left` })
}
