/** Retention, lifecycle, stickiness, usage interval, sessions and paths: asked, walked by keyboard, opened, switched. */
import type { Page } from '@playwright/test'
import type { Messages } from '../src/i18n/en'
import { PATHS_DEFAULTS, readPaths, readRetention } from '../src/lib/chart-kinds'
import { CHART_PATHS, lifecycleLink, linkTo, pathsLink, retentionLink } from '../src/lib/chart-switch'
import { readFunnel } from '../src/lib/charts'
import { encodeState } from '../src/lib/codec'
import { catalogs, expect, expectAccessible, LANGS, numberIn, prefer, signIn, test } from './console'

/** Days that are over: the demo's visitors add nothing to them. */
const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
const range = { from: day(25), to: day(12) }
const viewed = { event: 'Product Viewed' }
const ordered = { event: 'Order Completed' }
const question = { range, segments: [], group_by: [], where: null, events: [viewed, ordered] }

const address = (page: Page) => new URL(page.url()).searchParams.get('q') ?? undefined
const panelOf = (page: Page, t: Messages) =>
  page.getByRole('dialog').filter({ has: page.getByRole('region', { name: t.inspect.who }) })

/** The panel that is open tells as many people as the number that opened it. */
async function expectPeople(page: Page, t: Messages, people: number) {
  const panel = panelOf(page, t)
  await expect(panel.getByRole('form', { name: t.inspect.save })).toBeVisible()
  const said = t.people(people.toLocaleString('en-US'), people)
  await expect(panel.getByText(said, { exact: true })).toBeVisible()
}

for (const lang of LANGS) {
  test(`a retention is walked with the arrow keys and its people saved, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto(`/explore/retention?q=${retentionLink({ range, start: viewed })}`)
    const table = page.getByRole('table')
    const cell = (row: number, column: number) => table.locator(`[data-at="${row} ${column}"]`)
    await expect(table.getByRole('row')).toHaveCount(15)

    // One stop for the whole table; arrows go on from there.
    await expect(table.locator('[data-at][tabindex="0"]')).toHaveCount(1)
    await cell(0, 0).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    await expect(cell(1, 1)).toBeFocused()
    await page.keyboard.press('ArrowUp')
    await expect(cell(0, 1)).toBeFocused()
    await page.getByRole('radio', { name: t.explore.counts, exact: true }).click()
    await cell(0, 0).focus()
    const people = numberIn(await cell(0, 0).textContent())
    expect(people).toBeGreaterThan(0)
    await page.keyboard.press('Enter')
    await expectPeople(page, t, people)
    await expectAccessible(page, 'people of a retention')

    // They are kept as a cohort of their own.
    const panel = panelOf(page, t)
    const name = `Back ${lang} ${Date.now()}`
    await panel.getByLabel(t.inspect.name).fill(name)
    await panel.getByRole('button', { name: t.inspect.save }).click()
    await expect(panel.getByText(name)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(cell(0, 0)).toBeFocused()
  })

  test(`how a retention counts is asked of the server and kept in the address, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto(`/explore/retention?q=${retentionLink({ range, start: viewed })}`)
    const asked: Record<string, unknown>[] = []
    page.on('request', it => {
      if (it.url().endsWith('/api/v1/query')) asked.push(it.postDataJSON())
    })
    const choose = async (label: string, option: string) => {
      await page.getByRole('button', { name: new RegExp(`${label}$`) }).click()
      await page.getByRole('option', { name: option, exact: true }).click()
    }
    const columns = page.getByRole('table').getByRole('columnheader')
    await expect(columns).toHaveCount(17)
    await choose(t.explore.mode, t.explore.modes.brackets)
    await expect(columns).toHaveCount(5)
    await choose(t.explore.clock, t.explore.clockOf.day.rolling)
    await choose(t.explore.startRule, t.explore.startRules.first_ever)
    await choose(t.explore.dayZero, t.explore.dayZeros.cohort)
    await expect
      .poll(() => asked.at(-1))
      .toMatchObject({
        mode: {
          brackets: [
            [0, 0],
            [1, 3],
            [4, 7],
          ],
        },
        clock: 'rolling',
        start_rule: 'first_ever',
        day_zero: 'cohort',
      })
    expect(readRetention(address(page))).toMatchObject({ mode: 'brackets', clock: 'rolling' })
    await page.reload()
    await expect(columns).toHaveCount(5)
  })

  test(`bars and lines open their people by keyboard, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const charts = [
      `/explore/lifecycle?q=${lifecycleLink({ range, select: viewed, interval: 'day' })}`,
      `/explore/stickiness?q=${linkTo('stickiness', question)}`,
      `/explore/usage_interval?q=${linkTo('usage_interval', question)}`,
      `/explore/sessions?q=${linkTo('sessions', question)}`,
    ]
    for (const path of charts) {
      await page.goto(path)
      const chart = page
        .getByRole('main')
        .getByRole('group')
        .filter({ has: page.locator('svg') })
        .first()
      await expect(chart).toBeVisible()
      await chart.focus()
      await page.keyboard.press('ArrowRight')
      await expect(page.getByRole('main').getByRole('status').last()).not.toBeEmpty()
      await page.keyboard.press('Enter')
      await expect(panelOf(page, t), path).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(panelOf(page, t)).toBeHidden()
      // And the table has the same numbers as buttons.
      await expect(page.getByRole('table').first().getByRole('button').first()).toBeVisible()
    }
  })

  test(`paths are turned around at an event, thinned and split, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto(`/explore/paths?q=${pathsLink({ range, from: viewed })}`)
    const nodes = page.getByRole('region', { name: t.explore.kindNames.paths, exact: true })
    const node = (step: string, name: string) =>
      nodes.getByRole('button', { name: new RegExp(`^${step}: ${name}, `) })
    const added = node(t.explore.stepName(2), 'Product Added')
    await expect(added).toBeVisible()
    await added.click()
    await page.getByRole('menuitem', { name: t.explore.people }).click()
    await expect(panelOf(page, t)).toBeVisible()
    await page.keyboard.press('Escape')

    // A path's whole way becomes a funnel.
    const first = page.getByRole('table', { name: '' }).first().getByRole('link').first()
    await expect(first).toBeVisible()

    await added.click()
    await page.getByRole('menuitem', { name: t.explore.leaveOut }).click()
    await expect(added).toBeHidden()
    expect(readPaths(address(page)).exclude).toEqual([{ event: 'Product Added' }])
    await page.goBack()
    await added.click()
    await page.getByRole('menuitem', { name: t.explore.endHere }).click()
    await expect(node(t.explore.stepBefore(0), 'Product Added')).toBeVisible()
    expect(readPaths(address(page))).toMatchObject({ anchor: 'end', from: { event: 'Product Added' } })

    const expand = [{ event: 'Product Viewed', by: 'event.category' }]
    await page.goto(
      `/explore/paths?q=${encodeState({ ...PATHS_DEFAULTS, range, from: viewed, expand }, PATHS_DEFAULTS)}`,
    )
    await expect(node(t.explore.stepName(1), 'Product Viewed: [a-z ]+').first()).toBeVisible()
  })

  test(`another kind of chart asks about the same events, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    await page.goto(`/explore/funnel?q=${linkTo('funnel', question)}`)
    const tabs = page.getByRole('navigation', { name: t.explore.kinds })
    for (const kind of ['retention', 'lifecycle', 'sessions', 'paths', 'stickiness', 'funnel'] as const) {
      await tabs.getByRole('link', { name: t.explore.kindNames[kind], exact: true }).click()
      await expect(page).toHaveURL(new RegExp(`${CHART_PATHS[kind]}\\?`))
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    }
    const back = readFunnel(address(page))
    expect(back).toMatchObject({ steps: [viewed, ordered], range })
    await expect(page.getByRole('list', { name: t.charts.funnel }).getByRole('listitem')).toHaveCount(2)
  })
}

test.describe('a chart that the server refuses', () => {
  test.use({ provoked: [/status of 422/] })
  test('is told with the part that is wrong', async ({ page }) => {
    const t = catalogs.en
    await prefer(page, 'en')
    await signIn(page, t)
    const where = { all: [{ property: 'event.category', op: 'matches' as const, values: ['('] }] }
    await page.goto(`/explore/retention?q=${retentionLink({ range, start: { ...viewed, where } })}`)
    await expect(page.getByRole('alert')).toContainText(t.explore.start)
  })
})

test('numbers leave as a sheet with a byte order mark', async ({ page }) => {
  const t = catalogs.en
  await prefer(page, 'en')
  await signIn(page, t)
  await page.goto(`/explore/retention?q=${retentionLink({ range, start: viewed, intervals: 3 })}`)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const stream = await (await download).createReadStream()
  let text = ''
  for await (const part of stream) text += String(part)
  expect(text.startsWith('\uFEFFrow,began,size,Day 0,Day 0 rate')).toBe(true)
  expect(text.trim().split('\r\n')).toHaveLength(15)
})
