import { expect, test } from 'vitest'
import {
  type ImportMap,
  missingOf,
  parseMap,
  propertyNameOf,
  roleOf,
  withEventName,
  withRole,
} from './import-map'

const MAP: ImportMap = {
  table: { zone: 'Asia/Seoul' },
  event: { const: '주문 완료' },
  time: { column: 'ordered_at', format: '%Y-%m-%d' },
  user_id: { column: 'customer', values: { '-': '' } },
  insert_id: { columns: ['order_no', 'line'] },
  properties: { revenue: { column: 'total', type: 'money', decimal: ',' }, zip: 'zip' },
  user_properties: { grade: 'grade' },
}

test('each column is known by what it becomes', () => {
  expect(
    ['ordered_at', 'customer', 'line', 'total', 'zip', 'grade', 'note'].map(it => roleOf(MAP, it)),
  ).toEqual([
    { is: 'time' },
    { is: 'user_id' },
    { is: 'insert_id' },
    { is: 'properties', name: 'revenue', kind: 'money' },
    { is: 'properties', name: 'zip', kind: 'auto' },
    { is: 'user_properties', name: 'grade', kind: 'auto' },
    { is: 'skip' },
  ])
})

test('a column has one use, and giving it another takes the first away', () => {
  const next = withRole(MAP, 'customer', { is: 'device_id' })
  expect(next.user_id).toBeUndefined()
  expect(next.device_id).toEqual({ column: 'customer' })
  expect(withRole(MAP, 'grade', { is: 'skip' })).not.toHaveProperty('user_properties')
  expect(withRole(MAP, 'line', { is: 'skip' }).insert_id).toEqual({ column: 'order_no' })
  expect(withRole(MAP, 'kind', { is: 'event' }).event).toEqual({ column: 'kind' })
})

test('several columns make up one id, a time comes from one column and keeps its format', () => {
  expect(withRole(MAP, 'shop', { is: 'insert_id' }).insert_id).toEqual({
    columns: ['order_no', 'line', 'shop'],
  })
  expect(withRole(MAP, 'paid_at', { is: 'time' }).time).toEqual({ column: 'paid_at', format: '%Y-%m-%d' })
})

test('a property is renamed in its place and keeps what was said about it', () => {
  const renamed = withRole(MAP, 'total', { is: 'properties', name: 'amount', kind: 'money' })
  expect(Object.keys(renamed.properties ?? {})).toEqual(['amount', 'zip'])
  expect(renamed.properties?.amount).toEqual({ column: 'total', type: 'money', decimal: ',' })
  const retyped = withRole(MAP, 'total', { is: 'properties', name: 'revenue', kind: 'text' })
  expect(retyped.properties?.revenue).toEqual({ column: 'total', type: 'text' })
  const moved = withRole(MAP, 'total', { is: 'user_properties', name: 'revenue', kind: 'auto' })
  expect(moved.properties).toEqual({ zip: 'zip' })
  expect(moved.user_properties).toEqual({ grade: 'grade', revenue: 'total' })
})

test('what is missing is named', () => {
  expect(missingOf({}, 'events')).toEqual(['event', 'person'])
  expect(missingOf({}, 'profiles')).toEqual(['person'])
  expect(missingOf(MAP, 'events')).toEqual([])
  expect(missingOf(withEventName(MAP, ''), 'events')).toEqual(['event'])
})

test('a map by hand is read or refused with the reason', () => {
  expect(parseMap('{"event":{"const":"x"}}')).toEqual({ map: { event: { const: 'x' } } })
  for (const text of ['', '[]', 'null', '{']) expect(parseMap(text)).toHaveProperty('wrong')
  expect([' Order No. ', '금액', '..'].map(propertyNameOf)).toEqual(['Order_No', '금액', 'property'])
})
