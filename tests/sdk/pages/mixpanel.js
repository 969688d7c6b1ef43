/** mixpanel-browser in a page. */
const { mixpanel } = window

export async function start({ host, key, run }) {
  await new Promise(resolve =>
    mixpanel.init(key, { api_host: host, persistence: 'localStorage', batch_flush_interval_ms: 250, loaded: resolve }),
  )
  const device = mixpanel.get_property('$device_id')
  mixpanel.track(`${run} View`, { page: '/' })
  mixpanel.identify(`${run}-user`)
  mixpanel.people.set({ plan: 'pro' })
  mixpanel.track(`${run} Order`, { total: 12.5 })
  return { device, errors: [] }
}

export function leave({ run }) {
  mixpanel.track(`${run} Left`, {}, { transport: 'sendBeacon' })
}
