import { expect, test } from 'vitest'
import { gradeMatch, matches } from './match'
import { type Entry, SHOWN_MAX, type Source, sectionsOf } from './palette'

const named = (...labels: string[]): Entry[] => labels.map(label => ({ id: label, label }))

function source(part: Partial<Source<Entry>>): Source<Entry> {
  return { kind: 'events', entries: [], search: 'here', state: 'ready', ...part }
}

const shown = (sources: Source<Entry>[], query: string) =>
  sectionsOf(sources, query).map(it => [it.kind, ...it.entries.map(entry => entry.label)])

test('hangul is found while it is being typed', () => {
  // What the field holds, key by key, on the way to 주문 완료.
  for (const typed of [
    'ㅈ',
    '주',
    '줌',
    '주무',
    '주문',
    '주문 ㅇ',
    '주문 오',
    '주문 와',
    '주문 완',
    '주문 완ㄹ',
    '주문 완료',
  ])
    expect(matches('주문 완료', typed), typed).toBe(true)
  for (const typed of ['ㅎ', '한', '한ㄱ', '한구', '한국', '각', '값']) {
    expect(matches('한국 가구 값싼', typed), typed).toBe(true)
  }
  expect(matches('주문 완료', '준')).toBe(false)
  expect(matches('상품 조회', 'ㅈㅁ')).toBe(false)
  expect(matches('Order Completed', 'ㅐ')).toBe(false)
})

test('a match is graded by where it lies', () => {
  expect(gradeMatch('Orders', 'orders')).toBe('exact')
  expect(gradeMatch('Order Completed', 'order c')).toBe('start')
  expect(gradeMatch('Order Completed', 'comp')).toBe('word')
  expect(gradeMatch('message.email.sent', 'sent')).toBe('word')
  expect(gradeMatch('Reorder', 'order')).toBe('part')
  expect(gradeMatch('주문 완료', 'ㅈㅁ')).toBe('hangul')
  expect(gradeMatch('Order Completed', 'comp ord')).toBe('word')
  expect(gradeMatch('Order Completed', 'orders')).toBeNull()
})

test('before anything is typed there are the places alone', () => {
  const sources = [
    source({ kind: 'places', entries: named('Home', 'Funnels'), isMenu: true }),
    source({ kind: 'campaigns', entries: named('Spring') }),
    source({ kind: 'people', state: 'failed', search: 'found' }),
  ]
  expect(shown(sources, '  ')).toEqual([['places', 'Home', 'Funnels']])
})

test('the best match comes first, within a kind and among kinds', () => {
  const sources = [
    source({ kind: 'places', entries: [{ id: 'p', label: 'Campaigns', also: 'order mail' }] }),
    source({ kind: 'cohorts', entries: named('Reordered twice') }),
    source({ kind: 'events', entries: named('Reorder', 'Cart order', 'Order') }),
  ]
  expect(shown(sources, 'order')).toEqual([
    ['events', 'Order', 'Cart order', 'Reorder'],
    ['cohorts', 'Reordered twice'],
    ['places', 'Campaigns'],
  ])
})

test('each kind shows a few and says that there are more', () => {
  const many = named(...Array.from({ length: 2_000 }, (_, index) => `Cohort ${index}`))
  const [section] = sectionsOf([source({ kind: 'cohorts', entries: many })], 'cohort')
  expect(section?.entries).toHaveLength(SHOWN_MAX)
  expect(section?.hasMore).toBe(true)
  const [few] = sectionsOf([source({ kind: 'cohorts', entries: many.slice(0, SHOWN_MAX) })], 'cohort')
  expect(few?.hasMore).toBe(false)
})

test('people that the server found are shown as they came, last', () => {
  const sources = [
    source({ kind: 'people', search: 'found', entries: named('zoe@shop.test', 'kim@shop.test') }),
    source({ kind: 'events', entries: named('Kimchi ordered') }),
  ]
  expect(shown(sources, 'kim')).toEqual([
    ['events', 'Kimchi ordered'],
    ['people', 'zoe@shop.test', 'kim@shop.test'],
  ])
})

test('a kind that failed says so, with nothing found', () => {
  const [section] = sectionsOf([source({ kind: 'cohorts', state: 'failed' })], 'x')
  expect(section).toEqual({ kind: 'cohorts', entries: [], hasMore: false, isFailed: true })
  expect(sectionsOf([source({ kind: 'cohorts', state: 'loading' })], 'x')).toEqual([])
})
