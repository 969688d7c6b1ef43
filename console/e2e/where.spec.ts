/** Conditions on all events of a chart: set, kept in the address, carried along, taken away, by keyboard alone. */
import type { Page } from '@playwright/test'
import type { Messages } from '../src/i18n/en'
import { funnelLink, readFunnel, readSegmentation, segmentationLink } from '../src/lib/charts'
import { catalogs, expect, expectAccessible, LANGS, numberIn, prefer, signIn, test } from './console'

const steps = ['Product Viewed', 'Order Completed'].map(event => ({ event }))
const series = steps.map(select => ({ select, measure: 'people' as const }))
/** Days that are over: the demo's visitors add nothing to them. */
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
const range = { from: day(25), to: day(3) }
const GERMANY = { property: 'profile.country', op: 'is', values: ['Germany'] }

const conditions = (page: Page, t: Messages) => page.getByRole('region', { name: t.charts.where })
const address = (page: Page) => new URL(page.url()).searchParams.get('q') ?? undefined

/** Adds `country is Germany` without the mouse. */
async function addCondition(page: Page, t: Messages) {
  const section = conditions(page, t)
  await section.getByRole('button', { name: t.builder.addFilter, exact: true }).focus()
  await page.keyboard.press('Enter')
  const list = page.getByRole('dialog', { name: t.builder.property })
  await expect(list.getByRole('searchbox')).toBeFocused()
  await page.keyboard.type('country')
  // Orders have a country of their own; everyone has the one of the profile.
  const ofPerson = new RegExp(`^country${t.builder.scopes.profile}`)
  await expect(list.getByRole('option', { name: ofPerson })).toBeVisible()
  const offered = await list.getByRole('option').allTextContents()
  for (let at = 0; at < offered.findIndex(it => ofPerson.test(it)); at++) {
    await page.keyboard.press('ArrowDown')
  }
  await page.keyboard.press('Enter')
  await expect(list).toBeHidden()
  const property = section.getByRole('button', { name: `${t.builder.property}: country` })
  await expect(property).toBeFocused()
  // From the property over the operator to the value.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await expect(section.getByRole('combobox', { name: t.builder.value })).toBeFocused()
  await page.keyboard.type('Germany')
  await page.keyboard.press('Enter')
  await expect(section.getByText('Germany', { exact: true })).toBeVisible()
}

for (const lang of LANGS) {
  test(`a funnel of some events only, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto(`/explore/funnel?q=${funnelLink({ steps, range })}`)
    const first = page.getByRole('list', { name: t.charts.funnel }).getByRole('listitem').first()
    const reached = first.getByRole('paragraph').nth(1)
    await expect(reached).toBeVisible()
    const everywhere = numberIn(await reached.textContent())
    expect(everywhere).toBeGreaterThan(0)

    await addCondition(page, t)
    await expect.poll(async () => numberIn(await reached.textContent())).toBeLessThan(everywhere)
    const inGermany = numberIn(await reached.textContent())
    expect(inGermany).toBeGreaterThan(0)
    expect(readFunnel(address(page)).where).toEqual({ all: [GERMANY] })
    await expectAccessible(page, 'funnel with a condition')

    // The address is all there is to it.
    await page.reload()
    await expect.poll(async () => numberIn(await reached.textContent())).toBe(inGermany)

    // It goes along to the same events over time, and back.
    await page.getByRole('link', { name: t.charts.seeOverTime }).click()
    await expect(conditions(page, t).getByText('Germany', { exact: true })).toBeVisible()
    expect(readSegmentation(address(page)).where).toEqual({ all: [GERMANY] })
    await page.getByRole('link', { name: t.charts.seeAsFunnel }).click()
    await expect(conditions(page, t).getByText('Germany', { exact: true })).toBeVisible()
    expect(readFunnel(address(page)).where).toEqual({ all: [GERMANY] })

    // Taken away with the keyboard, which stays where it was.
    await conditions(page, t).getByRole('button', { name: t.builder.removeFilter }).focus()
    await page.keyboard.press('Enter')
    await expect(
      conditions(page, t).getByRole('button', { name: t.builder.addFilter, exact: true }),
    ).toBeFocused()
    await expect.poll(async () => numberIn(await reached.textContent())).toBe(everywhere)
    expect(readFunnel(address(page)).where).toBeNull()
    // And Back brings it again.
    await page.goBack()
    await expect(conditions(page, t).getByText('Germany', { exact: true })).toBeVisible()
  })

  test(`lines of some events only, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto(`/explore/segmentation?q=${segmentationLink({ series, range })}`)
    const table = page.getByRole('table')
    const total = table.getByRole('row').nth(1).getByRole('cell').nth(1)
    await expect(total).toBeVisible()
    const everywhere = numberIn(await total.textContent())
    await addCondition(page, t)
    await expect.poll(async () => numberIn(await total.textContent())).toBeLessThan(everywhere)
    expect(numberIn(await total.textContent())).toBeGreaterThan(0)
    expect(readSegmentation(address(page)).where).toEqual({ all: [GERMANY] })
  })
}

test('a link with a condition that makes no sense opens the chart without it', async ({ page }) => {
  const t = catalogs.en
  await prefer(page, 'en')
  await signIn(page, t)
  const doc = { steps, range, where: { all: [{ property: 'event.category', op: 'resembles' }] } }
  await page.goto(`/explore/funnel?q=${Buffer.from(JSON.stringify(doc)).toString('base64url')}`)
  await expect(page.getByRole('list', { name: t.charts.funnel }).getByRole('listitem')).toHaveCount(2)
  await expect(conditions(page, t).getByRole('button', { name: t.builder.removeFilter })).toHaveCount(0)
})
