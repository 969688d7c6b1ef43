import { expect, test } from 'vitest'
import * as f from './format'

test('numbers', () => {
  expect(f.formatNumber(12_431, 'en')).toBe('12,431')
  expect(f.formatNumber(null, 'ko')).toBe('–')
  expect(f.formatCompact(9_999, 'ko')).toBe('9,999')
  expect(f.formatCompact(12_431, 'ko')).toBe('1.2만')
  expect(f.formatCompact(123_456_789, 'ko')).toBe('1.2억')
  expect(f.formatCompact(12_431, 'en')).toBe('12.4K')
  expect(f.formatCompact(950, 'en')).toBe('950')
})

test('shares', () => {
  expect(f.formatPercent(0.3312, 'en')).toBe('33.1%')
  expect(f.formatPercent(1, 'ko')).toBe('100%')
  expect(f.formatPercent(0.00042, 'en')).toBe('0.04%')
  expect(f.formatPercent(0, 'en')).toBe('0%')
  expect(f.formatPercent(Number.NaN, 'en')).toBe('–')
})

test('money', () => {
  expect(f.formatMoney(1_234.5, 'en', 'GBP')).toBe('£1,235')
  expect(f.formatMoney(12.5, 'en', 'GBP')).toBe('£12.50')
  expect(f.formatMoney(129_000, 'ko', 'KRW')).toBe('₩129,000')
  expect(f.formatMoney(1_250_000, 'ko', 'KRW', true)).toBe('₩125만')
  expect(f.formatMoney(5, 'en', 'not a currency')).toBe('5 not a currency')
})

test('currencies have names', () => {
  expect(f.formatCurrencyName('KRW', 'ko')).toBe('대한민국 원')
  expect(f.formatCurrencyName('GBP', 'en')).toBe('British Pound')
  expect(f.formatCurrencyName('not a currency', 'en')).toBe('not a currency')
})

test('durations name the two largest units', () => {
  expect(f.formatDuration(252, 'en')).toBe('4m 12s')
  expect(f.formatDuration(252, 'ko')).toBe('4분 12초')
  expect(f.formatDuration(86_400 * 2 + 3_600 * 3 + 59, 'en')).toBe('2d 3h')
  expect(f.formatDuration(3_600, 'ko')).toBe('1시간')
  expect(f.formatDuration(0.4, 'en')).toBe('0.4s')
  expect(f.formatDuration(0, 'en')).toBe('0s')
  expect(f.formatDuration(null, 'en')).toBe('–')
})

test('times are those of the workspace, across a change of the clock', () => {
  // The word for the half of the day differs between builds of ICU.
  expect(f.formatDateTime('2026-05-01T16:30:00Z', 'ko', 'Asia/Seoul')).toMatch(/^2026\. 5\. 2\. \S+ 1:30$/)
  expect(f.formatDateTime('2026-03-29T00:30:00Z', 'en', 'Europe/London')).toBe('Mar 29, 2026, 12:30 AM')
  expect(f.formatDateTime('2026-03-29T01:30:00Z', 'en', 'Europe/London')).toBe('Mar 29, 2026, 2:30 AM')
  expect(f.formatDay('2026-05-01T16:30:00Z', 'ko', 'Asia/Seoul')).toBe('2026년 5월 2일 토요일')
})

test('bucket labels are printed as they stand', () => {
  expect(f.formatBucket('2026-03-02', 'day', 'en')).toBe('Mar 2')
  expect(f.formatBucket('2026-03-02', 'day', 'ko')).toBe('3월 2일')
  expect(f.formatBucket('2026-03-08T01:00-05:00', 'hour', 'en')).toBe('Mar 8 01:00')
  expect(f.formatBucket('2026-04-01', 'quarter', 'ko')).toBe('2026년 2분기')
  expect(f.formatBucket('2026-04-01', 'month', 'en')).toBe('Apr 2026')
})

test('ages', () => {
  const now = Date.parse('2026-03-10T00:00:00Z')
  expect(f.formatAgo('2026-03-09T23:57:00Z', 'ko', now)).toBe('3분 전')
  expect(f.formatAgo('2026-03-07T00:00:00Z', 'en', now)).toBe('3 days ago')
})

test('bytes are told in the largest unit', () => {
  expect([0, 999, 1_000, 12_400_000, 5e15].map(it => f.formatBytes(it, 'en'))).toEqual([
    '0 B',
    '999 B',
    '1 KB',
    '12.4 MB',
    '5,000 TB',
  ])
  expect(f.formatBytes(null, 'ko')).toBe('–')
})
