/** Data pages, as whoever brings data walks them: a file, a lookup table, a webhook, a plan and what breaks it. */
import type { Page } from '@playwright/test'
import type { Messages } from '../src/i18n/en'
import { catalogs, create, expect, expectAccessible, LANGS, prefer, signIn, test } from './console'

/** Names of this run: the same file is never imported twice, and no other spec meets its events. */
const run = Date.now().toString(36)

async function chooseFile(page: Page, t: Messages, name: string, text: string) {
  const chosen = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: t.imports.choose }).click()
  await (await chosen).setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
}

/** The number beside a word. */
const fact = (page: Page, name: string) =>
  page.getByRole('main').getByText(name, { exact: true }).locator('xpath=..')

for (const lang of LANGS) {
  const t = catalogs[lang]

  test(`a file becomes events, its bad row can be fetched, ${lang}`, async ({ page }) => {
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto('/imports/new')
    const rows = [
      'event,user_id,time,amount',
      `Till ${run} ${lang},till-1,2026-03-01T10:00:00Z,12.5`,
      `Till ${run} ${lang},till-2,2026-03-01T11:00:00Z,7`,
      `Till ${run} ${lang},till-3,not-a-time,1`,
    ]
    await chooseFile(page, t, `till-${lang}.csv`, `${rows.join('\n')}\n`)
    const start = page.getByRole('button', { name: t.imports.start })
    await expect(start).toBeEnabled()
    await expectAccessible(page, '/imports/new')
    await start.click()
    await expect(page).toHaveURL(/\/imports\/[^/]+$/)
    await expect(page.getByText(t.imports.states.done, { exact: true })).toBeVisible()
    await expect(fact(page, t.imports.accepted)).toContainText('2')
    await expect(fact(page, t.imports.rejected)).toContainText('1')
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: t.imports.rejects }).click()
    const file = await (await download).createReadStream()
    let refused = ''
    for await (const part of file) refused += part
    expect(refused).toContain('not-a-time')
    // what the button said while it was busy is gone with the page it was on
    await page.reload()
    await expect(page.getByText(t.imports.states.done, { exact: true })).toBeVisible()
    await expectAccessible(page, '/imports/:id')
  })

  test(`a lookup table is imported, read and deleted, ${lang}`, async ({ page }) => {
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto('/imports/new')
    await page.getByText(t.imports.intos.lookup, { exact: true }).click()
    await chooseFile(page, t, 'shops.csv', 'shop,city\ns1,Seoul\ns2,Busan\n')
    const name = `shops_${lang}`
    await page.getByLabel(t.imports.lookupName).fill(name)
    await page.getByRole('button', { name: new RegExp(t.imports.lookupKey) }).click()
    await page.getByRole('option', { name: 'shop', exact: true }).click()
    await page.getByRole('button', { name: t.imports.start }).click()
    await expect(page.getByText(t.imports.states.done, { exact: true })).toBeVisible()
    await page.goto('/imports?tab=lookups')
    await page.getByRole('link', { name }).click()
    await expect(page.getByText('Busan')).toBeVisible()
    await expectAccessible(page, '/lookups/:name')
  })

  test(`a webhook is made, called and seen, ${lang}`, async ({ page }) => {
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto('/sources/new?kind=webhook')
    await page.getByLabel(t.sources.keyName).fill(`Till ${lang} ${run}`)
    await page.getByRole('button', { name: t.sources.createWebhook, exact: true }).click()
    const address = await page
      .getByText(/\/c\/[^/]+\/webhook/)
      .first()
      .textContent()
    const path = new URL((address ?? '').trim()).pathname
    const payload = { event: `Hook ${run}`, user_id: 'hook-1', amount: 3 }
    const answer = await page.request.post(path, { data: payload })
    expect(answer.status()).toBe(200)
    await page.getByRole('link', { name: t.sources.toMap }).click()
    await expect(page.getByText(`Hook ${run}`).first()).toBeVisible()
    await expectAccessible(page, '/sources/:id')
  })
}

test('what breaks the plan is kept out, seen, and let in again', async ({ page }) => {
  const t = catalogs.en
  await prefer(page, 'en')
  await signIn(page, t)
  const event = `Planned ${run}`
  const plan = await (await page.request.get('/api/v1/plan')).json()
  const session = await (await page.request.get('/api/v1/session')).json()
  const put = (events: unknown[], mode: string) =>
    page.request.put('/api/v1/plan', {
      headers: { 'x-csrf-token': session.csrf },
      data: {
        ...plan,
        version: undefined,
        valid_from: undefined,
        mode,
        default_action: 'block',
        unplanned: 'allow',
        events,
      },
    })
  const schema = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] }
  const written = await put(
    [...plan.events, { name: event, description: '', owner: '', schema, action: null }],
    'enforce',
  )
  expect(written.ok(), await written.text()).toBe(true)
  const key = await create<{ secret: string }>(page, '/api/v1/keys', { name: `plan ${run}`, kind: 'write' })
  const send = async (amount: unknown, id: string) => {
    const answer = await page.request.post('/v1/events', {
      headers: { authorization: `Bearer ${key.secret}` },
      data: [{ event, user_id: 'plan-1', insert_id: `${run}-${id}`, properties: { amount } }],
    })
    expect(answer.status(), await answer.text()).toBe(200)
  }
  const wrong = `many ${run}`
  await send(wrong, 'bad')
  await page.goto('/plan?tab=violations')
  await expect(async () => {
    await page.reload()
    await expect(page.getByText(event).first()).toBeVisible({ timeout: 2_000 })
  }).toPass()
  await expectAccessible(page, '/plan?tab=violations')
  await page.goto('/quarantine')
  await expect(page.getByText(wrong).first()).toBeVisible()
  // the plan lets go, and what was kept out is read again
  expect((await put(plan.events, 'off')).ok()).toBe(true)
  const row = page.getByRole('listitem').filter({ hasText: wrong })
  await row.getByRole('checkbox').focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: t.held.replay, exact: true }).click()
  await expect(page.getByText(t.held.replayed('1', '1', '0'))).toBeVisible()
})
