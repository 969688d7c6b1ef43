import { expect, test } from 'vitest'
import { isPlaceholder, linksOf } from './mail-links'

test('links are found however they are quoted', () => {
  const html = `<a href="https://shop.test/a?b=1">a</a> <a class=x HREF = 'https://shop.test/{{id}}'>b</a>
    <a href=https://shop.test/c>c</a> <a href="">d</a> <link href="no">`
  expect(linksOf(html)).toEqual([
    'https://shop.test/a?b=1',
    'https://shop.test/{{id}}',
    'https://shop.test/c',
    '',
  ])
  expect(linksOf('<p>no link</p>')).toEqual([])
})

test('an address that leads nowhere is told from one that does', () => {
  for (const link of [
    '',
    '#',
    '#top',
    'https://example.com/x',
    'https://shop.example/',
    'http://www.example.org',
  ])
    expect(isPlaceholder(link), link).toBe(true)
  for (const link of [
    'https://gyre.test/cart',
    'https://myexample.com/',
    'https://example.shop.kr/',
    'https://{{host}}/',
    'mailto:hello@shop.test',
    '{{ item.url }}',
  ])
    expect(isPlaceholder(link), link).toBe(false)
})
