/** @amplitude/analytics-browser in a page; see `browsers.mjs` for what each page does. */
const { amplitude } = window

export async function start({ host, key, run }) {
  const device = `${run}-device`
  await amplitude.init(key, undefined, {
    serverUrl: `${host}/2/httpapi`,
    deviceId: device,
    flushIntervalMillis: 200,
    fetchRemoteConfig: false,
    autocapture: { pageViews: true, sessions: true, elementInteractions: true },
  }).promise
  const view = amplitude.track(`${run} View`, { page: '/' })
  amplitude.setUserId(`${run}-user`)
  const identify = amplitude.identify(new amplitude.Identify().set('plan', 'pro'))
  const order = amplitude.track(`${run} Order`, { total: 12.5 })
  const answers = await Promise.all([view, identify, order].map(it => it.promise))
  return { device, errors: answers.filter(it => it.code !== 200).map(it => it.message) }
}

export function leave({ run }) {
  window.addEventListener('pagehide', () => {
    amplitude.setTransport('beacon')
    amplitude.track(`${run} Left`)
    amplitude.flush()
  })
}
