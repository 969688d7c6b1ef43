/** Cohorts by interval as a table in colours; every number opens the people behind it. */
import { type KeyboardEvent, useId, useRef, useState } from 'react'
import type { RetentionCell, RetentionRow } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton, useInspect } from '~/inspect/inspect'
import { HEAT_STEPS, heatStep, heatTop } from '~/lib/heat'
import { cx } from '~/ui/cx'
import { Table, Th } from '~/ui/table'

interface HeatTableProps {
  rows: RetentionRow[]
  /** Names of the columns. */
  intervals: string[]
  /** Names of the rows: `Nov 3`. */
  bucketName: (bucket: string) => string
  /** What a cell shows. */
  say: (cell: RetentionCell) => string
  start: string
  back: string
}

const heat = (step: number) =>
  step === 0 ? undefined : { background: `var(--h${step})`, color: `var(--ht${step})` }

export function HeatTable({ rows, intervals, bucketName, say, start, back }: HeatTableProps) {
  const t = useT()
  const format = useFormat()
  const hint = useId()
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<readonly [row: number, column: number]>([0, 0])
  // Interval 0 is of another size than what follows and would take the scale for itself.
  const top = heatTop(rows.flatMap(it => it.cells.slice(1).map(cell => cell.rate)))
  const place = (row: number, column: number) =>
    box.current?.querySelector<HTMLElement>(`[data-at="${row} ${column}"]`)
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Record<string, readonly [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    }
    const move = moves[event.key]
    if (!move || !(event.target as HTMLElement).dataset.at) return
    event.preventDefault()
    const next = place(at[0] + move[0], at[1] + move[1])
    next?.focus()
    next?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }
  const first = rows.findIndex(it => it.cells.length > 0)
  const [row, column] = rows[at[0]]?.cells[at[1]] ? at : [Math.max(first, 0), 0]
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside have the keys
    <div ref={box} onKeyDown={onKeyDown}>
      <p id={hint} className="sr-only">
        {t.explore.heatKeys}
      </p>
      <Table label={t.explore.heat}>
        <thead>
          <tr>
            <Th className="sticky left-0 z-10 bg-surface">{t.explore.cohort}</Th>
            <Th right>{t.explore.size}</Th>
            {intervals.map(it => (
              <Th key={it} right className="px-1.5!">
                {it}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody aria-describedby={hint}>
          {rows.map((it, index) => {
            const when = bucketName(it.bucket)
            return (
              <tr key={it.bucket} className="border-b border-line/70 last:border-b-0">
                <th
                  scope="row"
                  className="sticky left-0 z-10 bg-surface px-3 pl-4 text-left text-sm font-medium whitespace-nowrap"
                >
                  {when}
                </th>
                <td className="px-3 text-right text-ink2">
                  <CellButton
                    cell={it.size}
                    title={t.explore.sizeTitle(start, when)}
                    name={`${start}, ${when}`}
                  >
                    {format.number(it.size.value)}
                  </CellButton>
                </td>
                {it.cells.map((cell, interval) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: an interval is its place
                  <td key={interval} className="h-9 min-w-14 p-px">
                    <HeatCell
                      cell={cell}
                      step={heatStep(cell.rate, top)}
                      text={say(cell)}
                      at={`${index} ${interval}`}
                      isStop={index === row && interval === column}
                      onFocus={() => setAt([index, interval])}
                      title={t.explore.cellTitle(back, intervals[interval] ?? '')}
                      detail={t.explore.began(when)}
                      name={t.explore.cellName(start, back, when)}
                    />
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </Table>
    </div>
  )
}

interface HeatCellProps {
  cell: RetentionCell
  step: number
  text: string
  at: string
  isStop: boolean
  onFocus: () => void
  title: string
  detail: string
  name: string
}

function HeatCell({ cell, step, text, at, isStop, onFocus, title, detail, name }: HeatCellProps) {
  const t = useT()
  const inspect = useInspect()
  const token = cell.cell
  return (
    <button
      type="button"
      data-at={at}
      tabIndex={isStop ? 0 : -1}
      onFocus={onFocus}
      aria-disabled={!token || !cell.value}
      title={cell.complete ? undefined : t.charts.incomplete}
      onClick={() => {
        if (token && cell.value) inspect({ cell: token, title, detail, name })
      }}
      style={cell.complete ? heat(step) : undefined}
      className={cx(
        'size-full rounded-sm px-1.5 text-right text-xs whitespace-nowrap tabular-nums focus-visible:-outline-offset-2',
        'hover:outline-2 hover:-outline-offset-2 hover:outline-line2',
        !cell.complete && 'border border-dashed border-line2/70 text-ink2',
        (!token || !cell.value) && 'cursor-default text-ink3',
      )}
    >
      {text}
    </button>
  )
}

const STEPS = Array.from({ length: HEAT_STEPS }, (_, index) => index + 1)

/** What the colours say. */
export function HeatLegend({ hasOpen }: { hasOpen: boolean }) {
  const t = useT()
  return (
    <p className="flex flex-wrap items-center gap-x-5 gap-y-1 border-t border-line px-4 py-2 text-xs text-ink3">
      <span className="flex items-center gap-1.5">
        {t.explore.less}
        <span aria-hidden className="flex">
          {STEPS.map(it => (
            <span key={it} className="h-3 w-4" style={heat(it)} />
          ))}
        </span>
        {t.explore.more}
      </span>
      {hasOpen && (
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="h-3 w-4 rounded-sm border border-dashed border-line2" />
          {t.explore.open}
        </span>
      )}
    </p>
  )
}
