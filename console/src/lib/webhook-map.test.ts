import { expect, test } from 'vitest'
import {
  itemOf,
  pathOf,
  pathsOf,
  sayOf,
  type WebhookMap,
  withoutProperty,
  withPath,
  withProperty,
} from './webhook-map'

const MAP: WebhookMap = {
  event: { path: 'type', values: { paid: 'Order Paid' } },
  user_id: 'customer.id',
  time: { paths: ['at', 'created_at'] },
  properties: { revenue: { path: 'total', type: 'number' }, kind: { const: 'web' } },
}

test('a field shows its path, or nothing where it says more', () => {
  expect([MAP.event, MAP.user_id, MAP.time, undefined].map(pathOf)).toEqual(['type', 'customer.id', null, ''])
  expect([MAP.time, MAP.properties?.kind, MAP.user_id].map(it => sayOf(it ?? ''))).toEqual([
    'at, created_at',
    '"web"',
    'customer.id',
  ])
})

test('another path keeps what else was said', () => {
  expect(withPath(MAP, 'event', 'kind').event).toEqual({ path: 'kind', values: { paid: 'Order Paid' } })
  expect(withPath(MAP, 'user_id', 'id').user_id).toBe('id')
  expect(withPath(MAP, 'user_id', '')).not.toHaveProperty('user_id')
  expect(withProperty(MAP, 'revenue', 'sum').properties?.revenue).toEqual({ path: 'sum', type: 'number' })
  expect(withProperty({}, 'a', 'b')).toEqual({ properties: { a: 'b' } })
  expect(Object.keys(withoutProperty(MAP, 'kind').properties ?? {})).toEqual(['revenue'])
})

test('a payload is told by its paths', () => {
  const payload = { id: 1, customer: { id: 'u', tags: [1] }, empty: null, items: [{ sku: 'a' }] }
  expect(pathsOf(payload)).toEqual(['id', 'customer.id', 'customer.tags', 'empty', 'items'])
  expect(pathsOf('text')).toEqual([])
  expect(itemOf({ data: { events: [{ a: 1 }, { a: 2 }] } }, 'data.events')).toEqual({ a: 1 })
  expect(itemOf([{ a: 1 }], undefined)).toEqual({ a: 1 })
  expect(itemOf({ a: 1 }, 'no.such')).toEqual({ a: 1 })
})
