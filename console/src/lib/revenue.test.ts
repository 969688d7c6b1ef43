import { expect, test } from 'vitest'
import { hasRevenue, revenuePerRecipient } from './revenue'

const sentTo = (value: number | null) => ({ sent: { value, cell: null } })

test('revenue is shown as soon as one goal has it', () => {
  expect(hasRevenue([])).toBe(false)
  expect(hasRevenue([{ revenue: null }, { revenue: null }])).toBe(false)
  expect(hasRevenue([{ revenue: null }, { revenue: 0 }])).toBe(true)
})

test('revenue per recipient needs someone who was sent a message', () => {
  expect(revenuePerRecipient(1_200, sentTo(400))).toBe(3)
  expect(revenuePerRecipient(0, sentTo(400))).toBe(0)
  expect(revenuePerRecipient(1_200, sentTo(0))).toBeNull()
  expect(revenuePerRecipient(1_200, sentTo(null))).toBeNull()
  expect(revenuePerRecipient(null, sentTo(400))).toBeNull()
})
