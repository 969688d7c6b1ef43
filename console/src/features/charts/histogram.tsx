/** Counts by how much: bars and the same numbers as a table, each opening its people. */
import type { Cell } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton, useInspect } from '~/inspect/inspect'
import { Table, Td, Th, Tr } from '~/ui/table'
import { BarChart } from './bar-chart'
import type { Sheet } from './export'
import { rowColor } from './rows'

export interface HistogramRow {
  name: string
  /** One per bin; absent where a row has no such bin. */
  counts: (Cell | undefined)[]
}

export interface HistogramProps {
  label: string
  /** What the bins measure: the head of their column. */
  measure: string
  bins: string[]
  rows: HistogramRow[]
  /** Words between the bars, one more than there are bins; without them each bar has its bin's. */
  edges?: string[]
  /** Bars drawn; the table has them all. */
  drawn?: number
  /** Who is behind a bin, in a few words. */
  title: (bin: number, row: HistogramRow) => string
}

/** Rows drawn side by side. */
const ROWS_DRAWN = 6

export function HistogramChart({ label, bins, rows, edges, drawn = bins.length, title }: HistogramProps) {
  const t = useT()
  const format = useFormat()
  const inspect = useInspect()
  const shown = bins.slice(0, drawn)
  const none: Cell = { value: 0, cell: null }
  return (
    <>
      <BarChart
        label={label}
        buckets={shown}
        edges={edges?.slice(0, drawn + 1)}
        interval="day"
        parts={rows.slice(0, ROWS_DRAWN).map((row, index) => ({
          name: row.name,
          color: rowColor(index),
          points: shown.map((_, bin) => row.counts[bin] ?? none),
          format: format.number,
          onInspect: bin => {
            const cell = row.counts[bin]
            if (!cell?.cell || !cell.value) return
            inspect({ cell: cell.cell, title: title(bin, row), detail: row.name, name: title(bin, row) })
          },
        }))}
        arrangement="grouped"
        axis={format.compact}
        incompleteFrom={shown.length}
      />
      {bins.length > drawn && (
        <p className="px-4 pb-3 text-xs text-ink3">
          {t.options.moreBars(format.number(bins.length - drawn))}
        </p>
      )}
    </>
  )
}

const sumOf = (row: HistogramRow, until = row.counts.length) =>
  row.counts.slice(0, until).reduce((sum, it) => sum + (it?.value ?? 0), 0)

export function HistogramTable({ measure, bins, rows, title }: HistogramProps) {
  const t = useT()
  const format = useFormat()
  const [only, another] = rows
  const isSingle = only !== undefined && another === undefined
  const total = only ? sumOf(only) : 0
  return (
    <Table label={t.charts.table}>
      <thead>
        <tr>
          <Th className="sticky left-0 z-10 bg-surface">{measure}</Th>
          {rows.map((row, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; two events may read alike
            <Th key={place} right>
              {row.name}
            </Th>
          ))}
          {isSingle && <Th right>{t.options.share}</Th>}
          {isSingle && <Th right>{t.options.soFar}</Th>}
        </tr>
      </thead>
      <tbody>
        {bins.map((bin, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place; narrow ones may read alike
          <Tr key={index} className="group/row">
            <Td className="sticky left-0 z-10 bg-surface whitespace-nowrap tabular-nums group-hover/row:bg-bg">
              {bin}
            </Td>
            {rows.map((row, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; two events may read alike
              <Td key={place} right>
                <CellButton
                  cell={row.counts[index]}
                  title={title(index, row)}
                  detail={row.name}
                  name={title(index, row)}
                >
                  {format.number(row.counts[index]?.value ?? 0)}
                </CellButton>
              </Td>
            ))}
            {isSingle && (
              <Td right muted>
                {format.percent(total > 0 ? (only.counts[index]?.value ?? 0) / total : null)}
              </Td>
            )}
            {isSingle && (
              <Td right muted>
                {format.percent(total > 0 ? sumOf(only, index + 1) / total : null)}
              </Td>
            )}
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

/** The counts as a sheet: one line per bin, a column per row. */
export const histogramSheet = ({ measure, bins, rows }: HistogramProps): Sheet => [
  [measure, ...rows.map(it => it.name)],
  ...bins.map((bin, index) => [bin, ...rows.map(it => it.counts[index]?.value ?? 0)]),
]
