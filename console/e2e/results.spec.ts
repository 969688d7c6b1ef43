/** Results of a campaign: what it brought in is shown where the server knows it, and only there. */
import { catalogs, create, expect, expectAccessible, LANGS, prefer, signIn, test } from './console'

const REVENUE = 1_234.56

for (const lang of LANGS) {
  test(`revenue of a campaign, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const { id } = await create<{ id: string }>(page, '/api/v1/campaigns', {
      name: 'Iceland',
      category: 'marketing',
      audience: { profile: 'profile.country', op: 'is', values: ['Iceland'] },
      delivery: { type: 'now' },
      messages: [{ channel: 'email', from: 'shop@shop.test', subject: 'Hello', html: '<p>Hello</p>' }],
      control: { share: 0 },
      conversions: [
        {
          name: 'Order Completed',
          select: { event: 'Order Completed' },
          within: { n: 7, unit: 'day' },
          revenue: 'event.revenue',
        },
        { name: 'Product Viewed', select: { event: 'Product Viewed' }, within: { n: 7, unit: 'day' } },
      ],
    })
    await create(page, `/api/v1/campaigns/${id}/launch`, undefined)
    const results = async () => (await page.request.get(`/api/v1/campaigns/${id}/results`)).json()
    await expect.poll(async () => (await results()).totals.sent.value, { timeout: 60_000 }).toBeGreaterThan(0)

    // The two answers that a server may give: it does not know, and it knows for one goal of two.
    let revenue: number | null = null
    const { sent } = (await results()).totals
    await page.route(`**/api/v1/campaigns/${id}/results`, async route => {
      const response = await route.fetch()
      const body = await response.json()
      body.totals.sent = sent
      body.totals.conversions[0].revenue = revenue
      body.totals.conversions[1].revenue = null
      await route.fulfill({ response, json: body })
    })
    const table = page.getByRole('region', { name: t.campaigns.conversions }).getByRole('table')
    const columns = table.getByRole('columnheader')

    await page.goto(`/campaigns/${id}`)
    await expect(columns.first()).toBeVisible()
    await expect(columns.filter({ hasText: t.campaigns.revenue })).toHaveCount(0)

    revenue = REVENUE
    await page.reload()
    const [total, each] = [t.campaigns.revenue, t.campaigns.revenuePerRecipient].map(name =>
      columns.and(page.getByRole('columnheader', { name, exact: true })),
    )
    if (!total || !each) throw new Error('two columns')
    await expect(total).toBeVisible()
    await expect(each).toBeVisible()
    const names = await columns.allTextContents()
    const cell = (row: number, name: string) =>
      table
        .getByRole('row')
        .nth(row + 1)
        .getByRole('cell')
        .nth(names.indexOf(name))
    const money = (value: number, digits: number) =>
      new Intl.NumberFormat(lang === 'ko' ? 'ko-KR' : 'en-US', {
        style: 'currency',
        currency: 'GBP',
        currencyDisplay: 'narrowSymbol',
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }).format(value)
    await expect(cell(0, t.campaigns.revenue)).toHaveText(money(REVENUE, 0))
    const share = REVENUE / sent.value
    await expect(cell(0, t.campaigns.revenuePerRecipient)).toHaveText(money(share, share < 1_000 ? 2 : 0))
    await expect(cell(1, t.campaigns.revenue)).toHaveText('–')
    await expect(cell(1, t.campaigns.revenuePerRecipient)).toHaveText('–')
    await expectAccessible(page, 'results with revenue')
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  })
}
