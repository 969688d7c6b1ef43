/** Revenue of campaigns, where the server knows it. */
import type { ConversionResult, ResultRow } from '~/api/types'

/** Whether any of `rows` says what it brought in. */
export const hasRevenue = (rows: readonly Pick<ConversionResult, 'revenue'>[]): boolean =>
  rows.some(it => typeof it.revenue === 'number')

/** What one message brought in on average; `null` where either number is unknown or nothing was sent. */
export function revenuePerRecipient(revenue: number | null, row: Pick<ResultRow, 'sent'>): number | null {
  const sent = row.sent.value
  return revenue === null || !sent ? null : revenue / sent
}
