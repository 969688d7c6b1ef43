/** posthog-js in a page: gzip bytes called text, flags asked for, configuration loaded as a script. */
import posthog from '/modules/posthog-js/dist/module.js'

export async function start({ host, key, run }) {
  await new Promise(resolve => posthog.init(key, { api_host: host, request_queue_config: { flush_interval_ms: 250 }, loaded: resolve }))
  const device = posthog.get_property('$device_id')
  posthog.capture(`${run} View`, { page: '/' })
  posthog.identify(`${run}-user`, { plan: 'pro' })
  posthog.capture(`${run} Order`, { total: 12.5 })
  return { device, errors: [] }
}

export function leave({ run }) {
  posthog.capture(`${run} Left`)
}
