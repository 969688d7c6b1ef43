/** The lines in numbers: switch one on or off, open the people behind any count. */
import { Checkbox } from 'react-aria-components'
import type { Cell } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton } from '~/inspect/inspect'
import { changeOf } from '~/lib/charts'
import { Table, Td, Th, Tr } from '~/ui/table'
import type { Sheet } from './export'
import { rowColor } from './rows'

export interface SeriesRow {
  /** Tells it from rows of the same name. */
  key: string
  name: string
  points: Cell[]
  total: Cell
  /** Of the earlier days compared with, matched by place. */
  previous?: Cell[]
  previousTotal?: Cell
  format: (value: number | null) => string
}

/** The lines as a sheet: one row each, its total, then the buckets; earlier days in a row of their own. */
export const seriesSheet = (rows: SeriesRow[], buckets: string[]): Sheet => [
  ['series', 'total', ...buckets],
  ...rows.flatMap(row => [
    [row.name, row.total.value, ...row.points.map(it => it.value)],
    ...(row.previous
      ? [[`${row.name} (before)`, row.previousTotal?.value ?? null, ...row.previous.map(it => it.value)]]
      : []),
  ]),
]

interface SegmentationTableProps {
  rows: SeriesRow[]
  buckets: string[]
  interval: string
  isShown: (row: SeriesRow, index: number) => boolean
  onToggle: (key: string) => void
  /** What the earlier days are called, where the chart compares. */
  earlier?: string
}

export function SegmentationTable({
  rows,
  buckets,
  interval,
  isShown,
  onToggle,
  earlier,
}: SegmentationTableProps) {
  const t = useT()
  const format = useFormat()
  const changeIn = (row: SeriesRow, at: number) => {
    const change = changeOf(row.points[at]?.value, row.previous?.[at]?.value)
    return change === null ? null : format.change(change)
  }
  return (
    <Table label={t.charts.table}>
      <thead>
        <tr>
          <Th className="sticky left-0 z-10 bg-surface">{t.charts.series}</Th>
          <Th right>{t.charts.total}</Th>
          {earlier && <Th right>{earlier}</Th>}
          {earlier && <Th right>{t.options.change}</Th>}
          {buckets.map(it => (
            <Th key={it} right>
              {format.bucket(it, interval)}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <Tr key={row.key} className="group/row">
            <Td className="sticky left-0 z-10 max-w-72 bg-surface group-hover/row:bg-bg">
              <Checkbox
                isSelected={isShown(row, index)}
                onChange={() => onToggle(row.key)}
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
            {earlier && (
              <Td right muted>
                <CellButton
                  cell={row.previousTotal}
                  title={row.name}
                  detail={earlier}
                  name={`${row.name}, ${earlier}`}
                >
                  {row.format(row.previousTotal?.value ?? null)}
                </CellButton>
              </Td>
            )}
            {earlier && <Td right>{format.change(changeOf(row.total.value, row.previousTotal?.value))}</Td>}
            {row.points.map((cell, at) => {
              const day = format.bucket(buckets[at] ?? '', interval)
              return (
                <Td key={buckets[at] ?? at} right muted>
                  <CellButton cell={cell} title={row.name} detail={day} name={`${row.name}, ${day}`}>
                    {row.format(cell.value)}
                  </CellButton>
                  {row.previous && (
                    <span className="block text-xs text-ink3">{changeIn(row, at) ?? '\u00a0'}</span>
                  )}
                </Td>
              )
            })}
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
