import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { catalogText, fontFiles, sliceOf, unicodeRange } from './characters.ts'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const css = readFileSync(
  at('../../node_modules/pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css'),
  'utf8',
)
const catalogs = catalogText(at('../../src/i18n'))
const files = fontFiles(catalogs, css)
const sans = files.filter(it => it.family === 'Gyre Sans')
const held = (names: RegExp) =>
  new Set(sans.filter(it => names.test(it.name)).flatMap(it => [...it.characters]))

test('a page in english needs the latin file alone, one in korean that and the first of hangul', () => {
  const shown = [...new Set(catalogs)].filter(it => it !== '\n')
  const first = held(/latin|hangul-1/)
  expect(shown.filter(it => !first.has(it))).toEqual([])
  const latin = held(/latin/)
  const english = [...new Set(catalogText(at('../../src/i18n/en')))].filter(it => it !== '\n')
  expect(english.filter(it => !latin.has(it))).toEqual([])
})

test('no character is fetched twice', () => {
  const all = sans.flatMap(it => [...it.characters])
  expect(all.length).toBe(new Set(all).size)
})

test('names and goods of a korean shop are in the files that are put together here', () => {
  const words =
    '김민준 이서연 최윤쯩 여성의류 원피스 니트 스킨케어 마스크팩 반품 쿠폰 첫구매 재입고 봄맞이 특가 뷰티 굿즈'
  const missing = [...words].filter(it => it !== ' ' && !held(/./).has(it))
  // One syllable that no word has: those stay with Pretendard's own files.
  expect(missing).toEqual(['쯩'])
})

test('characters are named in spans', () => {
  expect(unicodeRange('cabz각')).toBe('U+61-63,U+7a,U+ac01')
  const slice = sliceOf(css, 90)
  expect([...sliceOf(`subset.7.woff2 x; unicode-range: ${unicodeRange(slice)};}`, 7)].sort()).toEqual(
    [...slice].sort(),
  )
  expect(() => sliceOf(css, 92)).toThrow('no file 92')
})
