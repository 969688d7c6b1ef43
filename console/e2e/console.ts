/** What every end-to-end test needs: a signed-in page, the catalogs, and no error in the browser's console. */
import AxeBuilder from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { en, type Messages } from '../src/i18n/en'
import { ko } from '../src/i18n/ko'

export type Lang = 'en' | 'ko'
export type Theme = 'light' | 'dark'
export const LANGS: Lang[] = ['en', 'ko']
export const catalogs: Record<Lang, Messages> = { en, ko }

const EMAIL = process.env.GYRE_EMAIL ?? 'demo@gyre.test'
const PASSWORD = process.env.GYRE_PASSWORD ?? 'demonstration'

/** Lines of the browser that are an answer to what a test did, not a defect. */
const EXPECTED = [/status of 401/, /^Blocked script execution in .* sandboxed/]

interface Fixtures {
  /** Complaints of the browser that a test provokes. */
  provoked: RegExp[]
  quiet: undefined
}

export const test = base.extend<Fixtures>({
  provoked: [[], { option: true }],
  quiet: [
    async ({ page, baseURL, provoked }, use) => {
      const expected = [...EXPECTED, ...provoked]
      const complaints: string[] = []
      page.on('console', line => {
        if (line.type() === 'error' && !expected.some(it => it.test(line.text())))
          complaints.push(line.text())
      })
      page.on('pageerror', error => complaints.push(error.message))
      page.on('request', request => {
        const url = new URL(request.url())
        const isOwn = url.origin === new URL(baseURL ?? '').origin
        if (!isOwn && url.protocol.startsWith('http') && request.frame() === page.mainFrame()) {
          complaints.push(`asked another host: ${request.url()}`)
        }
      })
      await use(undefined)
      expect(complaints).toEqual([])
    },
    { auto: true },
  ],
})

export { expect }

/** The language and theme that the next page opens in. */
export async function prefer(page: Page, lang: Lang, theme: Theme = 'light') {
  await page.addInitScript(
    ([language, look]) => {
      try {
        localStorage.setItem('gyre.lang', language)
        localStorage.setItem('gyre.theme', look)
      } catch {
        // A sandboxed frame has no storage.
      }
    },
    [lang, theme] as const,
  )
}

export async function signIn(page: Page, t: Messages) {
  await page.goto('/')
  await page.getByLabel(t.session.email).fill(EMAIL)
  await page.getByLabel(t.session.password, { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: t.session.signIn, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: t.home.title })).toBeVisible()
}

export const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The first number in a text. */
export function numberIn(text: string | null): number {
  const found = /[\d,]+/.exec(text ?? '')
  return found ? Number(found[0].replaceAll(',', '')) : 0
}

/** Axe finds nothing serious on what is shown now; `place` names it in the complaint. */
export async function expectAccessible(page: Page, place: string) {
  const axe = new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    // Mails are foreign documents in a sandbox that axe cannot enter.
    .exclude('iframe')
    .setLegacyMode(true)
  const { violations } = await axe.analyze()
  const grave = violations.filter(it => it.impact === 'serious' || it.impact === 'critical')
  const said = grave.map(it => `${it.id}: ${it.nodes.map(node => node.html.slice(0, 160)).join(' | ')}`)
  expect(said, place).toEqual([])
}

/** Creates something through the API, as the person who is signed in. */
export async function create<T>(page: Page, path: string, body: unknown): Promise<T> {
  const session = await (await page.request.get('/api/v1/session')).json()
  const headers = { 'x-csrf-token': session.csrf }
  const answer = await page.request.post(path, { headers, data: body })
  expect(answer.ok(), await answer.text()).toBe(true)
  return answer.json()
}
