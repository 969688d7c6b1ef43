/** The lines of a chart by colour, name and total. */
import { rowColor } from './rows'
import type { SeriesRow } from './series-table'

interface SeriesLegendProps {
  rows: SeriesRow[]
  isShown: (row: SeriesRow, index: number) => boolean
}

export function SeriesLegend({ rows, isShown }: SeriesLegendProps) {
  return (
    <span className="flex flex-wrap items-baseline gap-x-6 gap-y-1 py-1.5 font-normal">
      {rows.map((row, index) =>
        isShown(row, index) ? (
          <span key={row.key} className="flex min-w-0 items-baseline gap-2">
            <span
              aria-hidden
              className="size-2.5 shrink-0 rounded-full"
              style={{ background: rowColor(index) }}
            />
            <span className="max-w-60 truncate text-sm text-ink2">{row.name}</span>
            <span className="shrink-0 text-lg font-semibold tabular-nums">{row.format(row.total.value)}</span>
          </span>
        ) : null,
      )}
    </span>
  )
}
