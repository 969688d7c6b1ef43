import { expect, test } from 'vitest'
import { merged } from './live'
import type { LiveEvent } from './types'

const event = (number: number, received_at = '2026-01-01T00:00:00.000Z') =>
  ({ number, received_at }) as LiveEvent

test('newer events stand first, none stands twice, and the list is bounded', () => {
  const shown = merged([event(3), event(2)], [event(2), event(1)])
  expect(shown.map(it => it.number)).toEqual([3, 2, 1])
  const many = Array.from({ length: 500 }, (_, index) => event(1000 - index))
  expect(merged(many, shown)).toHaveLength(300)
})

test('an event counted from one again after a restart is another event', () => {
  const shown = merged([event(1, '2026-01-02T00:00:00.000Z')], [event(1)])
  expect(shown).toHaveLength(2)
})
