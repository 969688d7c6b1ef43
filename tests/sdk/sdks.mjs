/** The SDKs that are driven, one entry per way of sending: what to start, and what must come of it. */
import { fileURLToPath } from 'node:url'

const PYTHON = process.env.GYRE_PYTHON ?? 'python3'
const file = name => fileURLToPath(new URL(`drivers/${name}`, import.meta.url))
const node = name => [process.execPath, file(name)]
const python = name => [PYTHON, file(name)]

const AMPLITUDE = ['Order', 'View', '$identify', 'revenue_amount']
const POSTHOG = ['Order', '$identify', '$create_alias']
const MIXPANEL = ['Order', 'View', 'Click', 'Old', '$identify', '$identify', '$identify']
const JITSU = ['Order', '$identify', '$groupidentify', 'page']
const SNOWPLOW = ['Order', 'order_placed', 'page_view']

const amplitudeKey = { status: 400, answer: /invalid api key/i }
const segmentKey = { status: 401, answer: /"invalid_write_key"/ }
const posthogKey = { status: 401, answer: /^no workspace has this write key$/ }
const mixpanelKey = { status: 401, answer: /"status":0/ }

/** How often an event is sent whose first sending is told this: 2 where the library sends again, 1 where it gives up. */
const again = { too_slow: 2, overloaded: 2, unavailable: 2 }
const givesUp = { unreadable: 1, too_large: 1 }
const never = { ...givesUp, too_slow: 1, overloaded: 1, unavailable: 1 }
/** A batch that was too large comes again in parts. */
const inParts = { unreadable: 1, too_large: 2, ...again }

/** It ends its process on everything but these. */
const rudderNode = { ...givesUp, ...again, too_slow: 1 }

/** Segment's libraries and RudderStack's, which send alike. */
const SEGMENT = {
  dialect: 'segment',
  paths: ['/v1/batch'],
  events: ['Order', '$identify', 'page', 'screen'],
  badKey: segmentKey,
}

/**
 * - `paths`: where events are sent, by the start of the path
 * - `events`: names of the events on the user's timeline; capitalised ones are named after the run
 * - `elsewhere`: names of events that are another person's; `groups`: of those that are nobody's and in no chart
 * - `person`: ids beside the user's that must be theirs, and some of their properties
 * - `badKey`: the answer to a key that no workspace has, and whether the library keeps that to itself
 * - `dialect`, `sends`: in whose words it is refused, and how often it sends an event then
 * - `waits`: whether it waits as long as `Retry-After` says
 * - `isMute`: whether a library that gives up keeps that to itself
 */
export const SDKS = [
  {
    run: 'amplitude-node',
    command: node('amplitude_node.js'),
    dialect: 'amplitude',
    paths: ['/2/httpapi'],
    sends: inParts,
    events: AMPLITUDE,
    badKey: amplitudeKey,
  },
  {
    run: 'amplitude-node-batch',
    command: node('amplitude_node.js'),
    environment: { BATCH: '1' },
    dialect: 'amplitude',
    paths: ['/batch'],
    sends: inParts,
    events: AMPLITUDE,
    badKey: amplitudeKey,
  },
  { run: 'segment-node', command: node('segment_node.js'), ...SEGMENT, sends: { ...givesUp, ...again }, waits: true },
  { run: 'rudder-node', command: node('rudder_node.js'), ...SEGMENT, sends: rudderNode, waits: true },
  { run: 'rudder-node-plain', command: node('rudder_node.js'), environment: { PLAIN: '1' }, ...SEGMENT, sends: rudderNode },
  { run: 'segment-python', command: python('segment_python.py'), ...SEGMENT, sends: { ...givesUp, ...again }, waits: true },
  { run: 'rudder-python', command: python('segment_python.py'), environment: { SDK: 'rudder' }, ...SEGMENT, sends: { ...givesUp, ...again, too_slow: 1 } },
  {
    run: 'amplitude-python',
    command: python('amplitude_python.py'),
    dialect: 'amplitude',
    paths: ['/2/httpapi'],
    sends: inParts,
    events: AMPLITUDE,
    badKey: { ...amplitudeKey, isSilent: true },
  },
  {
    run: 'posthog-node',
    command: node('posthog_node.js'),
    dialect: 'posthog',
    paths: ['/batch/'],
    events: POSTHOG,
    groups: ['$groupidentify'],
    person: { devices: ['device'], properties: { plan: 'pro', first: 'x', seen: 1 } },
    badKey: posthogKey,
    sends: inParts,
    waits: true,
  },
  {
    run: 'posthog-node-v1',
    command: node('posthog_node.js'),
    environment: { POSTHOG_CAPTURE_MODE: 'v1' },
    dialect: 'posthog-v1',
    paths: ['/i/v1/analytics/events'],
    events: POSTHOG,
    groups: ['$groupidentify'],
    person: { devices: ['device'], properties: { plan: 'pro', first: 'x', seen: 1 } },
    badKey: { status: 401, answer: /"error":"invalid_api_key"/ },
    sends: { ...givesUp, ...again },
    waits: true,
  },
  ...['posthog-python', 'posthog-python-gzip'].map(run => ({
    run,
    command: python('posthog_python.py'),
    environment: { GZIP: run.endsWith('gzip') ? '1' : '0' },
    dialect: 'posthog',
    paths: ['/batch/'],
    events: ['Order', '$set', '$set_once', '$create_alias'],
    elsewhere: ['Anonymous'],
    groups: ['$groupidentify'],
    person: { devices: ['device'], properties: { plan: 'pro', first: 'x' } },
    badKey: posthogKey,
    sends: { ...givesUp, ...again },
    waits: true,
  })),
  {
    run: 'mixpanel-node',
    command: node('mixpanel_node.js'),
    dialect: 'mixpanel',
    paths: ['/track', '/engage', '/groups', '/import'],
    events: [...MIXPANEL, 'Older', '$create_alias'],
    groups: ['$groupidentify'],
    person: { devices: ['device', 'other-device'], properties: { plan: 'pro', logins: 2, tags: ['a', 'b'] } },
    badKey: mixpanelKey,
    sends: never,
  },
  {
    run: 'mixpanel-python',
    command: python('mixpanel_python.py'),
    dialect: 'mixpanel',
    paths: ['/track', '/engage', '/groups', '/import'],
    events: [...MIXPANEL, '$merge'],
    groups: ['$groupidentify'],
    person: { devices: ['device', 'other-device'], properties: { plan: 'pro', logins: 2, tags: ['a', 'b'] } },
    badKey: mixpanelKey,
    sends: never,
  },
  ...['jitsu-js', 'jitsu-js-s2s'].map(run => ({
    run,
    command: node('jitsu_js.js'),
    environment: run.endsWith('s2s') ? { S2S: '1' } : {},
    dialect: 'jitsu',
    sends: never,
    paths: [run.endsWith('s2s') ? '/api/s/s2s/' : '/api/s/'],
    events: JITSU,
    person: { devices: [], properties: { plan: 'pro' } },
    badKey: segmentKey,
  })),
  ...['snowplow-node', 'snowplow-node-plain'].map(run => ({
    run,
    command: node('snowplow_node.js'),
    environment: run.endsWith('plain') ? { PLAIN: '1' } : {},
    dialect: 'snowplow',
    sends: inParts,
    paths: ['/com.snowplowanalytics.snowplow/tp2'],
    events: SNOWPLOW,
    person: { devices: ['device'], properties: {} },
    badKey: posthogKey,
  })),
]
