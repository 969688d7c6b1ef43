/** The values of all lines at one moment. */
import { useFormat, useT } from '~/i18n'
import type { Line } from './line-chart'

interface TooltipProps {
  at: number
  width: number
  bucket: string
  index: number
  interval: string
  lines: Line[]
  chosen: number
  isIncomplete: boolean
}

const TOOLTIP_ROWS = 10

export function Tooltip({ at, width, bucket, index, interval, lines, chosen, isIncomplete }: TooltipProps) {
  const t = useT()
  const format = useFormat()
  const left = at > width / 2
  const ordered = lines
    .map((line, place) => ({ line, place, value: line.points[index]?.value ?? null }))
    .sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY))
    .slice(0, TOOLTIP_ROWS)
  return (
    <div
      className="pointer-events-none absolute top-2 z-10 max-w-72 min-w-40 rounded-lg border border-line bg-surface px-3 py-2 text-xs shadow-overlay"
      style={left ? { right: width - at + 12 } : { left: at + 12 }}
    >
      <p className="mb-1 font-semibold">
        {format.bucket(bucket, interval)}
        {isIncomplete && <span className="ml-1.5 font-normal text-ink3">{t.charts.incomplete}</span>}
      </p>
      <ul className="flex flex-col gap-0.5">
        {ordered.map(({ line, place, value }) => (
          <li
            key={line.name}
            className={place === chosen ? 'flex items-center gap-2 font-semibold' : 'flex items-center gap-2'}
          >
            <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: line.color }} />
            <span className="min-w-0 flex-1 truncate">{line.name}</span>
            <span className="tabular-nums">{line.format(value)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
