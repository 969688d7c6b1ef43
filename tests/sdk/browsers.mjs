/**
 * Real browser libraries in a real browser, on a page of another site than the server's.
 *
 * A visitor views, signs in, orders, and leaves. Every event must be on the timeline of that one person, sent once and
 * answered well, the last one as the page is being left; with no error in the page's console, nothing asked for that is
 * not there, and nothing asked of anybody else. `node browsers.mjs posthog` runs those whose name begins so.
 */
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'
import { eventually, freePort, startGyre, WRITE_KEY } from './gyre.mjs'
import { startPages } from './pages.mjs'
import { startProxy } from './proxy.mjs'

/**
 * - `scripts`: files of packages that make the library's globals; `page`: the module that drives it
 * - `start`: which of the page's functions begins, if not `start`
 * - `paths`: where events are sent, by the start of the path; `asks`: what must have been asked for besides
 * - `hasPreflight`: whether the browser asks the server before it sends
 * - `plan`: whether the library can set a property of the person
 */
const BROWSERS = [
  {
    run: 'amplitude-browser',
    scripts: ['@amplitude/analytics-browser/lib/scripts/amplitude-min.umd.js'],
    page: 'amplitude.js',
    paths: ['/2/httpapi'],
    hasPreflight: true,
    plan: true,
  },
  ...['segment-browser', 'segment-browser-batching'].map(run => ({
    run,
    scripts: ['@segment/analytics-next/dist/umd/index.js'],
    page: 'segment.js',
    start: run.endsWith('batching') ? 'startBatching' : 'start',
    paths: run.endsWith('batching') ? ['/v1/b'] : ['/v1/t', '/v1/i', '/v1/p'],
    asks: [`/v1/projects/${WRITE_KEY}/settings`],
    hasPreflight: true,
    plan: true,
  })),
  ...['rudder-browser', 'rudder-browser-beacon'].map(run => ({
    run,
    scripts: ['@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js'],
    page: 'rudder.js',
    start: run.endsWith('beacon') ? 'startBeacon' : 'start',
    paths: run.endsWith('beacon') ? ['/beacon/v1/batch'] : ['/v1/track', '/v1/identify', '/v1/page'],
    asks: ['/sourceConfig/'],
    hasPreflight: true,
    plan: true,
  })),
  {
    run: 'posthog-browser',
    scripts: [],
    page: 'posthog.js',
    paths: ['/e/', '/i/v0/e/'],
    asks: ['/flags/', `/array/${WRITE_KEY}/config`],
    plan: true,
  },
  {
    run: 'mixpanel-browser',
    scripts: ['mixpanel-browser/dist/mixpanel.umd.js'],
    page: 'mixpanel.js',
    paths: ['/track', '/engage'],
    plan: true,
  },
  { run: 'jitsu-browser', scripts: [], page: 'jitsu.js', paths: ['/api/s/'], hasPreflight: true, plan: true },
  {
    run: 'snowplow-browser',
    scripts: ['@snowplow/browser-tracker/dist/index.umd.js'],
    page: 'snowplow.js',
    paths: ['/com.snowplowanalytics.snowplow/tp2'],
    hasPreflight: true,
  },
]

/**
 * Opens a page and keeps what goes wrong in it, asking anybody but `origins` included.
 *
 * Requests are looked at, not intercepted: the browser leaves out its preflights where they are.
 */
async function openPage(chrome, origins) {
  const context = await chrome.newContext({ userAgent: USER_AGENT })
  const wrong = []
  const page = await context.newPage()
  page.on('request', it => {
    const { origin, href, protocol } = new URL(it.url())
    if (protocol.startsWith('http') && !origins.includes(origin)) wrong.push(`asked ${href}`)
  })
  page.on('console', it => {
    if (it.type() === 'error') wrong.push(`console: ${it.text()}`)
  })
  page.on('pageerror', it => wrong.push(`error: ${it.stack}`))
  return { context, page, wrong }
}

/** A visitor's: libraries send nothing of browsers that say they are driven. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
/** The names of this machine are all that there is. */
const CHROME_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-blink-features=AutomationControlled',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

/** Waits until the user's timeline has these events, each once. */
function timelineWith(gyre, run, names) {
  return eventually(`the timeline of ${run} with ${names}`, async () => {
    const page = await gyre.ask('GET', `/api/v1/people/${run}-user/timeline?limit=100`).catch(() => undefined)
    const events = (page?.events ?? []).map(it => it.event)
    const counts = names.map(name => events.filter(it => it === `${run} ${name}`).length)
    for (const [idx, count] of counts.entries()) assert.ok(count <= 1, `${names[idx]} is there ${count} times`)
    return counts.every(it => it === 1) ? events : undefined
  })
}

async function checkPerson(gyre, browser, device) {
  const person = await gyre.ask('GET', `/api/v1/people/${browser.run}-user`)
  const ids = person.identifiers.map(it => `${it.kind} ${it.value}`)
  assert.deepEqual(ids.sort(), [`device_id ${device}`, `user_id ${browser.run}-user`], 'who it was')
  if (browser.plan) assert.equal(person.properties.plan, 'pro')
}

function checkExchanges(browser, exchanges, origin) {
  const preflights = exchanges.filter(it => it.method === 'OPTIONS')
  for (const it of preflights) assert.equal(it.status, 204, it.path)
  assert.equal(preflights.length > 0, Boolean(browser.hasPreflight), 'the browser asks before it sends')
  const requests = exchanges.filter(it => it.method !== 'OPTIONS')
  for (const it of requests) assert.equal(it.status, 200, `${it.method} ${it.path}: ${it.answer}`)
  for (const path of browser.asks ?? []) {
    assert.ok(
      requests.some(it => it.path.startsWith(path)),
      `${path} was not asked for`,
    )
  }
  const sends = requests.filter(it => browser.paths.some(path => it.path.startsWith(path)))
  assert.ok(sends.length > 0, 'something was sent')
  for (const it of sends) {
    assert.equal(it.headers.origin, origin, 'it came from the page')
    assert.equal(it.attempt, '0', 'nothing was tried again')
  }
  const ids = sends.flatMap(it => it.ids)
  assert.ok(ids.length >= 3, 'events are seen on their way')
  assert.equal(new Set(ids).size, ids.length, 'an event was sent twice')
}

async function checkBrowser(gyre, proxy, chrome, pages, browser) {
  const { run } = browser
  proxy.exchanges.length = 0
  const { context, page, wrong } = await openPage(chrome, [proxy.url, pages.url])
  try {
    await page.goto(`${pages.url}/${run}`)
    const settings = { host: proxy.url, key: WRITE_KEY, run }
    const { device, errors } = await page.evaluate(
      ([start, it]) => window.page[start](it),
      [browser.start ?? 'start', settings],
    )
    assert.deepEqual(errors, [])
    await timelineWith(gyre, run, ['View', 'Order'])
    await page.evaluate(it => window.page.leave(it), settings)
    await page.goto(`${pages.url}/elsewhere`)
    await timelineWith(gyre, run, ['View', 'Order', 'Left'])
    await checkPerson(gyre, browser, device)
    checkExchanges(browser, proxy.exchanges, pages.url)
    assert.deepEqual(wrong, [], 'the page has nothing to complain of')
  } catch (error) {
    for (const it of wrong) error.stack += `\n      ${it}`
    throw error
  } finally {
    await context.close()
  }
}

const wanted = BROWSERS.filter(it => it.run.startsWith(process.argv[2] ?? ''))
assert.ok(wanted.length > 0, `no browser library is called ${process.argv[2]}`)
// settings lead browsers to the public address, which is the proxy's
const port = await freePort()
const proxy = await startProxy(`http://127.0.0.1:${port}`)
const gyre = await startGyre({ port, publicUrl: proxy.url })
const pages = await startPages(wanted)
const chrome = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: CHROME_ARGUMENTS,
})
let failed = 0
try {
  for (const browser of wanted) {
    try {
      await checkBrowser(gyre, proxy, chrome, pages, browser)
      console.log(`ok    ${browser.run} is found, each event sent once, the last as its page is left`)
    } catch (error) {
      failed += 1
      console.log(`FAIL  ${browser.run}\n      ${error.stack}`)
    }
  }
  if (failed) console.log(`\nthe server's last words:\n${gyre.log()}`)
} finally {
  await chrome.close()
  await pages.stop()
  await proxy.stop()
  await gyre.stop()
}
process.exit(failed ? 1 : 0)
