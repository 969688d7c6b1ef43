import { expect, test } from 'vitest'
import {
  enumValues,
  isClosed,
  type Schema,
  type SchemaRow,
  schemaRows,
  withClosed,
  withoutRow,
  withRow,
} from './plan-schema'

const SCHEMA: Schema = {
  type: 'object',
  properties: {
    revenue: { type: 'number', minimum: 0 },
    currency: { type: 'string', enum: ['KRW', 'USD'], description: '통화' },
    coupon: { type: ['string', 'null'] },
  },
  required: ['revenue'],
  additionalProperties: false,
}
const row = (name: string): SchemaRow => {
  const found = schemaRows(SCHEMA).find(it => it.name === name)
  if (!found) throw new Error(name)
  return found
}

test('a schema is read as rows in its own order', () => {
  expect(schemaRows(SCHEMA)).toEqual([
    { name: 'revenue', type: 'number', isRequired: true, values: [], description: '', hasMore: true },
    {
      name: 'currency',
      type: 'string',
      isRequired: false,
      values: ['KRW', 'USD'],
      description: '통화',
      hasMore: false,
    },
    { name: 'coupon', type: 'any', isRequired: false, values: [], description: '', hasMore: true },
  ])
  expect(schemaRows({})).toEqual([])
  expect(schemaRows({ properties: { a: true }, required: 'a' })).toMatchObject([{ name: 'a', type: 'any' }])
})

test('a row that is not changed leaves the schema as it was', () => {
  for (const it of schemaRows(SCHEMA)) {
    expect(withRow(SCHEMA, it.name, it), it.name).toEqual(SCHEMA)
    expect(Object.keys(withRow(SCHEMA, it.name, it).properties as object)).toEqual([
      'revenue',
      'currency',
      'coupon',
    ])
  }
})

test('rules that a row does not show outlive its change', () => {
  const renamed = withRow(SCHEMA, 'revenue', { ...row('revenue'), name: 'amount', type: 'integer' })
  expect(renamed.properties).toMatchObject({ amount: { type: 'integer', minimum: 0 } })
  expect(renamed.properties).not.toHaveProperty('revenue')
  expect(renamed.required).toEqual(['amount'])
  expect(renamed.additionalProperties).toBe(false)
  expect(withRow(SCHEMA, 'coupon', { ...row('coupon'), type: 'string' }).properties).toMatchObject({
    coupon: { type: 'string' },
  })
})

test('rows come and go', () => {
  const empty = {
    name: 'x',
    type: 'any' as const,
    isRequired: true,
    values: [],
    description: '',
    hasMore: false,
  }
  expect(withRow({}, 'x', empty)).toEqual({ type: 'object', properties: { x: {} }, required: ['x'] })
  expect(withoutRow(SCHEMA, 'revenue')).not.toHaveProperty('required')
  expect(withClosed(withClosed(SCHEMA, false), true)).toEqual(SCHEMA)
  expect([SCHEMA, {}].map(isClosed)).toEqual([true, false])
})

test('allowed values are of the type', () => {
  expect(enumValues(' 1, 2 ,x,', 'number')).toEqual([1, 2, 'x'])
  expect(enumValues('true,1', 'boolean')).toEqual([true, '1'])
  expect(enumValues('1, a', 'string')).toEqual(['1', 'a'])
})
