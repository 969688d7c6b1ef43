/** @rudderstack/analytics-js in a page: it asks for its source's configuration first. */
let analytics

async function drive({ host, key, run }, options) {
  const device = `${run}-device`
  analytics = new window.rudderanalytics.RudderAnalytics()
  analytics.setAnonymousId(device)
  analytics.load(key, host, { configUrl: host, ...options })
  await new Promise(resolve => analytics.ready(resolve))
  analytics.page('Docs', 'Home')
  analytics.track(`${run} View`, { page: '/' })
  analytics.identify(`${run}-user`, { plan: 'pro' })
  analytics.track(`${run} Order`, { revenue: 12.5 })
  return { device, errors: [] }
}

export const start = it => drive(it, {})
export const startBeacon = it => drive(it, { useBeacon: true, beaconQueueOptions: { flushQueueInterval: 300 } })

export function leave({ run }) {
  analytics.track(`${run} Left`)
}
