/** @segment/analytics-next in a page: its settings come from the server and lead back to it. */
let analytics

async function drive({ host, key, run }, integrations) {
  const device = `${run}-device`
  ;[analytics] = await window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: host }, { integrations })
  analytics.setAnonymousId(device)
  await analytics.page('Docs', 'Home')
  await analytics.track(`${run} View`, { page: '/' })
  await analytics.identify(`${run}-user`, { plan: 'pro' })
  await analytics.track(`${run} Order`, { revenue: 12.5 })
  return { device, errors: [] }
}

export const start = it => drive(it, {})
export const startBatching = it =>
  drive(it, { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 20, timeout: 300 } } } })

export function leave({ run }) {
  analytics.track(`${run} Left`)
}
