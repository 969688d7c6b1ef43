/** Every page of the console, for tests that look at all of them. */
import { expect, type Page } from '@playwright/test'
import { linkTo } from '../src/lib/chart-switch'
import { funnelLink, LAST_30, segmentationLink } from '../src/lib/charts'

const steps = ['Product Viewed', 'Product Added', 'Order Completed'].map(event => ({ event }))
const people = steps.map(select => ({ select, measure: 'people' as const }))
const often = [{ select: { event: 'Order Completed' }, measure: 'frequency' as const }]
const question = { range: LAST_30, segments: [], group_by: [], where: null, events: steps }
export const PAGES = [
  '/',
  '/explore/funnel',
  `/explore/funnel?q=${funnelLink({ steps })}`,
  `/explore/funnel?q=${funnelLink({ steps, group_by: ['profile.country'] })}`,
  `/explore/segmentation?q=${segmentationLink({ series: people })}`,
  `/explore/funnel?q=${funnelLink({ steps, view: 'over_time', group_by: ['profile.country'] })}`,
  `/explore/funnel?q=${funnelLink({ steps, view: 'time_to_convert' })}`,
  `/explore/segmentation?q=${segmentationLink({ series: often })}`,
  `/explore/segmentation?q=${segmentationLink({ series: people, formulas: ['C / A'], compare: 'week' })}`,
  '/explore/retention',
  `/explore/retention?q=${linkTo('retention', question)}`,
  `/explore/lifecycle?q=${linkTo('lifecycle', question)}`,
  `/explore/stickiness?q=${linkTo('stickiness', question)}`,
  `/explore/usage_interval?q=${linkTo('usage_interval', question)}`,
  '/explore/sessions',
  `/explore/paths?q=${linkTo('paths', question)}`,
  '/cohorts',
  '/cohorts/new',
  '/people',
  '/campaigns',
  '/campaigns/new',
  '/campaigns/new?step=audience',
  '/campaigns/new?step=review',
  '/events',
  '/plan',
  '/imports/new',
  '/sources/new',
  '/sources/new?kind=webhook',
  '/live',
  '/quarantine',
  '/inbox',
  '/settings',
  '/settings?tab=keys',
  '/settings?tab=email',
  '/no-such-page',
]
/** Everything the page asks for has come. The live page never stops asking: there it is the first answer. */
export async function arrived(page: Page) {
  if (new URL(page.url()).pathname === '/live') {
    await expect(page.getByRole('main').locator('table, h2').first()).toBeVisible()
  } else {
    await page.waitForLoadState('networkidle')
  }
}

/** The page of the first row of each list; an empty list has none. */
export async function firstOf(page: Page, lists = ['/people', '/cohorts', '/campaigns']): Promise<string[]> {
  const found: string[] = []
  for (const list of lists) {
    await page.goto(list)
    await arrived(page)
    const link = page.getByRole('main').getByRole('table').getByRole('link').first()
    if ((await link.count()) > 0) found.push((await link.getAttribute('href')) ?? list)
  }
  return found
}
