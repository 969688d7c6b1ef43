/** Which characters the console's own font files hold, in the order in which pages need them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files that Pretendard is cut into: their number stands for how common their characters are, 90 the most. */
const MOST_COMMON = [90, 89, 88]
const COMMON = [87, 86, 85, 84]
const LESS_COMMON = [83, 82, 81, 80]

/** Everything of Latin that a page in either language shows, and the name of the other language. */
const LATIN = `${range(0x20, 0x7e)}\u00a0\u202f·…–—‘’“”≠≤≥±×−→←↑↓°©•€£₩한국어`
/** Syllables under construction: each consonant and vowel is shown while one types. */
const JAMO = range(0x3131, 0x3163)
/** Signs that marketers like in titles. */
const SIGNS = '、。〈〉《》「」『』【】★☆♥♡■□●○◆◇▲△▼▽※①②③④⑤⑥⑦⑧⑨℃㎡'

export interface FontFile {
  name: string
  family: 'Gyre Sans' | 'Gyre Mono'
  characters: string
}

function range(first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)).join('')
}

const syllables = (text: string) => text.match(/[가-힣]/g) ?? []

/** All text of the catalogs. */
export function catalogText(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(it => /(?<!\.test)\.tsx?$/.test(it))
    .sort()
    .map(it => readFileSync(join(folder, it), 'utf8'))
    .join('')
}

/** Characters of one of Pretendard's files, from the style sheet that names them. */
export function sliceOf(css: string, index: number): string {
  const declared = new RegExp(`subset\\.${index}\\.woff2[^}]*unicode-range:([^;}]*)`).exec(css)?.[1]
  if (!declared) throw new Error(`Pretendard has no file ${index}`)
  return declared
    .split(',')
    .map(it => {
      const [first = '', last = first] = it.trim().replace(/^U\+/i, '').split('-')
      return range(Number.parseInt(first, 16), Number.parseInt(last, 16))
    })
    .join('')
}

/** The files to cut; no character is in two files of one family. */
export function fontFiles(catalogs: string, pretendardCss: string): FontFile[] {
  const taken = new Set(LATIN)
  const rest = (characters: string[]) => {
    const own = [...new Set(characters)].filter(it => !taken.has(it)).sort()
    for (const it of own) taken.add(it)
    return own.join('')
  }
  const common = (slices: number[]) => syllables(slices.map(it => sliceOf(pretendardCss, it)).join(''))
  const sans = (name: string, characters: string): FontFile => ({
    name: `gyre-sans-${name}`,
    family: 'Gyre Sans',
    characters,
  })
  return [
    sans('latin', LATIN),
    sans('hangul-1', rest([...JAMO, ...syllables(catalogs), ...common(MOST_COMMON)])),
    sans('hangul-2', rest([...common(COMMON), ...SIGNS])),
    sans('hangul-3', rest(common(LESS_COMMON))),
    { name: 'gyre-mono', family: 'Gyre Mono', characters: `${range(0x20, 0x7e)}·…–’` },
  ]
}

/** `U+20-7e,U+ac00`: the characters of a file, as style sheets name them. */
export function unicodeRange(characters: string): string {
  const points = [...characters].map(it => it.codePointAt(0) ?? 0).sort((a, b) => a - b)
  const spans: [number, number][] = []
  for (const point of points) {
    const last = spans.at(-1)
    if (last && point <= last[1] + 1) last[1] = point
    else spans.push([point, point])
  }
  const hex = (it: number) => it.toString(16)
  return spans.map(([from, to]) => (from === to ? `U+${hex(from)}` : `U+${hex(from)}-${hex(to)}`)).join(',')
}
