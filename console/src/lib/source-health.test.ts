import { expect, test } from 'vitest'
import type { SourceHealth } from '~/api/sources'
import { SNIPPETS } from './snippets'
import { healthOf } from './source-health'

const HEALTH: SourceHealth = {
  last_event_at: '2026-03-01T00:00:00Z',
  events_hour: 1,
  events_day: 1_000,
  rejected_day: 0,
  quarantined_day: 0,
  warnings_day: 0,
  dialects: [],
}
const of = (part: Partial<SourceHealth>, is_enabled = true) =>
  healthOf({ is_enabled, health: { ...HEALTH, ...part } })

test('a source is told apart by what arrives and what is refused', () => {
  expect(of({})).toBe('good')
  expect(of({}, false)).toBe('off')
  expect(of({ last_event_at: null, events_day: 0 })).toBe('silent')
  expect(of({ events_day: 0 })).toBe('quiet')
  expect(of({ quarantined_day: 19 })).toBe('good')
  expect(of({ quarantined_day: 10, rejected_day: 15 })).toBe('poor')
  // A source of which nothing was ever taken is no silent one if something was refused.
  expect(of({ last_event_at: null, events_day: 0, quarantined_day: 1 })).toBe('poor')
})

test('every snippet carries the address and the key', () => {
  for (const it of SNIPPETS) {
    const code = it.code('https://gyre.example.org', 'KEY_1')
    expect(code, it.id).toContain('gyre.example.org')
    expect(code, it.id).toContain('KEY_1')
  }
  expect(new Set(SNIPPETS.map(it => it.id)).size).toBe(SNIPPETS.length)
})
