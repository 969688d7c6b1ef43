/**
 * Real SDKs against a real server: each must be content at the first try, and each event must be found.
 *
 * An SDK runs through a counting proxy. It must report success for every call, every batch must be sent exactly once,
 * every event must be in a chart and on the person's timeline; with a wrong key it must be told so and give up.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { eventually, startGyre, WRITE_KEY } from './gyre.mjs'
import { startProxy } from './proxy.mjs'

const PYTHON = process.env.GYRE_PYTHON ?? 'python3'
const DRIVER_MS_MAX = 60_000
const driver = name => fileURLToPath(new URL(`drivers/${name}`, import.meta.url))

const AMPLITUDE = ['Order', 'View', '$identify', 'revenue_amount']
const SEGMENT = {
  path: '/v1/batch',
  events: ['Order', '$identify', 'page', 'screen'],
  badKey: { status: 401, answer: /"invalid_write_key"/ },
}
const SDKS = [
  {
    run: 'amplitude-node',
    command: [process.execPath, driver('amplitude_node.js')],
    path: '/2/httpapi',
    events: AMPLITUDE,
    badKey: { status: 400, answer: /invalid api key/i },
  },
  {
    run: 'amplitude-node-batch',
    command: [process.execPath, driver('amplitude_node.js')],
    environment: { BATCH: '1' },
    path: '/batch',
    events: AMPLITUDE,
    badKey: { status: 400, answer: /invalid api key/i },
  },
  {
    run: 'segment-node',
    command: [process.execPath, driver('segment_node.js')],
    ...SEGMENT,
  },
  {
    run: 'rudder-node',
    command: [process.execPath, driver('rudder_node.js')],
    ...SEGMENT,
  },
  {
    run: 'rudder-node-plain',
    command: [process.execPath, driver('rudder_node.js')],
    environment: { PLAIN: '1' },
    ...SEGMENT,
  },
  {
    run: 'segment-python',
    command: [PYTHON, driver('segment_python.py')],
    ...SEGMENT,
  },
  {
    run: 'rudder-python',
    command: [PYTHON, driver('segment_python.py')],
    environment: { SDK: 'rudder' },
    ...SEGMENT,
  },
  {
    run: 'amplitude-python',
    command: [PYTHON, driver('amplitude_python.py')],
    path: '/2/httpapi',
    events: AMPLITUDE,
    badKey: { status: 400, answer: /invalid api key/i },
  },
]

/** `Order` and `View` are named after the run, so that runs do not mix; the other names are the SDK's. */
const nameOf = (sdk, event) => (/^[A-Z]/.test(event) ? `${sdk.run} ${event}` : event)

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
      const lines = out.split('\n').filter(it => it.startsWith('{'))
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

async function checkSuccess(gyre, sdk) {
  const names = sdk.events.map(it => nameOf(sdk, it))
  const before = new Map()
  for (const name of names) before.set(name, await countOf(gyre, name))

  const proxy = await startProxy(gyre.url)
  const driven = await drive(sdk, proxy.url, WRITE_KEY, sdk.run)
  await proxy.stop()
  assert.equal(driven.code, 0, `the driver ended with ${driven.code}: ${driven.err}`)

  const reported = driven.reports.map(it => it.name).sort()
  assert.deepEqual(reported, [...names].sort(), 'every call is reported once')
  for (const it of driven.reports) assert.ok(it.ok, `${it.name}: ${JSON.stringify(it)}`)

  const sends = proxy.exchanges.filter(it => it.method === 'POST' && it.path.startsWith(sdk.path))
  assert.ok(sends.length > 0, 'something was sent')
  for (const it of sends) assert.equal(it.status, 200, it.answer)
  const ids = sends.flatMap(it => it.ids)
  assert.equal(ids.length, names.length, 'every event is sent exactly once')
  assert.equal(new Set(ids).size, names.length, 'every event has an id of its own')
  for (const it of sends) assert.equal(it.attempt, '0', 'a batch was tried again')

  for (const name of names) {
    await eventually(`${name} in a chart`, async () => {
      const found = (await countOf(gyre, name)) - before.get(name)
      assert.ok(found <= 1, `${name} is counted ${found} times`)
      return found === 1 ? found : undefined
    })
  }
  await eventually('the timeline', async () => {
    const page = await gyre.ask('GET', `/api/v1/people/${sdk.run}-user/timeline?limit=100`).catch(() => undefined)
    const seen = new Set(page?.events.map(it => it.event))
    return names.every(it => seen.has(it)) ? seen : undefined
  })
}

async function checkBadKey(gyre, sdk) {
  const proxy = await startProxy(gyre.url)
  const driven = await drive(sdk, proxy.url, 'no-such-key', `${sdk.run}-bad`)
  await proxy.stop()
  const sends = proxy.exchanges.filter(it => it.method === 'POST' && it.path.startsWith(sdk.path))
  assert.ok(sends.length > 0, 'something was sent')
  for (const it of sends) {
    assert.equal(it.status, sdk.badKey.status, it.answer)
    assert.match(it.answer, sdk.badKey.answer)
  }
  const ids = sends.flatMap(it => it.ids)
  assert.equal(new Set(ids).size, ids.length, 'a refused event was sent again')
  for (const it of driven.reports) assert.ok(!it.ok, `${it.name} is reported as delivered`)
}

const gyre = await startGyre()
let failed = 0
try {
  const health = await fetch(`${gyre.url}/healthz`)
  assert.equal(health.status, 200)
  for (const sdk of SDKS) {
    for (const [what, check] of [
      ['delivers at the first try and is found', checkSuccess],
      ['is told that its key is wrong', checkBadKey],
    ]) {
      try {
        await check(gyre, sdk)
        console.log(`ok    ${sdk.run} ${what}`)
      } catch (error) {
        failed += 1
        console.log(`FAIL  ${sdk.run} ${what}\n      ${error.stack}`)
      }
    }
  }
  if (failed) console.log(`\nthe server's last words:\n${gyre.log()}`)
} finally {
  await gyre.stop()
}
process.exit(failed ? 1 : 0)
