/** The lines in numbers: switch one on or off, open the people behind any count. */
import { useMemo } from 'react'
import { Checkbox } from 'react-aria-components'
import type { Cell, Measure, SegmentationAnswer } from '~/api/types'
import { describeMeasure, describeSelector, useWords } from '~/builder/describe'
import { type Format, useFormat, useT } from '~/i18n'
import { CellButton } from '~/inspect/inspect'
import { letter, type SegmentationState } from '~/lib/charts'
import { isChosen, propertyName } from '~/lib/filters'
import { Table, Td, Th, Tr } from '~/ui/table'
import type { Sheet } from './export'
import { overallFirst, rowColor, rowName } from './rows'

export interface SeriesRow {
  name: string
  points: Cell[]
  total: Cell
  format: (value: number | null) => string
}

function formatOf(measure: Measure, format: Format): (value: number | null) => string {
  if (measure === 'active_rate') return format.percent
  const isMoney =
    typeof measure === 'object' &&
    measure.fn !== 'distinct' &&
    /^(revenue|price|amount)$/.test(propertyName(measure.property))
  return isMoney ? it => format.money(it) : it => format.number(it)
}

/** Rows with names a reader understands: `Order Completed`, `Order Completed · shoes`, `Revenue of …`. */
export function useSeriesRows(answer: SegmentationAnswer, state: SegmentationState): SeriesRow[] {
  const t = useT()
  const format = useFormat()
  const words = useWords()
  return useMemo(() => {
    const asked = state.series.filter(it => isChosen(it.select))
    return overallFirst(answer.result.series).map(series => {
      const own = asked[asked.findIndex((_, index) => letter(index) === series.name)] ?? asked[0]
      const measure: Measure = own?.measure ?? 'people'
      const event = own ? describeSelector(own.select, words) : series.name
      const named =
        measure === 'people' && asked.length > 0 ? event : `${event}, ${describeMeasure(measure, words)}`
      const split =
        series.segment || series.group.length > 0 || series.overall ? rowName(series, t, format) : null
      const name = split === null ? named : asked.length > 1 || series.overall ? `${named} · ${split}` : split
      return { name, points: series.points, total: series.total, format: formatOf(measure, format) }
    })
  }, [answer, state.series, t, format, words])
}

/** The lines as a sheet: one row each, its total, then the buckets. */
export const seriesSheet = (rows: SeriesRow[], buckets: string[]): Sheet => [
  ['series', 'total', ...buckets],
  ...rows.map(row => [row.name, row.total.value, ...row.points.map(it => it.value)]),
]

interface SegmentationTableProps {
  rows: SeriesRow[]
  buckets: string[]
  interval: string
  isShown: (row: SeriesRow, index: number) => boolean
  onToggle: (name: string) => void
}

export function SegmentationTable({ rows, buckets, interval, isShown, onToggle }: SegmentationTableProps) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.charts.table}>
      <thead>
        <tr>
          <Th className="sticky left-0 z-10 bg-surface">{t.charts.series}</Th>
          <Th right>{t.charts.total}</Th>
          {buckets.map(it => (
            <Th key={it} right>
              {format.bucket(it, interval)}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <Tr key={row.name} className="group/row">
            <Td className="sticky left-0 z-10 max-w-72 bg-surface group-hover/row:bg-bg">
              <Checkbox
                isSelected={isShown(row, index)}
                onChange={() => onToggle(row.name)}
                className="group flex cursor-default items-center gap-2 rounded-sm"
              >
                <span
                  className="grid size-4 shrink-0 place-items-center rounded border-2 text-transparent group-focus-visible:outline-2 group-focus-visible:outline-ring"
                  style={{
                    borderColor: rowColor(index),
                    background: isShown(row, index) ? rowColor(index) : 'transparent',
                  }}
                />
                <span className="truncate" title={row.name}>
                  {row.name}
                </span>
              </Checkbox>
            </Td>
            <Td right className="font-semibold">
              <CellButton cell={row.total} title={row.name} detail={t.charts.wholeRange} name={row.name}>
                {row.format(row.total.value)}
              </CellButton>
            </Td>
            {row.points.map((cell, at) => {
              const day = format.bucket(buckets[at] ?? '', interval)
              return (
                <Td key={buckets[at] ?? at} right muted>
                  <CellButton cell={cell} title={row.name} detail={day} name={`${row.name}, ${day}`}>
                    {row.format(cell.value)}
                  </CellButton>
                </Td>
              )
            })}
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
