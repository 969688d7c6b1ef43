import { expect, test } from 'vitest'
import { canonical } from './canonical'
import {
  FUNNEL_COUNTS,
  FUNNEL_DEFAULTS,
  FUNNEL_ENTRIES,
  FUNNEL_INTERVALS,
  FUNNEL_ORDERS,
  FUNNEL_VIEWS,
  type FunnelState,
  funnelLink,
  readFunnel,
} from './charts'
import { encodeState, fromBase64Url, toBase64Url } from './codec'

/** A small generator of repeatable numbers, so that a failure can be replayed. */
function dice(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return Math.floor((state / 4_294_967_296) * below)
  }
}

function randomState(seed: number): FunnelState {
  const roll = dice(seed)
  const words = ['Product Viewed', '주문 완료', 'a&b=c?', '🛒', '"quoted"', 'Ünïcode']
  const word = () => words[roll(words.length)] ?? ''
  const pick = <T>(items: readonly [T, ...T[]]): T => items[roll(items.length)] ?? items[0]
  return {
    range: roll(2) ? { last: roll(90) + 1, unit: 'day' } : { from: '2026-03-01', to: '2026-03-31' },
    segments: roll(2) ? [] : [{ name: word(), people: { cohort: word() } }],
    group_by: Array.from({ length: roll(3) }, () => `event.${word()}`),
    steps: Array.from({ length: roll(5) }, () =>
      roll(2)
        ? { event: word(), ...(roll(2) ? { optional: true } : {}) }
        : {
            event: word(),
            occurrence: roll(2) ? { first_ever: true } : { nth_ever: roll(9) + 1 },
            where: { all: [{ property: `event.${word()}`, op: 'is' as const, values: [word(), roll(9)] }] },
          },
    ),
    window: { n: roll(30) + 1, unit: 'day' },
    order: pick(FUNNEL_ORDERS),
    count: pick(FUNNEL_COUNTS),
    entry: pick(FUNNEL_ENTRIES),
    hold: Array.from({ length: roll(3) }, () => `event.${word()}`),
    exclude: Array.from({ length: roll(3) }, () => ({
      select: { event: word() },
      after: roll(2) ? null : roll(5) + 1,
      before: roll(2) ? null : roll(5) + 2,
    })),
    tolerance_ms: roll(2) * roll(5_000),
    breakdown_at: pick([null, 1, 2, 'first_defined', 'last_defined', 'per_value'] as const),
    view: pick(FUNNEL_VIEWS),
    interval: pick(FUNNEL_INTERVALS),
    bins: pick([null, 'round', 8, [0, 0.5, 60]]),
    where: roll(2) ? null : { any: [{ property: `event.${word()}`, op: 'gte', values: [roll(99)] }] },
  }
}

test('every state survives the address', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const state = randomState(seed)
    const text = encodeState(state, FUNNEL_DEFAULTS)
    expect(canonical(readFunnel(text)), `seed ${seed}`).toBe(canonical(state))
    if (text) expect(text).toMatch(/^[A-Za-z0-9_-]+$/)
  }
})

test('defaults leave no trace in the address', () => {
  expect(encodeState({ ...FUNNEL_DEFAULTS }, FUNNEL_DEFAULTS)).toBeUndefined()
  const text = funnelLink({ steps: [{ event: 'A' }] }) ?? ''
  expect(JSON.parse(fromBase64Url(text))).toEqual({ steps: [{ event: 'A' }] })
})

test('a broken address is the defaults', () => {
  for (const text of [
    '',
    '%%%',
    'abc',
    toBase64Url('[1]'),
    toBase64Url('{"steps": 5, "range": null, "what": 1}'),
  ]) {
    expect(readFunnel(text)).toEqual(FUNNEL_DEFAULTS)
  }
})

test('one value has one text', () => {
  expect(canonical({ b: 1, a: [{ d: null, c: undefined }] })).toBe('{"a":[{"d":null}],"b":1}')
})
