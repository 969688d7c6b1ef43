/** Lines over time, drawn as SVG: sharp, themed, and usable with the keyboard. */
import { useEffect, useRef, useState } from 'react'
import type { Cell } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { Tooltip } from './chart-tooltip'
import { labelEvery, ticks } from './scale'

export interface Line {
  name: string
  color: string
  dash?: string
  points: Cell[]
  format: (value: number | null) => string
  /** Index of the first bucket of this line that is not over yet, where it differs from the chart's. */
  incompleteFrom?: number
  /** Of earlier days: drawn fainter, behind the others. */
  isFaint?: boolean
  /** Absent where a point has no people of its own. */
  onInspect?: (index: number) => void
}

interface LineChartProps {
  label: string
  buckets: string[]
  interval: string
  lines: Line[]
  /** Index of the first bucket that is not over yet; drawn dashed. */
  incompleteFrom: number
  /** Values as the axis says them; short numbers or shares unless given. */
  axis?: (value: number) => string
}

const HEIGHT = 300
const MARGIN = { top: 12, right: 16, bottom: 28, left: 52 }
const LABEL_PX = 84

export function LineChart({ label, buckets, interval, lines, incompleteFrom, axis }: LineChartProps) {
  const t = useT()
  const format = useFormat()
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [at, setAt] = useState<number | null>(null)
  const [chosen, setChosen] = useState(0)
  useEffect(() => {
    const element = frame.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const values = lines.flatMap(it => it.points.flatMap(point => (point.value === null ? [] : [point.value])))
  const marks = ticks(Math.min(0, ...values), Math.max(0, ...values))
  const [low, high] = [marks[0] ?? 0, marks.at(-1) ?? 1]
  const inner = Math.max(width - MARGIN.left - MARGIN.right, 1)
  const x = (index: number) =>
    MARGIN.left + (buckets.length < 2 ? inner / 2 : (index / (buckets.length - 1)) * inner)
  const y = (value: number) =>
    MARGIN.top + (1 - (value - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const every = labelEvery(buckets.length, inner, LABEL_PX)
  const active = lines[Math.min(chosen, lines.length - 1)]
  const canInspect = lines.some(it => it.onInspect)

  const nearest = (event: React.PointerEvent | React.MouseEvent) => {
    const box = frame.current?.getBoundingClientRect()
    if (!box) return null
    const share = (event.clientX - box.left - MARGIN.left) / inner
    const index = Math.min(Math.max(Math.round(share * (buckets.length - 1)), 0), buckets.length - 1)
    const pointer = event.clientY - box.top
    const away = lines.map(it => Math.abs(y(it.points[index]?.value ?? Number.POSITIVE_INFINITY) - pointer))
    const best = away.indexOf(Math.min(...away))
    return { index, line: Math.max(best, 0) }
  }

  const onKeyDown = (event: React.KeyboardEvent) => {
    const end = buckets.length - 1
    const { key } = event
    if (key === 'ArrowRight') setAt(it => Math.min((it ?? -1) + 1, end))
    else if (key === 'ArrowLeft') setAt(it => Math.max((it ?? end + 1) - 1, 0))
    else if (key === 'Home') setAt(0)
    else if (key === 'End') setAt(end)
    else if (key === 'ArrowDown') setChosen(it => Math.min(it + 1, lines.length - 1))
    else if (key === 'ArrowUp') setChosen(it => Math.max(it - 1, 0))
    else if (key === 'Enter' && at !== null) active?.onInspect?.(at)
    else if (key === 'Escape') setAt(null)
    else return
    event.preventDefault()
  }

  const said =
    at !== null && active
      ? t.charts.point(
          format.bucket(buckets[at] ?? '', interval),
          active.name,
          active.format(active.points[at]?.value ?? null),
        )
      : ''

  return (
    <div className="px-4 pt-2 pb-3">
      {/* biome-ignore lint/a11y/useSemanticElements: a chart is a group of points, not a form's fieldset */}
      <div
        ref={frame}
        role="group"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk the points, Enter opens one
        tabIndex={0}
        aria-label={`${label}. ${canInspect ? t.charts.chartKeys : t.explore.walkKeys}`}
        className="relative touch-pan-y rounded-md"
        style={{ height: HEIGHT }}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        onPointerMove={event => {
          const near = nearest(event)
          if (near) {
            setAt(near.index)
            setChosen(near.line)
          }
        }}
        onPointerLeave={() => setAt(null)}
        onClick={event => {
          const near = nearest(event)
          if (near) lines[near.line]?.onInspect?.(near.index)
        }}
      >
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            aria-hidden="true"
            className={canInspect ? 'block max-w-full cursor-pointer' : 'block max-w-full'}
          >
            {marks.map(mark => (
              <g key={mark}>
                <line
                  x1={MARGIN.left}
                  x2={width - MARGIN.right}
                  y1={Math.round(y(mark)) + 0.5}
                  y2={Math.round(y(mark)) + 0.5}
                  stroke="var(--line)"
                />
                <text
                  x={MARGIN.left - 8}
                  y={y(mark) + 4}
                  textAnchor="end"
                  fontSize={12}
                  fill="var(--ink3)"
                  className="tabular-nums"
                >
                  {axis ? axis(mark) : active && isShare(active) ? active.format(mark) : format.compact(mark)}
                </text>
              </g>
            ))}
            {buckets.map((bucket, index) =>
              (buckets.length - 1 - index) % every === 0 ? (
                <text
                  key={bucket}
                  x={x(index)}
                  y={HEIGHT - 8}
                  textAnchor={index === buckets.length - 1 ? 'end' : index === 0 ? 'start' : 'middle'}
                  fontSize={12}
                  fill="var(--ink3)"
                >
                  {format.bucket(bucket, interval)}
                </text>
              ) : null,
            )}
            {at !== null && (
              <line
                x1={Math.round(x(at)) + 0.5}
                x2={Math.round(x(at)) + 0.5}
                y1={MARGIN.top}
                y2={HEIGHT - MARGIN.bottom}
                stroke="var(--line2)"
                strokeDasharray="2 3"
              />
            )}
            {lines.map(line => (
              <Curve
                key={line.name}
                line={line}
                x={x}
                y={y}
                incompleteFrom={line.incompleteFrom ?? incompleteFrom}
                at={at}
              />
            ))}
          </svg>
        )}
        {at !== null && width > 0 && (
          <Tooltip
            at={x(at)}
            width={width}
            bucket={buckets[at] ?? ''}
            index={at}
            interval={interval}
            lines={lines}
            chosen={chosen}
            isIncomplete={at >= incompleteFrom}
          />
        )}
      </div>
      <p role="status" className="sr-only">
        {said}
      </p>
    </div>
  )
}

const isShare = (line: Line) => line.format(0.5).includes('%')

interface CurveProps {
  line: Line
  x: (index: number) => number
  y: (value: number) => number
  incompleteFrom: number
  at: number | null
}

function Curve({ line, x, y, incompleteFrom, at }: CurveProps) {
  const path = (from: number, to: number) => {
    let out = ''
    let pen = 'M'
    for (let index = from; index < to; index++) {
      const value = line.points[index]?.value
      if (value === null || value === undefined) {
        pen = 'M'
        continue
      }
      out += `${pen}${x(index).toFixed(1)},${y(value).toFixed(1)}`
      pen = 'L'
    }
    return out
  }
  const count = line.points.length
  const shared = {
    fill: 'none',
    stroke: line.color,
    strokeWidth: line.isFaint ? 1.5 : 2,
    strokeOpacity: line.isFaint ? 0.7 : 1,
    strokeLinejoin: 'round',
    strokeLinecap: 'round',
  } as const
  const point = at === null ? null : line.points[at]
  return (
    <g>
      <path d={path(0, Math.min(incompleteFrom, count))} {...shared} strokeDasharray={line.dash} />
      {incompleteFrom < count && (
        <path d={path(Math.max(incompleteFrom - 1, 0), count)} {...shared} strokeDasharray="2 5" />
      )}
      {count === 1 && line.points[0]?.value != null && (
        <circle cx={x(0)} cy={y(line.points[0].value)} r={4} fill={line.color} />
      )}
      {at !== null && point?.value != null && (
        <circle
          cx={x(at)}
          cy={y(point.value)}
          r={4}
          fill={line.color}
          stroke="var(--surface)"
          strokeWidth={2}
        />
      )}
    </g>
  )
}
