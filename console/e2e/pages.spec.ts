/** Every page in both languages and both themes: it opens, and axe finds nothing serious. */
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { funnelLink, segmentationLink } from '../src/lib/charts'
import { catalogs, expect, LANGS, prefer, signIn, type Theme, test } from './console'

const steps = ['Product Viewed', 'Product Added', 'Order Completed'].map(event => ({ event }))
const PAGES = [
  '/',
  '/explore/funnel',
  `/explore/funnel?q=${funnelLink({ steps })}`,
  `/explore/funnel?q=${funnelLink({ steps, group_by: ['profile.country'] })}`,
  `/explore/segmentation?q=${segmentationLink({ series: steps.map(select => ({ select, measure: 'people' })) })}`,
  '/cohorts',
  '/cohorts/new',
  '/people',
  '/campaigns',
  '/campaigns/new',
  '/campaigns/new?step=audience',
  '/campaigns/new?step=review',
  '/events',
  '/quarantine',
  '/inbox',
  '/settings',
  '/settings?tab=keys',
  '/settings?tab=email',
  '/no-such-page',
]
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
      for (const path of [...PAGES, ...(await firstOf(page, ['/people', '/cohorts', '/campaigns']))]) {
        await page.goto(path)
        await expect(page.getByRole('heading').first()).toBeVisible()
        await page.waitForLoadState('networkidle')
        await check(page, path)
      }
    })
  }
}

/** The page of the first row of each list; an empty list has none. */
async function firstOf(page: Page, lists: string[]): Promise<string[]> {
  const found: string[] = []
  for (const list of lists) {
    await page.goto(list)
    await page.waitForLoadState('networkidle')
    const link = page.getByRole('main').getByRole('table').getByRole('link').first()
    if ((await link.count()) > 0) found.push((await link.getAttribute('href')) ?? list)
  }
  return found
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
