import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('.', import.meta.url))

/** What each folder may import besides itself; a lower layer never reaches up. */
const ALLOWED: Record<string, string[]> = {
  lib: ['api'],
  api: ['lib'],
  i18n: ['lib'],
  ui: ['api', 'i18n', 'lib'],
  builder: ['api', 'i18n', 'lib', 'ui'],
  inspect: ['api', 'builder', 'i18n', 'lib', 'ui'],
  features: ['api', 'builder', 'i18n', 'inspect', 'lib', 'ui'],
  app: ['api', 'builder', 'features', 'i18n', 'inspect', 'lib', 'ui'],
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(it => {
    const path = join(folder, it.name)
    if (it.isDirectory()) return sources(path)
    return /\.tsx?$/.test(it.name) && !/\.(test|d)\.tsx?$/.test(it.name) ? [path] : []
  })
}

test('folders import only what lies below them', () => {
  const wrong: string[] = []
  for (const path of sources(ROOT)) {
    const [folder = '', feature = ''] = relative(ROOT, path).split('/')
    const text = readFileSync(path, 'utf8')
    for (const [, target = '', part = ''] of text.matchAll(/from '~\/([\w-]+)(?:\/([\w-]+))?/g)) {
      const own = target === folder && (folder !== 'features' || part === feature)
      if (!own && !ALLOWED[folder]?.includes(target))
        wrong.push(`${relative(ROOT, path)} imports ~/${target}/${part}`)
    }
    // Types alone may come from the calls; plain code asks nothing of the network.
    const calls = folder === 'lib' ? text.match(/^import (?!type )[^\n]*'~\/api/gm) : null
    for (const line of calls ?? []) wrong.push(`${relative(ROOT, path)}: ${line}`)
  }
  expect(wrong).toEqual([])
})

test('every file says what it is for', () => {
  const silent = sources(ROOT).filter(it => !readFileSync(it, 'utf8').startsWith('/**'))
  expect(silent.map(it => relative(ROOT, it))).toEqual([])
})
