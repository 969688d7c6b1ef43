/** Every page in both languages and both themes: it opens, and axe finds nothing serious. */
import { catalogs, expect, expectAccessible, LANGS, prefer, signIn, type Theme, test } from './console'
import { arrived, firstOf, PAGES } from './pages'

const THEMES: Theme[] = ['light', 'dark']

for (const lang of LANGS) {
  for (const theme of THEMES) {
    test(`pages are accessible, ${lang}, ${theme}`, async ({ page }) => {
      const t = catalogs[lang]
      await prefer(page, lang, theme)
      await page.goto('/signin')
      await expect(page.getByRole('button', { name: t.session.signIn, exact: true })).toBeVisible()
      await expectAccessible(page, '/signin')
      await signIn(page, t)
      for (const path of [...PAGES, ...(await firstOf(page))]) {
        await page.goto(path)
        await expect(page.getByRole('heading').first()).toBeVisible()
        await arrived(page)
        await expectAccessible(page, path)
      }
    })
  }
}
