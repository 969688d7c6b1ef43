/** Letters are small: what every page fetches of fonts when nothing is cached, as the browser counts it. */
import type { Page } from '@playwright/test'
import { catalogs, expect, LANGS, prefer, signIn, test } from './console'
import { arrived, firstOf, PAGES } from './pages'

const BUDGET_BYTES = 220_000

/** What a marketer of a Korean shop writes: words that are in no catalog of the console. */
const KOREAN = `[봄맞이 특가] 뷰티 굿즈 전 품목 쿠폰팩 ♥ 민준 님, 찜해 둔 린넨 원피스가 재입고됐어요.
여성의류·남성의류·잡화·홈데코·반려동물 용품까지 최대 70% 할인! 무료 배송은 오늘 밤 자정까지예요.
뜻밖의 혜택, 놓치면 후회할 타임딜. 깨끗한 나라 물티슈 캡형 100매 10팩, 폭신한 겨울 이불, 촉촉한 쿠션 팩트, 헐렁한 청바지.`

for (const lang of LANGS) {
  test(`no page fetches more fonts than it may, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const fetched = await countFonts(page)
    for (const path of ['/signin', ...PAGES, ...(await firstOf(page))]) {
      fetched.clear()
      await page.goto(path)
      await expect(page.getByRole('heading').first()).toBeVisible()
      const bytes = await settled(page, fetched)
      expect(bytes, `${path} fetched no font at all`).toBeGreaterThan(0)
      expect(bytes, `${path}: ${list(fetched)}`).toBeLessThanOrEqual(BUDGET_BYTES)
    }
  })
}

test('a mail written in korean stays within it too', async ({ page }) => {
  const t = catalogs.ko
  await prefer(page, 'ko')
  await signIn(page, t)
  const fetched = await countFonts(page)
  await page.goto('/campaigns/new')
  await page.getByRole('textbox', { name: t.editor.body, exact: true }).fill(KOREAN)
  await page.getByRole('textbox', { name: t.editor.subject, exact: true }).fill(KOREAN.slice(0, 60))
  const bytes = await settled(page, fetched)
  expect(bytes, list(fetched)).toBeLessThanOrEqual(BUDGET_BYTES)
  // Not by showing Hangul in some other typeface: every file that the text needs has come.
  const own = [...fetched.keys()].filter(it => it.includes('gyre-sans-hangul'))
  expect(own.length).toBeGreaterThanOrEqual(2)
})

/** Bytes of each font that comes in from now on, as they went over the line. */
async function countFonts(page: Page): Promise<Map<string, number>> {
  const fetched = new Map<string, number>()
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  const fonts = new Map<string, string>()
  session.on('Network.requestWillBeSent', it => {
    if (it.type === 'Font' || it.request.url.endsWith('.woff2')) fonts.set(it.requestId, it.request.url)
  })
  session.on('Network.loadingFinished', it => {
    const url = fonts.get(it.requestId)
    if (url) fetched.set(url, (fetched.get(url) ?? 0) + it.encodedDataLength)
  })
  return fetched
}

async function settled(page: Page, fetched: Map<string, number>): Promise<number> {
  await arrived(page)
  await page.evaluate(() => document.fonts.ready)
  return [...fetched.values()].reduce((sum, it) => sum + it, 0)
}

const list = (fetched: Map<string, number>) =>
  [...fetched].map(([url, bytes]) => `${url.split('/').at(-1)} ${bytes}`).join(', ')
