/** Options of funnels and segmentations: set by keyboard and mouse, kept in the address, asked of the server, opened. */
import type { Page } from '@playwright/test'
import type { Messages } from '../src/i18n/en'
import { funnelLink, readFunnel, readSegmentation, segmentationLink } from '../src/lib/charts'
import { catalogs, escaped, expect, expectAccessible, LANGS, numberIn, prefer, signIn, test } from './console'

/** Days that are over, with their windows: the demo's visitors add nothing to them. */
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
const range = { from: day(25), to: day(12) }
const viewed = { event: 'Product Viewed' }
const added = { event: 'Product Added' }
const ordered = { event: 'Order Completed' }

const address = (page: Page) => new URL(page.url()).searchParams.get('q') ?? undefined
const panelOf = (page: Page, t: Messages) =>
  page.getByRole('dialog').filter({ has: page.getByRole('region', { name: t.inspect.who }) })

/** The panel that is open tells as many people as the number that opened it, and closes. */
async function expectPeople(page: Page, t: Messages, people: number) {
  const panel = panelOf(page, t)
  const said = t.people(people.toLocaleString('en-US'), people)
  await expect(panel.getByText(said, { exact: true })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(panel).toBeHidden()
}

/** The body of the last question asked. */
function listen(page: Page) {
  const asked: Record<string, unknown>[] = []
  page.on('request', it => {
    if (it.url().endsWith('/api/v1/query')) asked.push(it.postDataJSON())
  })
  return () => asked.at(-1)
}

async function choose(page: Page, label: string, option: string) {
  await page.getByRole('button', { name: new RegExp(`${escaped(label)}$`) }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

for (const lang of LANGS) {
  test(`a funnel with an optional step and an exclusion, over time and by time, ${lang}`, async ({
    page,
  }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const last = listen(page)
    await page.goto(`/explore/funnel?q=${funnelLink({ steps: [viewed, added, ordered], range })}`)
    const bars = page.getByRole('list', { name: t.charts.funnel, exact: true })
    const reached = async (step: number) =>
      numberIn(await bars.getByRole('listitem').nth(step).getByRole('paragraph').nth(1).textContent())
    await expect(bars.getByRole('listitem')).toHaveCount(3)
    const through = await reached(2)
    expect(through).toBeGreaterThan(0)

    // The second step becomes optional, by keyboard: more get to the end.
    await page.getByRole('button', { name: t.options.more(t.charts.stepN(2)) }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menuitemcheckbox', { name: t.options.optional })).toBeFocused()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Escape')
    await expect(bars.getByText(t.options.optionalBadge, { exact: true })).toBeVisible()
    await expect.poll(() => reached(2)).toBeGreaterThanOrEqual(through)
    const withOptional = await reached(2)

    // Who looked for something in between is out.
    const options = page.getByRole('region', { name: t.options.title })
    await expect(options).toContainText(t.options.usual)
    await options.getByRole('button', { name: t.options.title, exact: true }).click()
    await options
      .getByRole('group', { name: t.options.exclude })
      .getByRole('button', { name: t.options.addExclude })
      .click()
    const list = page.getByRole('dialog', { name: t.options.excluded(1) })
    await list.getByRole('searchbox').fill('Products Searched')
    await page.keyboard.press('Enter')
    await expect.poll(() => reached(2)).toBeLessThan(withOptional)
    await expect(options).toContainText('Products Searched')
    expect(readFunnel(address(page))).toMatchObject({
      steps: [viewed, { ...added, optional: true }, ordered],
      exclude: [{ select: { event: 'Products Searched' }, after: null, before: null }],
    })
    expect(last()).toMatchObject({ exclude: [{ select: { event: 'Products Searched' } }] })
    await expectAccessible(page, 'funnel with options')

    // Over time: the address holds it, a number of the table and a point of the line open their people.
    const views = page.getByRole('radiogroup', { name: t.options.view })
    await views.getByRole('radio', { name: t.options.views.over_time }).click()
    const table = page.getByRole('table')
    await expect(table.getByRole('row')).toHaveCount(15)
    await expect.poll(last).toMatchObject({ view: 'over_time', interval: 'day' })
    const entered = table.getByRole('row').nth(1).getByRole('button').first()
    const people = numberIn(await entered.textContent())
    expect(people).toBeGreaterThan(0)
    await entered.click()
    await expectPeople(page, t, people)
    const chart = page
      .getByRole('main')
      .getByRole('group')
      .filter({ has: page.locator('svg') })
      .last()
    await chart.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await expect(panelOf(page, t)).toBeVisible()
    await page.keyboard.press('Escape')
    await expectAccessible(page, 'funnel over time')

    // Time to convert: all bins together are those who converted.
    await views.getByRole('radio', { name: t.options.views.time_to_convert }).click()
    await expect(table.getByRole('row')).toHaveCount(21)
    await choose(page, t.options.widths, t.options.widthNames.round)
    await expect(table.getByRole('row')).toHaveCount(9)
    const first = table.getByRole('row').nth(1).getByRole('button').first()
    const quick = numberIn(await first.textContent())
    await first.focus()
    await page.keyboard.press('Enter')
    await expectPeople(page, t, quick)
    await page.reload()
    await expect(table.getByRole('row')).toHaveCount(9)
    await expectAccessible(page, 'time to convert')
  })

  test(`a segmentation with a formula, earlier days and a rolling average, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const last = listen(page)
    const series = [viewed, ordered].map(select => ({ select, measure: 'people' as const }))
    await page.goto(`/explore/segmentation?q=${segmentationLink({ series, range })}`)
    const table = page.getByRole('table')
    await expect(table.getByRole('row')).toHaveCount(3)

    await page.getByRole('button', { name: t.options.addFormula }).click()
    const formula = page.getByRole('textbox', { name: t.options.formulaN(1) })
    await expect(formula).toBeFocused()
    await page.keyboard.type('B / A * 100')
    await page.keyboard.press('Enter')
    await expect(table.getByRole('row')).toHaveCount(4)
    await expect(formula).toBeFocused()
    const total = async (row: number) =>
      Number(
        (await table.getByRole('row').nth(row).getByRole('cell').nth(1).textContent())?.replaceAll(',', ''),
      )
    expect(await total(3)).toBeCloseTo(((await total(2)) / (await total(1))) * 100, 1)

    // Next to the days before: how much it was, and by how much it changed.
    await choose(page, t.options.compare, t.options.compares.week)
    await expect(table.getByRole('columnheader', { name: t.options.compares.week })).toBeVisible()
    expect(last()).toMatchObject({ compare: { previous: 'week' }, formulas: ['B / A * 100'] })
    const orders = table.getByRole('row').nth(2).getByRole('cell')
    const [now, before] = [
      numberIn(await orders.nth(1).textContent()),
      numberIn(await orders.nth(2).textContent()),
    ]
    const change = Number((await orders.nth(3).textContent())?.replace('%', ''))
    expect(change).toBeCloseTo(((now - before) / before) * 100, 0)
    await orders.nth(2).getByRole('button').click()
    await expectPeople(page, t, before)

    await choose(page, t.options.display, t.options.displays.rolling_average)
    await expect.poll(last).toMatchObject({ display: { rolling_average: 7 } })
    expect(readSegmentation(address(page))).toMatchObject({
      display: 'rolling_average',
      compare: 'week',
      formulas: ['B / A * 100'],
    })
    await expectAccessible(page, 'segmentation with options')

    // How often people order: a histogram whose bars are people.
    const often = [{ select: ordered, measure: 'frequency' as const }]
    await page.goto(`/explore/segmentation?q=${segmentationLink({ series: often, range })}`)
    const once = table.getByRole('row').nth(1)
    await expect(once).toContainText(t.options.times('1'))
    const people = numberIn(await once.getByRole('button').first().textContent())
    await once.getByRole('button').first().click()
    await expectPeople(page, t, people)
    const chart = page
      .getByRole('main')
      .getByRole('group')
      .filter({ has: page.locator('svg') })
      .last()
    await chart.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await expectPeople(page, t, people)
  })
}

test.describe('a formula that the server refuses', () => {
  test.use({ provoked: [/status of 422/] })
  test('says so at the formula, and a function is taken from the list', async ({ page }) => {
    const t = catalogs.en
    await prefer(page, 'en')
    await signIn(page, t)
    const series = [{ select: viewed, measure: 'people' as const }]
    const formulas = ['A * 2', '', 'FOO(A)']
    await page.goto(`/explore/segmentation?q=${segmentationLink({ series, range, formulas })}`)
    const wrong = page.getByRole('textbox', { name: t.options.formulaN(3) })
    await expect(wrong).toHaveAttribute('aria-invalid', 'true')
    await expect(page.getByRole('textbox', { name: t.options.formulaN(1) })).not.toHaveAttribute(
      'aria-invalid',
      'true',
    )
    // Written anew from the list of functions, which goes where the keyboard was.
    await wrong.fill('')
    await page.getByRole('button', { name: t.options.help }).click()
    await page.getByRole('button', { name: t.options.insert('SQRT(A)') }).click()
    await expect(wrong).toHaveValue('SQRT(A)')
    await expect(wrong).toBeFocused()
    await expect(page.getByRole('table').getByRole('row')).toHaveCount(4)
  })
})
