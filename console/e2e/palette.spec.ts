/** The command palette: from anywhere to anywhere with the keyboard alone. */
import type { Page } from '@playwright/test'
import { catalogs, create, expect, expectAccessible, LANGS, type Lang, prefer, signIn, test } from './console'

const COHORT = '봄 신상 관심 고객'
const CAMPAIGN = '재구매 쿠폰 안내'

async function opened(page: Page, lang: Lang) {
  const t = catalogs[lang]
  // The keys work from the moment the frame is there.
  await expect(page.getByRole('button', { name: t.palette.title })).toBeVisible()
  await page.keyboard.press('Control+k')
  const palette = page.getByRole('dialog', { name: t.palette.title })
  const field = palette.getByRole('combobox', { name: t.palette.title })
  await expect(field).toBeFocused()
  const list = palette.getByRole('listbox', { name: t.palette.results })
  return { palette, field, list, options: list.getByRole('option') }
}

for (const lang of LANGS) {
  test(`anything is a few letters away, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang)
    await signIn(page, t)
    const cohort = await create<{ id: string }>(page, '/api/v1/cohorts', {
      name: COHORT,
      kind: 'live',
      definition: { all: [{ did: { event: 'Product Viewed' } }] },
    })
    const campaign = await create<{ id: string }>(page, '/api/v1/campaigns', {
      name: CAMPAIGN,
      category: 'marketing',
      audience: { cohort: cohort.id },
      delivery: { type: 'now' },
      messages: [{ channel: 'email', from: 'shop@shop.test', subject: 'Hello', html: '<p>Hello</p>' }],
      control: { share: 0 },
    })
    const people = await (await page.request.get('/api/v1/people?limit=20')).json()
    const person = people.people.find((it: { email: string | null }) => it.email !== null)

    // A page, found by its name in the reader's language or by a word for it in the other one.
    for (const text of [t.nav.funnels, lang === 'ko' ? 'funnel' : '퍼널']) {
      await page.goto('/settings')
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      const { palette, options } = await opened(page, lang)
      await page.keyboard.type(text)
      await expect(options.first()).toHaveText(t.nav.funnels)
      await page.keyboard.press('Enter')
      await expect(page).toHaveURL(/\/explore\/funnel$/)
      await expect(palette).toBeHidden()
      await expect(page.getByRole('main')).toBeFocused()
    }

    const wanted: [string, string, RegExp][] = [
      ['봄 신상', COHORT, new RegExp(`/cohorts/${cohort.id}$`)],
      ['ㅈㄱㅁ', CAMPAIGN, new RegExp(`/campaigns/${campaign.id}/edit$`)],
      ['checkout', 'Checkout Started', /\/events\?event=Checkout\+Started$/],
      [person.email, person.name, new RegExp(`/people/${person.external_id}$`)],
      [person.external_id, person.name, new RegExp(`/people/${person.external_id}$`)],
    ]
    for (const [text, name, url] of wanted) {
      const { palette, options } = await opened(page, lang)
      await page.keyboard.type(text)
      const option = options.filter({ hasText: name }).first()
      await expect(option).toBeVisible()
      // Down to it, as a hand on the arrow keys would.
      for (let at = 0; at < 30; at++) {
        if ((await option.getAttribute('aria-selected')) === 'true') break
        await page.keyboard.press('ArrowDown')
      }
      await page.keyboard.press('Enter')
      await expect(page).toHaveURL(url)
      await expect(palette).toBeHidden()
      // An event opens at the side of its page.
      if (name === 'Checkout Started') {
        await expect(page.getByRole('dialog', { name })).toBeVisible()
        await page.keyboard.press('Escape')
        await expect(page.getByRole('dialog', { name })).toBeHidden()
      }
    }
  })

  test(`what it shows is bounded, and what it lacks is said, ${lang}`, async ({ page }) => {
    const t = catalogs[lang]
    await prefer(page, lang, lang === 'ko' ? 'dark' : 'light')
    await signIn(page, t)
    await page.goto('/people')
    const before = page.getByRole('link', { name: t.nav.cohorts, exact: true })
    await before.focus()
    const { palette, field, list, options } = await opened(page, lang)
    await expectAccessible(page, 'palette before anything is typed')

    // Many people have this domain; a few are shown, and the way to all of them.
    await page.keyboard.type('shop.test')
    const people = list.getByRole('group', { name: t.palette.kinds.people })
    await expect(people.getByRole('option')).toHaveCount(6)
    await expect(people.getByRole('option').last()).toHaveText(t.palette.allOf.people)
    await expectAccessible(page, 'palette with results')
    await page.keyboard.press('ArrowUp')
    await expect(people.getByRole('option').last()).toHaveAttribute('aria-selected', 'true')
    expect(await field.getAttribute('aria-activedescendant')).toBe(
      await people.getByRole('option').last().getAttribute('id'),
    )
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/people\?search=shop\.test$/)
    await expect(page.getByRole('searchbox', { name: t.people_.search })).toHaveValue('shop.test')

    // Nothing at all; Escape leads back to where one was.
    await before.focus()
    await opened(page, lang)
    await page.keyboard.type('qqqqzz')
    await expect(palette.getByText(t.palette.nothing('qqqqzz'))).toBeVisible()
    await expect(options).toHaveCount(0)
    await expect(field).toHaveAttribute('aria-expanded', 'false')
    await expectAccessible(page, 'palette without results')
    await page.keyboard.press('Escape')
    await expect(palette).toBeHidden()
    await expect(before).toBeFocused()

    // The same keys close it, and the button opens it too.
    await opened(page, lang)
    await page.keyboard.press('Control+k')
    await expect(palette).toBeHidden()
    await page.getByRole('button', { name: t.palette.title }).click()
    await expect(palette).toBeVisible()
  })
}

test('an Enter while a syllable is being composed takes the word that was meant', async ({ page }) => {
  const t = catalogs.ko
  await prefer(page, 'ko')
  await signIn(page, t)
  const { options } = await opened(page, 'ko')
  const keyboard = await page.context().newCDPSession(page)
  const compose = (text: string) =>
    keyboard.send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    })
  for (const text of ['ㅋ', '코', '콯', '코호', '코홑', '코호트']) {
    await compose(text)
    await expect(options.filter({ hasText: t.nav.cohorts }).first()).toBeVisible()
  }
  const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 }
  await keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter })
  await expect(page).toHaveURL(/\/$/)
  await keyboard.send('Input.insertText', { text: '코호트' })
  await keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
  await expect(page).toHaveURL(/\/cohorts$/)
})

test.describe('a part that fails', () => {
  test.use({ provoked: [/status of 503/] })
  test('is named, and asked for again with Enter', async ({ page }) => {
    const t = catalogs.en
    await prefer(page, 'en')
    await signIn(page, t)
    const events = '**/api/v1/catalog/events'
    // Not from the cache of the page before.
    await page.goto('/settings')
    await page.route(events, route =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"code":"internal"}' }),
    )
    const { options } = await opened(page, 'en')
    await page.keyboard.type('checkout')
    const failed = options.filter({ hasText: t.palette.failed.events })
    await expect(failed).toBeVisible()
    await page.unroute(events)
    // It is the only one that is found.
    await expect(failed).toHaveAttribute('aria-selected', 'true')
    await page.keyboard.press('Enter')
    await expect(options.filter({ hasText: 'Checkout Started' })).toBeVisible()
  })
})

test('a search field takes hangul as it is typed, and follows the address', async ({ page }) => {
  const t = catalogs.ko
  await prefer(page, 'ko')
  await signIn(page, t)
  const keyboard = await page.context().newCDPSession(page)
  const lists: [string, string][] = [
    ['/cohorts', t.cohorts.search],
    ['/campaigns', t.campaigns.search],
    ['/people', t.people_.search],
    ['/events', t.builder.searchEvents],
  ]
  for (const [path, label] of lists) {
    await page.goto(path)
    const field = page.getByRole('searchbox', { name: label })
    await field.focus()
    for (const syllable of [
      ['ㅅ', '시', '신'],
      ['ㅅ', '사', '상'],
    ]) {
      for (const text of syllable) {
        await keyboard.send('Input.imeSetComposition', { text, selectionStart: 1, selectionEnd: 1 })
      }
      await keyboard.send('Input.insertText', { text: syllable.at(-1) ?? '' })
    }
    await expect(field, path).toHaveValue('신상')
    await expect(page).toHaveURL(`${path}?search=${encodeURIComponent('신상')}`)
    await page.getByRole('link', { name: t.nav.home, exact: true }).click()
    await page.goBack()
    await expect(field, path).toHaveValue('신상')
    // The place in the rail leads to the whole list again; all events have none, the plan has.
    const place = page.getByRole('navigation').locator(`a[href="${path}"]`)
    if (path === '/events') {
      await expect(place).toHaveCount(0)
    } else {
      await place.click()
      await expect(field, path).toHaveValue('')
    }
  }
})
