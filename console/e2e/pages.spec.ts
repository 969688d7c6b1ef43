/** Every page in both languages and both themes: it opens, and axe finds nothing serious. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { catalogs, expect, LANGS, prefer, signIn, type Theme, test } from './console'
import { firstOf, PAGES } from './pages'

const THEMES: Theme[] = ['light', 'dark']

for (const lang of LANGS) {
  for (const theme of THEMES) {
    test(`pages are accessible, ${lang}, ${theme}`, async ({ page }) => {
      const t = catalogs[lang]
      await prefer(page, lang, theme)
      await page.goto('/signin')
      await expect(page.getByRole('button', { name: t.session.signIn, exact: true })).toBeVisible()
      await check(page, '/signin')
      await signIn(page, t)
      for (const path of [...PAGES, ...(await firstOf(page))]) {
        await page.goto(path)
        await expect(page.getByRole('heading').first()).toBeVisible()
        await page.waitForLoadState('networkidle')
        await check(page, path)
      }
    })
  }
}

async function check(page: Page, path: string) {
  const axe = new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    // Mails are foreign documents in a sandbox that axe cannot enter.
    .exclude('iframe')
    .setLegacyMode(true)
  const { violations } = await axe.analyze()
  const grave = violations.filter(it => it.impact === 'serious' || it.impact === 'critical')
  const said = grave.map(it => `${it.id}: ${it.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`)
  expect(said, path).toEqual([])
}
