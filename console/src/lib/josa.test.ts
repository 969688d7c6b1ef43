import { expect, test } from 'vitest'
import { josa } from './josa'

test.each([
  ['코호트', '을/를', '코호트를'],
  ['캠페인', '을/를', '캠페인을'],
  ['서울', '으로/로', '서울로'],
  ['부산', '으로/로', '부산으로'],
  ['iOS 17', '으로/로', 'iOS 17로'],
  ['10', '을/를', '10을'],
  ['12,432', '을/를', '12,432를'],
  ['Email', '이/가', 'Email이'],
  ['Order Completed', '은/는', 'Order Completed는'],
  ['Product Viewed (web)', '은/는', 'Product Viewed (web)는'],
  ['주문', '과/와', '주문과'],
  ['me@shop.test', '으로/로', 'me@shop.test로'],
] as const)('%s %s', (word, particle, said) => {
  expect(josa(word, particle)).toBe(said)
})
