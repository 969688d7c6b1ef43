/** @jitsu/js in a page. */
import { jitsuAnalytics } from '/modules/@jitsu/js/dist/jitsu.es.js'

let client

export async function start({ host, key, run }) {
  const device = `${run}-device`
  const errors = []
  // the library takes no key without a colon
  client = jitsuAnalytics({ host, writeKey: `${key}:secret`, errorPolicy: it => errors.push(String(it)) })
  await client.setAnonymousId(device)
  await client.page()
  await client.track(`${run} View`, { page: '/' })
  await client.identify(`${run}-user`, { plan: 'pro' })
  await client.track(`${run} Order`, { revenue: 12.5 })
  return { device, errors }
}

export function leave({ run }) {
  client.track(`${run} Left`)
}
