/** The marketer's loop, as someone walks it who has read nothing: funnel, cohort, mail, results, funnel. */
import type { Page } from '@playwright/test'
import { en } from '../src/i18n/en'
import { escaped, expect, numberIn, prefer, signIn, test } from './console'

const t = en
const STEPS = ['Product Viewed', 'Product Added', 'Order Completed']

/** Sends, opens and clicks of the demo arrive over some minutes. */
const LIVE = { timeout: 240_000, intervals: [1_000, 2_000] }

async function pick(page: Page, list: string, search: string, name: string) {
  const dialog = page.getByRole('dialog', { name: list })
  await dialog.getByRole('searchbox').fill(search)
  await dialog
    .getByRole('option', { name: new RegExp(`^${escaped(name)}`) })
    .first()
    .click()
  await expect(dialog).toBeHidden()
}

async function insertToken(page: Page, field: string, property: string, fallback: string) {
  await page.getByRole('button', { name: t.editor.insertInto(field) }).click()
  const dialog = page.getByRole('dialog', { name: t.editor.insertInto(field) })
  await dialog.getByRole('searchbox').fill(property)
  await dialog
    .getByRole('option', { name: new RegExp(`^${property}`) })
    .first()
    .click()
  await dialog.getByLabel(t.editor.fallback).fill(fallback)
  await dialog.getByRole('button', { name: t.editor.insert, exact: true }).click()
  await expect(dialog).toBeHidden()
}

async function stage(page: Page, id: string): Promise<number> {
  return numberIn(await page.getByTestId(`stage-${id}`).getByRole('paragraph').last().textContent())
}

test('a marketer finds who stopped, writes to them, and sees what came of it', async ({ page }) => {
  await prefer(page, 'en')
  await signIn(page, t)

  // Where do people stop?
  await page.getByRole('link', { name: t.nav.funnels }).click()
  for (const [index, name] of STEPS.entries()) {
    await page.getByRole('button', { name: t.charts.addStep }).click()
    await pick(page, t.charts.stepN(index + 1), name.toLowerCase(), name)
  }
  const chart = page.getByRole('list', { name: t.charts.funnel })
  await expect(chart.getByRole('listitem')).toHaveCount(STEPS.length)
  const drop = chart.getByRole('button', { name: /: Product Added but not Order Completed$/ })
  await expect(drop).toBeVisible()
  const dropped = numberIn(await drop.getAttribute('aria-label'))
  expect(dropped).toBeGreaterThan(0)
  await expect(page).toHaveURL(/\?q=/)

  // Those are people, not a number.
  await drop.click()
  const panel = page.getByRole('dialog', { name: t.charts.droppedTitle('Product Added', 'Order Completed') })
  await expect(panel.getByText(new RegExp(`^${dropped.toLocaleString('en-US')} `))).toBeVisible()
  await expect(panel.getByRole('list').getByRole('listitem').first()).toBeVisible()
  const cohort = `Left in the cart ${Date.now()}`
  await panel.getByLabel(t.inspect.name).fill(cohort)
  await panel.getByText(t.cohorts.kinds.static, { exact: true }).click()
  await panel.getByRole('button', { name: t.inspect.save }).click()
  await expect(panel.getByText(t.inspect.saved(cohort, dropped.toLocaleString('en-US')))).toBeVisible()
  await panel.getByRole('link', { name: t.inspect.message }).click()

  // A mail, personal for each of them.
  await expect(page.getByRole('heading', { level: 1, name: t.editor.nameFor(cohort) })).toBeVisible()
  const subject = page.getByRole('textbox', { name: t.editor.subject })
  await subject.fill(', still thinking about it?')
  await subject.press('Home')
  await insertToken(page, t.editor.subject, 'first_name', 'Friend')
  await expect(subject).toHaveValue("{{${first_name} | default: 'Friend'}}, still thinking about it?")
  const body = page.getByRole('textbox', { name: t.editor.body })
  await body.fill('<p>We kept what you liked in </p><p><a href="https://gyre.test/shop">Look again</a></p>')
  await body.evaluate((it: HTMLTextAreaElement) => it.setSelectionRange(29, 29))
  await insertToken(page, t.editor.body, 'last_category', 'our shop')
  await expect(body).toHaveValue(
    /in \{\{custom_attribute\.\$\{last_category\} \| default: 'our shop'\}\}<\/p>/,
  )

  // As one of them will see it.
  const shownSubject = page.getByTestId('preview-subject')
  await expect(shownSubject).toHaveText(/^(?!.*\{\{).+, still thinking about it\?$/)
  const preview = page.frameLocator(`iframe[title="${t.editor.previewBody}"]`)
  await expect(preview.getByText(/^We kept what you liked in (?!\{\{)\S+/)).toBeVisible()
  const before = await page
    .getByRole('button', { name: new RegExp(`^${t.editor.previewPerson}`) })
    .textContent()
  await page.getByRole('button', { name: t.editor.nextPerson }).click()
  await expect(page.getByRole('button', { name: new RegExp(`^${t.editor.previewPerson}`) })).not.toHaveText(
    before ?? '',
  )
  await expect(page.getByText(t.editor.saveStates.saved, { exact: true })).toBeVisible()
  await expect(page).toHaveURL(/\/campaigns\/[^/]+\/edit/)

  // To whom, and what counts as success.
  await page.getByRole('button', { name: t.editor.continueTo(t.editor.steps.audience) }).click()
  await expect(page.getByRole('button', { name: new RegExp(`^${t.editor.cohort}: ${cohort}`) })).toBeVisible()
  // Two ids that turn out to be one person may take someone out of it in the meantime.
  const size = page.locator('dl', { hasText: t.editor.inAudience }).locator('dd').first()
  await expect.poll(async () => numberIn(await size.textContent())).toBeGreaterThan(dropped * 0.98)
  expect(numberIn(await size.textContent())).toBeLessThanOrEqual(dropped)
  await page.getByText(t.editor.measure).click()
  await page.getByRole('button', { name: new RegExp(`^${t.editor.goalEvent}: `) }).click()
  await pick(page, t.editor.goalEvent, 'order completed', 'Order Completed')

  // Launch.
  await page.getByRole('button', { name: t.editor.continueTo(t.editor.steps.review) }).click()
  await page.getByRole('button', { name: t.editor.launch, exact: true }).click()
  const confirm = page.getByRole('alertdialog', { name: t.editor.launchTitle })
  const typed = confirm.getByRole('textbox')
  if ((await typed.count()) > 0) {
    const asked = confirm.getByText(new RegExp(escaped(t.editor.typeCount('N')).replace('N', '[\\d,]+')))
    await typed.fill(String(numberIn(await asked.textContent())))
  }
  await confirm.getByRole('button', { name: t.editor.launchNow }).click()

  // Sends, opens and clicks arrive while one watches.
  await expect(page.getByRole('link', { name: t.campaigns.openFunnel })).toBeVisible()
  await expect.poll(() => stage(page, 'sent'), LIVE).toBeGreaterThan(0)
  await expect.poll(() => stage(page, 'opened'), LIVE).toBeGreaterThan(0)
  await expect.poll(() => stage(page, 'clicked'), LIVE).toBeGreaterThan(0)

  // The campaign's own funnel.
  await page.getByRole('link', { name: t.campaigns.openFunnel }).click()
  const way = page.getByRole('list', { name: t.charts.funnel })
  await expect(way.getByRole('listitem')).toHaveCount(4)
  const labels = ['message.email.sent', 'message.email.opened', 'message.email.clicked', 'Order Completed']
  for (const [index, label] of labels.entries()) {
    await expect(way.getByRole('listitem').nth(index)).toContainText(label)
  }
  const row = (index: number) =>
    page
      .getByRole('table')
      .getByRole('row')
      .nth(index + 1)
  for (const index of [0, 1, 2]) {
    const reached = await row(index).getByRole('cell').nth(1).textContent()
    expect(numberIn(reached), labels[index]).toBeGreaterThan(0)
  }
})
