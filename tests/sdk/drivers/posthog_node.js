/** Drives posthog-node through its calls. Environment: HOST, WRITE_KEY, RUN, and POSTHOG_CAPTURE_MODE=v1 for the newer wire. */
import { PostHog } from 'posthog-node'

const { HOST, WRITE_KEY, RUN } = process.env
const user = `${RUN}-user`
const names = [`${RUN} Order`, '$identify', '$create_alias', '$groupidentify']

const client = new PostHog(WRITE_KEY, { host: HOST, flushAt: 20, flushInterval: 10_000 })
const errors = []
client.on('error', it => errors.push(String(it)))

const flags = await client.getAllFlags(user)
if (Object.keys(flags).length) errors.push(`flags that nobody made: ${JSON.stringify(flags)}`)
client.capture({
  distinctId: user,
  event: `${RUN} Order`,
  properties: { total: 12.5, $set: { plan: 'pro' }, $set_once: { first: 'x' } },
  groups: { company: 'acme' },
  timestamp: new Date(Date.now() - 60_000),
})
client.identify({ distinctId: user, properties: { email: `${RUN}@shop.test`, $set_once: { seen: 1 } } })
client.alias({ distinctId: user, alias: `${RUN}-device` })
client.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { employees: 50 } })
// a server lives on while the library waits to send again, and the library's own timers keep nothing alive
const server = setInterval(() => {}, 1000)
await client.shutdown(30_000)
clearInterval(server)
for (const name of names) {
  console.log(JSON.stringify({ name, ok: errors.length === 0, message: errors[0] }))
}
