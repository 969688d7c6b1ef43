import { expect, test } from 'vitest'
import { en } from './en'
import { ko } from './ko'

function keys(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [`${path}:${typeof value}`]
  return Object.entries(value).flatMap(([key, it]) => keys(it, `${path}.${key}`))
}

test('both catalogs have the same keys of the same kinds', () => {
  expect(keys(ko).sort()).toEqual(keys(en).sort())
})

test('no korean text is left in english', () => {
  const left = keys(en).filter(it => !it.endsWith('function'))
  const walk = (value: unknown, path: string): string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, it]) => walk(it, `${path}.${key}`))
        : []
  const { shell: _, ...rest } = ko
  const untranslated = walk(rest, '').filter(it => /[a-z]{4,} [a-z]{3,}/i.test(it) && !/[가-힣]/.test(it))
  expect(untranslated).toEqual([])
  expect(left.length).toBeGreaterThan(300)
})
