/** Rows of a result: their names and colours. */
import type { Format } from '~/i18n'
import type { Messages } from '~/i18n/en'

interface Row {
  segment: string | null
  group: unknown[]
  overall?: boolean
}

/** `VIP · shoes`; a row of everyone is named so. */
export function rowName(row: Row, t: Messages, format: Format): string {
  // The server's own words stand for what is not a value.
  const own: Record<string, string> = {
    '(none)': t.charts.none,
    '(other)': t.charts.other,
    '(did not reach)': t.options.notReached,
  }
  const group = row.group.map(it =>
    it === null ? t.charts.none : (own[typeof it === 'string' ? it : ''] ?? format.value(it)),
  )
  const parts = [row.segment, ...group].filter(it => it !== null && it !== '')
  if (row.overall || parts.length === 0) return t.charts.overall
  return parts.join(' · ')
}

/** The row of everyone first, the others as they came. */
export const overallFirst = <T extends { overall?: boolean }>(rows: readonly T[]): T[] => [
  ...rows.filter(it => it.overall),
  ...rows.filter(it => !it.overall),
]

/** Eight colours that stay apart for every eye; further rows repeat them, dashed. */
export const rowColor = (index: number) => `var(--c${(index % 8) + 1})`
export const rowDash = (index: number) => (index >= 8 ? '5 4' : undefined)
