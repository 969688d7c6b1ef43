/** Drives mixpanel (node) through its calls. Environment: HOST, WRITE_KEY, RUN. */
import Mixpanel from 'mixpanel'

const { HOST, WRITE_KEY, RUN } = process.env
const user = `${RUN}-user`
// `key` is what lets the library import; `verbose` is what makes it read errors
const client = Mixpanel.init(WRITE_KEY, {
  host: new URL(HOST).host,
  protocol: 'http',
  key: WRITE_KEY,
  verbose: true,
})

/** Makes a call whose last argument is a callback; settles when that was called. A batch has one error per request. */
function call(names, make) {
  return new Promise(resolve => {
    make(errors => {
      const error = [errors].flat().find(Boolean)
      for (const name of names) {
        console.log(JSON.stringify({ name, ok: !error, message: error ? String(error) : undefined }))
      }
      resolve()
    })
  })
}

const time = new Date(Date.now() - 3_600_000)
await Promise.all([
  call([`${RUN} Order`], then =>
    client.track(`${RUN} Order`, { distinct_id: user, $device_id: `${RUN}-device`, total: 12.5 }, then),
  ),
  call([`${RUN} View`, `${RUN} Click`], then =>
    client.track_batch(
      ['View', 'Click'].map(it => ({ event: `${RUN} ${it}`, properties: { distinct_id: user } })),
      then,
    ),
  ),
  call([`${RUN} Old`], then => client.import(`${RUN} Old`, time, { distinct_id: user }, then)),
  call([`${RUN} Older`], then =>
    client.import_batch([{ event: `${RUN} Older`, properties: { time, distinct_id: user } }], then),
  ),
  call(['$identify'], then => client.people.set(user, { plan: 'pro', $email: `${RUN}@shop.test` }, then)),
  call(['$identify'], then => client.people.increment(user, 'logins', 2, then)),
  call(['$identify'], then => client.people.union(user, { tags: ['a', 'b'] }, then)),
  call(['$groupidentify'], then => client.groups.set('company', 'acme', { employees: 50 }, then)),
])
await call(['$create_alias'], then => client.alias(user, `${RUN}-other-device`, then))
