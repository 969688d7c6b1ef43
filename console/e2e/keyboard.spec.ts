/** The keyboard alone is enough. */
import { funnelLink } from '../src/lib/charts'
import { catalogs, expect, LANGS, prefer, signIn, test } from './console'

for (const lang of LANGS) {
  test(`a funnel can be built and inspected without a mouse, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)

    // The skip link is the first stop and leads past the rail.
    await page.goto('/explore/funnel')
    await expect(page.getByRole('button', { name: t.charts.addStep })).toBeVisible()
    await page.keyboard.press('Tab')
    await expect(page.getByRole('link', { name: t.shell.skip })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('main')).toBeFocused()

    // Two steps, chosen by typing.
    for (const [index, name] of ['Product Viewed', 'Order Completed'].entries()) {
      await page.getByRole('button', { name: t.charts.addStep }).focus()
      await page.keyboard.press('Enter')
      const list = page.getByRole('dialog', { name: t.charts.stepN(index + 1) })
      await expect(list.getByRole('searchbox')).toBeFocused()
      await page.keyboard.type(name.toLowerCase())
      await page.keyboard.press('Enter')
      await expect(list).toBeHidden()
      await expect(page.getByRole('button', { name: `${t.charts.stepN(index + 1)}: ${name}` })).toBeVisible()
    }

    // Those who left, opened and closed again; the focus comes back.
    const chart = page.getByRole('list', { name: t.charts.funnel })
    const drop = chart.getByRole('listitem').nth(1).getByRole('button').last()
    await expect(drop).toBeVisible()
    await drop.focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog', {
      name: t.charts.droppedTitle('Product Viewed', 'Order Completed'),
    })
    await expect(panel.getByRole('button', { name: t.inspect.save })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(panel).toBeHidden()
    await expect(drop).toBeFocused()

    // Back undoes the last step.
    await page.goBack()
    await expect(page.getByRole('button', { name: new RegExp(`^${t.charts.stepN(2)}: Order`) })).toBeHidden()
  })
}

test('a copied link opens the same chart', async ({ page }) => {
  const t = catalogs.en
  await prefer(page, 'en')
  await signIn(page, t)
  const link = funnelLink({
    steps: [{ event: 'Product Viewed' }, { event: 'Order Completed' }],
    range: { last: 7, unit: 'day' },
  })
  await page.goto(`/explore/funnel?q=${link}`)
  await expect(page.getByRole('list', { name: t.charts.funnel }).getByRole('listitem')).toHaveCount(2)
  await expect(page.getByRole('radio', { name: t.charts.lastDays(7) })).toBeChecked()
})
