/** Every page fits its window, and a phone shows the answer before the question. */
import { funnelLink } from '../src/lib/charts'
import { catalogs, create, expect, LANGS, prefer, signIn, test } from './console'
import { arrived, firstOf, PAGES } from './pages'

const WIDTHS = [360, 768, 1440]
const NAME =
  '최근 30일 안에 장바구니에 담았지만 결제하지 않은 골드 등급 이상 회원에게 보내는 첫 구매 쿠폰 안내'

for (const lang of LANGS) {
  test(`no page is wider than its window, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const definition = { all: [{ did: { event: 'Product Viewed' } }] }
    const cohort = await create<{ id: string }>(page, '/api/v1/cohorts', {
      name: NAME,
      kind: 'live',
      definition,
    })
    const paths = [...PAGES, `/cohorts/${cohort.id}`, ...(await firstOf(page))]
    for (const path of paths) {
      await page.goto(path)
      await expect(page.getByRole('heading').first()).toBeVisible()
      await arrived(page)
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 })
        const needed = await page.evaluate(() => document.documentElement.scrollWidth)
        expect(needed, `${path} at ${width}`).toBeLessThanOrEqual(width)
      }
    }
  })

  test(`on a phone a chart is shown first, its builder on demand, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await page.setViewportSize({ width: 390, height: 844 })
    await prefer(page, lang)
    await signIn(page, t)
    const steps = ['Product Viewed', 'Order Completed'].map(event => ({ event }))
    await page.goto(`/explore/funnel?q=${funnelLink({ steps })}`)
    await expect(page.getByRole('list', { name: t.charts.funnel })).toBeInViewport()
    const add = page.getByRole('button', { name: t.charts.addStep })
    await expect(add).toBeHidden()
    await page.getByRole('button', { name: t.charts.showBuilder }).click()
    await expect(add).toBeVisible()
    await page.getByRole('button', { name: t.charts.hideBuilder }).click()
    await expect(add).toBeHidden()
    // Without a question there is nothing to show but the builder.
    await page.goto('/explore/segmentation')
    await expect(page.getByRole('button', { name: t.charts.addEvent })).toBeVisible()
  })
}
