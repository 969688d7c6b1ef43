/**
 * Real SDKs against a real server: each must be content at the first try, and each event must be found.
 *
 * An SDK runs through a counting proxy. It must report success for every call, every batch must be sent exactly once,
 * every event must be in a chart and on the person's timeline; with a wrong key it must be told so and give up; an
 * answer that is lost on its way must double nothing; and each refusal that the server has must make it send again, or
 * give up, as is known of it. `node run.mjs posthog` runs those whose name begins so.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { eventually, startGyre, WRITE_KEY } from './gyre.mjs'
import { startProxy } from './proxy.mjs'
import { SDKS } from './sdks.mjs'

const DRIVER_MS_MAX = 60_000
/** Drivers at once while refusals are tried. */
const PARALLEL_MAX = 4

/** What the server answers, by dialect and refusal; a test of the server keeps the file true. */
const REFUSALS = JSON.parse(readFileSync(new URL('refusals.json', import.meta.url)))
/** What a sender is told to wait when there is too much at once. */
const RETRY_AFTER_MS = 1000 * Number(REFUSALS.segment.overloaded.headers['retry-after'])

/** Where to ask for a dialect's own words, and with which event. */
const OWN_WORDS = {
  amplitude: ['/2/httpapi', JSON.stringify({ api_key: WRITE_KEY, events: [{ event_type: 'A', user_id: 'u-1' }] })],
  segment: ['/v1/track', JSON.stringify({ writeKey: WRITE_KEY, type: 'track', event: 'A', userId: 'u-1' })],
  posthog: ['/e/', JSON.stringify({ api_key: WRITE_KEY, event: 'A', distinct_id: 'u-1' })],
  'posthog-v1': ['/i/v1/analytics/events', JSON.stringify({ batch: [{ uuid: 'a', event: 'A', distinct_id: 'u-1' }] })],
  mixpanel: ['/import', JSON.stringify([{ event: 'A', properties: { token: WRITE_KEY, distinct_id: 'u-1' } }])],
  snowplow: ['/com.snowplowanalytics.snowplow/tp2', JSON.stringify({ data: [{ e: 'pv', aid: WRITE_KEY, uid: 'u-1' }] })],
  jitsu: ['/api/s/track', JSON.stringify({ type: 'track', event: 'A', userId: 'u-1' })],
}

/** The server's own words; only the half minute that it asks for when it is out of order is made a second. */
function refusalOf(sdk, refusal) {
  const { status, headers, body } = REFUSALS[sdk.dialect][refusal]
  if (refusal !== 'unavailable') return { status, headers, body }
  return { status, headers: { ...headers, 'retry-after': '1' }, body }
}

/** Capitalised names are given by us, after the run, so that runs do not mix; the other names are the SDK's. */
const nameOf = (run, event) => (/^[A-Z]/.test(event) ? `${run} ${event}` : event)

function drive(sdk, host, key, run) {
  const [program, ...args] = sdk.command
  const child = spawn(program, args, {
    env: { ...process.env, ...sdk.environment, HOST: host, WRITE_KEY: key, RUN: run },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: DRIVER_MS_MAX,
  })
  let out = ''
  let err = ''
  child.stdout.on('data', it => (out += it))
  child.stderr.on('data', it => (err += it))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => {
      const lines = out.split('\n').filter(it => it.startsWith('{"name"'))
      resolve({ code, reports: lines.map(it => JSON.parse(it)), err })
    })
  })
}

async function countOf(gyre, name) {
  const answer = await gyre.ask('POST', '/api/v1/query', {
    kind: 'segmentation',
    range: { last: 2, unit: 'day' },
    timezone: 'UTC',
    series: [{ name: 'A', select: { event: name }, measure: 'events' }],
  })
  return answer.result.series[0].total.value
}

async function countsOf(gyre, names) {
  const counts = new Map()
  for (const name of new Set(names)) counts.set(name, await countOf(gyre, name))
  return counts
}

/** Names of everything that an SDK sends under a run. */
function namesOf(sdk, run) {
  const named = events => (events ?? []).map(it => nameOf(run, it))
  const own = named(sdk.events)
  const charted = [...own, ...named(sdk.elsewhere)]
  return { own, charted, all: [...charted, ...named(sdk.groups)] }
}

/** What the SDK sent its events with; everything else that it asked for must have been answered as well. */
function sendsOf(sdk, exchanges) {
  for (const it of exchanges) assert.notEqual(it.status, 404, `${it.method} ${it.path}`)
  const sends = exchanges.filter(it => sdk.paths.some(path => it.path.startsWith(path)))
  assert.ok(sends.length > 0, 'something was sent')
  return sends
}

/** Waits until each event is counted as often as it was made, and never oftener. */
async function checkCounts(gyre, names, before) {
  for (const name of new Set(names)) {
    const expected = names.filter(it => it === name).length
    await eventually(`${name} in a chart`, async () => {
      const found = (await countOf(gyre, name)) - before.get(name)
      assert.ok(found <= expected, `${name} is counted ${found} times`)
      return found === expected ? found : undefined
    })
  }
}

async function checkPerson(gyre, sdk, run) {
  const path = `/api/v1/people/${run}-user`
  const { own } = namesOf(sdk, run)
  await eventually('the timeline', async () => {
    const page = await gyre.ask('GET', `${path}/timeline?limit=100`).catch(() => undefined)
    const seen = new Set(page?.events.map(it => it.event))
    return own.every(it => seen.has(it)) ? seen : undefined
  })
  if (!sdk.person) return
  const person = await gyre.ask('GET', path)
  const ids = person.identifiers.map(it => it.value)
  for (const it of sdk.person.devices) assert.ok(ids.includes(`${run}-${it}`), `${it} is not among ${ids}`)
  for (const [name, value] of Object.entries(sdk.person.properties)) {
    assert.deepEqual(person.properties[name], value, `the property ${name}`)
  }
}

async function checkSuccess(gyre, sdk) {
  const names = namesOf(sdk, sdk.run)
  const before = await countsOf(gyre, names.charted)
  const proxy = await startProxy(gyre.url)
  const driven = await drive(sdk, proxy.url, WRITE_KEY, sdk.run)
  await proxy.stop()
  assert.equal(driven.code, 0, `the driver ended with ${driven.code}: ${driven.err}`)

  const reported = driven.reports.map(it => it.name).sort()
  assert.deepEqual(reported, [...names.all].sort(), 'every call is reported once')
  for (const it of driven.reports) assert.ok(it.ok, `${it.name}: ${JSON.stringify(it)}`)

  for (const it of proxy.exchanges) assert.equal(it.status, 200, `${it.path}: ${it.answer}`)
  const sends = sendsOf(sdk, proxy.exchanges)
  const ids = sends.flatMap(it => it.ids)
  assert.equal(ids.length, names.all.length, 'every event is sent exactly once')
  assert.equal(new Set(ids).size, names.all.length, 'every event has an id of its own')
  for (const it of sends) assert.equal(it.attempt, '0', 'a batch was tried again')

  await checkCounts(gyre, names.charted, before)
  await checkPerson(gyre, sdk, sdk.run)
}

async function checkBadKey(gyre, sdk) {
  const proxy = await startProxy(gyre.url)
  const driven = await drive(sdk, proxy.url, 'no-such-key', `${sdk.run}-bad`)
  await proxy.stop()
  const sends = sendsOf(sdk, proxy.exchanges)
  for (const it of sends) {
    assert.equal(it.status, sdk.badKey.status, it.answer)
    assert.match(it.answer, sdk.badKey.answer)
  }
  const ids = sends.flatMap(it => it.ids)
  assert.equal(new Set(ids).size, ids.length, 'a refused event was sent again')
  assert.equal(driven.reports.length > 0, !sdk.badKey.isSilent, 'the library says so')
  for (const it of driven.reports) assert.ok(!it.ok, `${it.name} is reported as delivered`)
}

/** How often each event was sent, by its id. */
function sendsById(sends) {
  const counts = new Map()
  for (const id of sends.flatMap(it => it.ids)) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

async function checkLostAnswer(gyre, sdk) {
  const run = `${sdk.run}-lost`
  const names = namesOf(sdk, run)
  const before = await countsOf(gyre, names.charted)
  const answer = refusalOf(sdk, 'unavailable')
  const proxy = await startProxy(gyre.url, { first: { paths: sdk.paths, answer, isTaken: true } })
  const driven = await drive(sdk, proxy.url, WRITE_KEY, run)
  await proxy.stop()
  const counts = sendsById(sendsOf(sdk, proxy.exchanges))
  assert.equal(counts.size, names.all.length, 'every event is sent')
  for (const [id, count] of counts) assert.equal(count, sdk.sends.unavailable, `${id} was sent ${count} times`)
  if (!sdk.isMute) for (const it of driven.reports) assert.equal(it.ok, sdk.sends.unavailable > 1, JSON.stringify(it))
  await checkCounts(gyre, names.charted, before)
}

/** Waits until the user's timeline has each event of a run as often as it was made. */
async function checkTimeline(gyre, sdk, run) {
  const { own } = namesOf(sdk, run)
  await eventually(`the timeline of ${run}`, async () => {
    const page = await gyre.ask('GET', `/api/v1/people/${run}-user/timeline?limit=100`).catch(() => undefined)
    const found = (page?.events ?? []).map(it => it.event)
    const isWhole = own.every(name => {
      const [count, expected] = [found, own].map(all => all.filter(it => it === name).length)
      assert.ok(count <= expected, `${name} is there ${count} times`)
      return count === expected
    })
    return isWhole ? found : undefined
  })
}

async function checkRefusal(gyre, sdk, refusal) {
  const expected = sdk.sends[refusal]
  const run = `${sdk.run}-${refusal.replace('_', '-')}`
  const proxy = await startProxy(gyre.url, { first: { paths: sdk.paths, answer: refusalOf(sdk, refusal) } })
  const driven = await drive(sdk, proxy.url, WRITE_KEY, run)
  await proxy.stop()
  const sends = sendsOf(sdk, proxy.exchanges)
  const counts = sendsById(sends)
  for (const [id, count] of counts) assert.equal(count, expected, `${id} was sent ${count} times`)
  if (sdk.waits && refusal === 'overloaded') {
    const again = sends.find(it => it.ids.some(id => sends[0].ids.includes(id)) && it !== sends[0])
    const gap = again.at - sends[0].at
    assert.ok(gap >= RETRY_AFTER_MS - 100, `sent again after ${gap} ms`)
  }
  if (expected === 1) {
    for (const it of driven.reports) assert.ok(!it.ok || sdk.isMute, `${it.name} is reported as delivered`)
    return
  }
  assert.equal(driven.code, 0, `the driver ended with ${driven.code}: ${driven.err}`)
  assert.equal(counts.size, namesOf(sdk, run).all.length, 'every event is sent')
  for (const it of driven.reports) assert.ok(it.ok, JSON.stringify(it))
  await checkTimeline(gyre, sdk, run)
}

/** What is replayed must be what a server says: one with a body that is too large, and one whose disk is full. */
async function checkOwnWords(gyre) {
  const full = await startGyre({ fileKilobytesMax: 4096 })
  try {
    // by chance, so that it cannot be compressed
    const text = () => randomBytes(300_000).toString('base64')
    const filler = () => JSON.stringify([{ event: 'Filler', user_id: 'filler', properties: { text: text() } }])
    const headers = { authorization: `Bearer ${WRITE_KEY}` }
    const fill = () => fetch(`${full.url}/v1/events`, { method: 'POST', headers, body: filler() })
    await eventually('a full disk', async () => ((await fill()).status === 503 ? true : undefined))
    const large = Buffer.alloc(20 * 1024 * 1024 + 1, ' ')
    for (const [dialect, [path, body]] of Object.entries(OWN_WORDS)) {
      for (const [refusal, url, sent] of [
        ['too_large', gyre.url, large],
        ['unavailable', full.url, body],
      ]) {
        const answer = await fetch(url + path, { method: 'POST', headers: { 'x-write-key': WRITE_KEY }, body: sent })
        const told = REFUSALS[dialect][refusal]
        assert.deepEqual([answer.status, await answer.text()], [told.status, told.body], `${refusal} at ${path}`)
        assert.equal(answer.headers.get('retry-after'), told.headers['retry-after'] ?? null)
      }
    }
  } finally {
    await full.stop()
  }
}

/** Runs `work` for each of `all`, a few at a time: libraries that wait use no processor. */
async function inParallel(all, work) {
  const left = [...all]
  const worker = async () => {
    for (let it = left.shift(); it !== undefined; it = left.shift()) await work(it)
  }
  await Promise.all(Array.from({ length: PARALLEL_MAX }, worker))
}

const CHECKS = [
  ['delivers at the first try and is found', checkSuccess],
  ['is told that its key is wrong', checkBadKey],
  ['doubles nothing when an answer is lost', checkLostAnswer],
]

const wanted = SDKS.filter(it => it.run.startsWith(process.argv[2] ?? ''))
assert.ok(wanted.length > 0, `no SDK is called ${process.argv[2]}`)
const gyre = await startGyre()
let failed = 0
try {
  const health = await fetch(`${gyre.url}/healthz`)
  assert.equal(health.status, 200)
  try {
    await checkOwnWords(gyre)
    console.log('ok    what is replayed is what the server says')
  } catch (error) {
    failed += 1
    console.log(`FAIL  what is replayed\n      ${error.stack}`)
  }
  for (const sdk of wanted) {
    for (const [what, check] of CHECKS) {
      try {
        await check(gyre, sdk)
        console.log(`ok    ${sdk.run} ${what}`)
      } catch (error) {
        failed += 1
        console.log(`FAIL  ${sdk.run} ${what}\n      ${error.stack}`)
      }
    }
  }
  const refusals = wanted.flatMap(sdk => Object.keys(sdk.sends).map(refusal => [sdk, refusal]))
  await inParallel(refusals, async ([sdk, refusal]) => {
    try {
      await checkRefusal(gyre, sdk, refusal)
      console.log(`ok    ${sdk.run} sends ${sdk.sends[refusal]} times when told: ${refusal}`)
    } catch (error) {
      failed += 1
      console.log(`FAIL  ${sdk.run} told: ${refusal}\n      ${error.stack}`)
    }
  })
  if (failed) console.log(`\nthe server's last words:\n${gyre.log()}`)
} finally {
  await gyre.stop()
}
process.exit(failed ? 1 : 0)
