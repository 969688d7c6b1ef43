/**
 * Cuts the typefaces down to what pages show, so that a page in Korean loads four small files instead of a dozen.
 *
 * Pretendard comes in 92 files of 25 to 44 KB with all weights from 45 to 930; the syllables of one Korean page lie
 * in ten of them. The characters of the console's own words and the most common syllables are put together here, with
 * the weights that the console uses. All other characters still come from Pretendard's own files.
 *
 * The files are called Gyre Sans and Gyre Mono: a cut typeface must not bear the reserved name of the whole one.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import subsetFont from 'subset-font'
import type { Plugin } from 'vite'
import { catalogText, type FontFile, fontFiles, unicodeRange } from './characters.ts'

const CONSOLE = fileURLToPath(new URL('../..', import.meta.url))
const MODULES = join(CONSOLE, 'node_modules')
const OUT = join(MODULES, '.cache', 'gyre-fonts')
const PRETENDARD = join(MODULES, 'pretendard/dist/web/variable')
const PRETENDARD_CSS = join(PRETENDARD, 'pretendardvariable-dynamic-subset.css')

/** Kerning, digits of one width, and the colon between digits. */
const SANS = {
  font: join(PRETENDARD, 'woff2/PretendardVariable.woff2'),
  features: ['kern', 'tnum', 'calt'],
  weights: { min: 400, max: 700 },
}
/** Code is shown without ligatures. */
const MONO = {
  font: join(MODULES, '@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2'),
  features: [],
  weights: { min: 400, max: 600 },
}
/** Copyright, licence and where to read it. */
const NAMES = [0, 13, 14]

const sourceOf = (file: FontFile) => (file.family === 'Gyre Mono' ? MONO : SANS)

function face(file: FontFile): string {
  const { min, max } = sourceOf(file).weights
  return `@font-face {
  font-family: "${file.family}";
  font-style: normal;
  font-display: swap;
  font-weight: ${min} ${max};
  src: url(./${file.name}.woff2) format("woff2");
  unicode-range: ${unicodeRange(file.characters)};
}
`
}

/** Writes the files and their style sheet, unless they are there already. */
async function cut(): Promise<void> {
  const files = fontFiles(catalogText(join(CONSOLE, 'src/i18n')), readFileSync(PRETENDARD_CSS, 'utf8'))
  const key = createHash('sha256')
  for (const file of files) key.update(JSON.stringify([file, sourceOf(file), NAMES]))
  for (const { font } of [SANS, MONO]) key.update(readFileSync(font))
  const wanted = key.digest('hex')
  const done = join(OUT, 'key')
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return
  rmSync(OUT, { recursive: true, force: true })
  mkdirSync(OUT, { recursive: true })
  for (const file of files) {
    const { font, features, weights } = sourceOf(file)
    const made = await subsetFont(readFileSync(font), file.characters, {
      targetFormat: 'woff2',
      keepFeatures: features,
      variationAxes: { wght: weights },
      preserveNameIds: NAMES,
      noHinting: true,
    })
    writeFileSync(join(OUT, `${file.name}.woff2`), made)
  }
  writeFileSync(join(OUT, 'fonts.css'), files.map(face).join(''))
  writeFileSync(done, wanted)
}

/** Makes `~fonts/fonts.css` importable and tells the page to fetch its letters early. */
export function fonts(): Plugin {
  return {
    name: 'gyre-fonts',
    config: () => ({ resolve: { alias: { '~fonts': OUT } } }),
    buildStart: cut,
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle }) {
        const built = Object.keys(bundle ?? {})
        const addressOf = (name: string) => {
          const found = built.find(it => it.includes(`/${name}-`) && it.endsWith('.woff2'))
          return found && `/${found}`
        }
        const latin = addressOf('gyre-sans-latin')
        const hangul = addressOf('gyre-sans-hangul-1')
        if (!latin || !hangul) return []
        const early = { rel: 'preload', as: 'font', type: 'font/woff2', crossorigin: true }
        return [
          // Which language the page is in is known to `boot.js` alone.
          { tag: 'meta', attrs: { name: 'gyre-hangul', content: hangul }, injectTo: 'head-prepend' },
          { tag: 'link', attrs: { ...early, href: latin }, injectTo: 'head' },
        ]
      },
    },
  }
}
