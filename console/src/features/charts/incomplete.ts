/** Which buckets of a chart are not over yet. */
import type { ChartAnswer } from '~/api/types'

/** Index of the first bucket that is still filling: its number will grow. */
export function incompleteFrom(
  buckets: readonly string[],
  answer: Pick<ChartAnswer, 'range' | 'as_of'>,
): number {
  const day = new Intl.DateTimeFormat('en-CA', {
    timeZone: answer.range.timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(new Date(answer.as_of))
  if (answer.range.to < day) return buckets.length
  const isLater = (it: string) => (it.includes('T') ? Date.parse(it) > Date.parse(answer.as_of) : it > day)
  const next = buckets.findIndex(isLater)
  return (next < 0 ? buckets.length : next) - 1
}
