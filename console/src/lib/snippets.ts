/** First lines of code for each SDK, with address and key in place; the same that the manual shows and tests drive. */

export interface Snippet {
  id: string
  name: string
  /** How it is installed; none for what is there anyway. */
  install: string | null
  code: (url: string, key: string) => string
}

const hostOf = (url: string) => url.replace(/^https?:\/\//, '').replace(/\/$/, '')
const EVENT = 'Order Completed'

export const SNIPPETS: readonly Snippet[] = [
  {
    id: 'curl',
    name: 'curl',
    install: null,
    code: (url, key) => `curl ${url}/v1/events \\
  -H 'Authorization: Bearer ${key}' \\
  -d '{"event": "${EVENT}", "user_id": "u1", "properties": {"revenue": 12.5}}'`,
  },
  {
    id: 'amplitude-node',
    name: 'Amplitude (Node.js)',
    install: 'npm install @amplitude/analytics-node',
    code: (url, key) => `import * as amplitude from '@amplitude/analytics-node'

amplitude.init('${key}', { serverUrl: '${url}/2/httpapi' })
amplitude.track('${EVENT}', { revenue: 12.5 }, { user_id: 'u1' })`,
  },
  {
    id: 'amplitude-python',
    name: 'Amplitude (Python)',
    install: 'pip install amplitude-analytics',
    code: (url, key) => `from amplitude import Amplitude, BaseEvent

client = Amplitude("${key}")
client.configuration.server_url = "${url}/2/httpapi"
client.track(BaseEvent("${EVENT}", user_id="u1", event_properties={"revenue": 12.5}))`,
  },
  {
    id: 'segment-node',
    name: 'Segment (Node.js)',
    install: 'npm install @segment/analytics-node',
    code: (url, key) => `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({ writeKey: '${key}', host: '${url}', path: '/v1/batch' })
analytics.track({ userId: 'u1', event: '${EVENT}', properties: { revenue: 12.5 } })`,
  },
  {
    id: 'rudderstack-node',
    name: 'RudderStack (Node.js)',
    install: 'npm install @rudderstack/rudder-sdk-node',
    code: (url, key) => `const RudderAnalytics = require('@rudderstack/rudder-sdk-node')

const client = new RudderAnalytics('${key}', { dataPlaneUrl: '${url}', errorHandler: console.error })
client.track({ userId: 'u1', event: '${EVENT}', properties: { revenue: 12.5 } })`,
  },
  {
    id: 'posthog-node',
    name: 'PostHog (Node.js)',
    install: 'npm install posthog-node',
    code: (url, key) => `import { PostHog } from 'posthog-node'

const posthog = new PostHog('${key}', { host: '${url}' })
posthog.capture({ distinctId: 'u1', event: '${EVENT}', properties: { revenue: 12.5 } })`,
  },
  {
    id: 'posthog-python',
    name: 'PostHog (Python)',
    install: 'pip install posthog',
    code: (url, key) => `from posthog import Posthog

posthog = Posthog("${key}", host="${url}")
posthog.capture("${EVENT}", distinct_id="u1", properties={"revenue": 12.5})`,
  },
  {
    id: 'mixpanel-node',
    name: 'Mixpanel (Node.js)',
    install: 'npm install mixpanel',
    code: (url, key) => `import Mixpanel from 'mixpanel'

const mixpanel = Mixpanel.init('${key}', { host: '${hostOf(url)}', verbose: true })
mixpanel.track('${EVENT}', { distinct_id: 'u1', revenue: 12.5 })`,
  },
  {
    id: 'mixpanel-python',
    name: 'Mixpanel (Python)',
    install: 'pip install mixpanel',
    code: (url, key) => `from mixpanel import Consumer, Mixpanel

mixpanel = Mixpanel("${key}", consumer=Consumer(api_host="${hostOf(url)}"))
mixpanel.track("u1", "${EVENT}", {"revenue": 12.5})`,
  },
  {
    id: 'snowplow-node',
    name: 'Snowplow (Node.js)',
    install: 'npm install @snowplow/node-tracker',
    code: (url, key) => `import { newTracker } from '@snowplow/node-tracker'

const tracker = newTracker(
  { namespace: 'shop', appId: '${key}' },
  { endpoint: '${hostOf(url)}', protocol: '${url.startsWith('https') ? 'https' : 'http'}' },
)`,
  },
  {
    id: 'jitsu',
    name: 'Jitsu',
    install: 'npm install @jitsu/js',
    code: (url, key) => `import { jitsuAnalytics } from '@jitsu/js'

// The library wants a key with a colon; what stands behind it does not matter.
const jitsu = jitsuAnalytics({ host: '${url}', writeKey: '${key}:x' })
jitsu.track('${EVENT}', { revenue: 12.5 })`,
  },
]
