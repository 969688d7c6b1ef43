/** Bars, stacked or side by side, drawn as SVG; parts may hang below the line of zero. */
import { useEffect, useRef, useState } from 'react'
import type { Cell } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { Tooltip } from './chart-tooltip'
import { labelEvery, ticks } from './scale'

export interface BarPart {
  name: string
  color: string
  points: Cell[]
  format: (value: number | null) => string
  /** Hangs below the line of zero. */
  isBelow?: boolean
  onInspect: (index: number) => void
}

interface BarChartProps {
  label: string
  buckets: string[]
  interval: string
  parts: BarPart[]
  arrangement: 'stacked' | 'grouped'
  /** Values as the axis says them. */
  axis: (value: number) => string
  /** A line over the bars, such as the net of all parts. */
  line?: (number | null)[]
  /** Bars from here on are not over yet. */
  incompleteFrom: number
  /** Words where bars meet, one more than there are bars, in the place of those under each. */
  edges?: string[]
  /** A vertical line after a bar. */
  mark?: { after: number; label: string }
}

const HEIGHT = 300
const MARGIN = { top: 12, right: 16, bottom: 28, left: 52 }
const LABEL_PX = 76

interface Box {
  part: number
  index: number
  y0: number
  y1: number
  /** Left edge and width as shares of a bucket. */
  from: number
  width: number
}

/** Where each part stands, in values. */
function layOut(parts: BarPart[], count: number, arrangement: 'stacked' | 'grouped'): Box[] {
  const boxes: Box[] = []
  for (let index = 0; index < count; index++) {
    let up = 0
    let down = 0
    for (const [part, it] of parts.entries()) {
      const value = it.points[index]?.value ?? 0
      if (arrangement === 'grouped') {
        const width = 0.8 / parts.length
        boxes.push({ part, index, y0: 0, y1: value, from: 0.1 + part * width, width: width * 0.92 })
      } else if (it.isBelow) {
        boxes.push({ part, index, y0: down, y1: down - value, from: 0.15, width: 0.7 })
        down -= value
      } else {
        boxes.push({ part, index, y0: up, y1: up + value, from: 0.15, width: 0.7 })
        up += value
      }
    }
  }
  return boxes
}

export function BarChart(props: BarChartProps) {
  const { label, buckets, interval, parts, arrangement, axis, line, incompleteFrom, mark, edges } = props
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

  const boxes = layOut(parts, buckets.length, arrangement)
  const values = [...boxes.flatMap(it => [it.y0, it.y1]), ...(line ?? []).map(it => it ?? 0)]
  const marks = ticks(Math.min(0, ...values), Math.max(0, ...values))
  const [low, high] = [marks[0] ?? 0, marks.at(-1) ?? 1]
  const inner = Math.max(width - MARGIN.left - MARGIN.right, 1)
  const slot = inner / Math.max(buckets.length, 1)
  const x = (index: number, share = 0.5) => MARGIN.left + (index + share) * slot
  const y = (value: number) =>
    MARGIN.top + (1 - (value - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom)
  const every = labelEvery(buckets.length, inner, LABEL_PX)
  const active = parts[Math.min(chosen, parts.length - 1)]

  const nearest = (event: React.PointerEvent | React.MouseEvent) => {
    const area = frame.current?.getBoundingClientRect()
    if (!area) return null
    const across = (event.clientX - area.left - MARGIN.left) / slot
    const index = Math.min(Math.max(Math.floor(across), 0), buckets.length - 1)
    const share = across - index
    const down = event.clientY - area.top
    const own = boxes.filter(it => it.index === index)
    const hit = own.find(
      it =>
        share >= it.from &&
        share <= it.from + it.width &&
        down >= Math.min(y(it.y0), y(it.y1)) &&
        down <= Math.max(y(it.y0), y(it.y1)),
    )
    const beside = own.find(it => arrangement === 'grouped' && share <= it.from + it.width)
    return { index, part: (hit ?? beside)?.part ?? null, isHit: hit !== undefined }
  }

  const onKeyDown = (event: React.KeyboardEvent) => {
    const end = buckets.length - 1
    const { key } = event
    if (key === 'ArrowRight') setAt(it => Math.min((it ?? -1) + 1, end))
    else if (key === 'ArrowLeft') setAt(it => Math.max((it ?? end + 1) - 1, 0))
    else if (key === 'Home') setAt(0)
    else if (key === 'End') setAt(end)
    else if (key === 'ArrowDown') setChosen(it => Math.min(it + 1, parts.length - 1))
    else if (key === 'ArrowUp') setChosen(it => Math.max(it - 1, 0))
    else if (key === 'Enter' && at !== null) active?.onInspect(at)
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
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys walk the bars, Enter opens one
        tabIndex={0}
        aria-label={`${label}. ${t.explore.barKeys}`}
        className="relative touch-pan-y rounded-md"
        style={{ height: HEIGHT }}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        onPointerMove={event => {
          const near = nearest(event)
          if (near) {
            setAt(near.index)
            if (near.part !== null) setChosen(near.part)
          }
        }}
        onPointerLeave={() => setAt(null)}
        onClick={event => {
          const near = nearest(event)
          if (near?.isHit && near.part !== null) parts[near.part]?.onInspect(near.index)
        }}
      >
        {width > 0 && (
          <svg width={width} height={HEIGHT} aria-hidden="true" className="block max-w-full cursor-pointer">
            {marks.map(value => (
              <g key={value}>
                <line
                  x1={MARGIN.left}
                  x2={width - MARGIN.right}
                  y1={Math.round(y(value)) + 0.5}
                  y2={Math.round(y(value)) + 0.5}
                  stroke={value === 0 ? 'var(--line2)' : 'var(--line)'}
                />
                <text
                  x={MARGIN.left - 8}
                  y={y(value) + 4}
                  textAnchor="end"
                  fontSize={12}
                  fill="var(--ink3)"
                  className="tabular-nums"
                >
                  {axis(value)}
                </text>
              </g>
            ))}
            {at !== null && (
              <rect
                x={MARGIN.left + at * slot}
                y={MARGIN.top}
                width={slot}
                height={HEIGHT - MARGIN.top - MARGIN.bottom}
                fill="var(--sunken)"
              />
            )}
            {boxes.map(it => (
              <rect
                key={`${it.index} ${it.part}`}
                x={x(it.index, it.from)}
                width={Math.max(it.width * slot, 1)}
                y={Math.min(y(it.y0), y(it.y1))}
                height={Math.abs(y(it.y0) - y(it.y1))}
                fill={parts[it.part]?.color}
                opacity={it.index >= incompleteFrom ? 0.55 : 1}
                stroke={at === it.index && chosen === it.part ? 'var(--ink)' : 'none'}
                strokeWidth={1.5}
              />
            ))}
            {line && <NetLine values={line} x={index => x(index)} y={y} />}
            {mark && (
              <g>
                <line
                  x1={x(mark.after, 1)}
                  x2={x(mark.after, 1)}
                  y1={MARGIN.top}
                  y2={HEIGHT - MARGIN.bottom}
                  stroke="var(--ink2)"
                  strokeDasharray="4 3"
                />
                <text
                  x={x(mark.after, 1) + (mark.after > buckets.length / 2 ? -6 : 6)}
                  y={MARGIN.top + 12}
                  textAnchor={mark.after > buckets.length / 2 ? 'end' : 'start'}
                  fontSize={12}
                  fontWeight={600}
                  fill="var(--ink2)"
                >
                  {mark.label}
                </text>
              </g>
            )}
            {edges?.map((edge, index) =>
              (edges.length - 1 - index) % every === 0 ? (
                <text
                  // biome-ignore lint/suspicious/noArrayIndexKey: an edge is its place; close ones may read alike
                  key={index}
                  x={x(index, 0)}
                  y={HEIGHT - 8}
                  textAnchor={index === edges.length - 1 ? 'end' : index === 0 ? 'start' : 'middle'}
                  fontSize={12}
                  fill="var(--ink3)"
                >
                  {edge}
                </text>
              ) : null,
            )}
            {buckets.map((bucket, index) =>
              !edges && (buckets.length - 1 - index) % every === 0 ? (
                <text
                  // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place; narrow ones may read alike
                  key={index}
                  x={x(index)}
                  y={HEIGHT - 8}
                  textAnchor="middle"
                  fontSize={12}
                  fill="var(--ink3)"
                >
                  {format.bucket(bucket, interval)}
                </text>
              ) : null,
            )}
          </svg>
        )}
        {at !== null && width > 0 && (
          <Tooltip
            at={x(at)}
            width={width}
            bucket={buckets[at] ?? ''}
            index={at}
            interval={interval}
            lines={parts}
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

interface NetLineProps {
  values: (number | null)[]
  x: (index: number) => number
  y: (value: number) => number
}

function NetLine({ values, x, y }: NetLineProps) {
  const points = values.flatMap((it, index) =>
    it === null ? [] : [`${x(index).toFixed(1)},${y(it).toFixed(1)}`],
  )
  return (
    <g>
      <polyline points={points.join(' ')} fill="none" stroke="var(--surface)" strokeWidth={4} />
      <polyline points={points.join(' ')} fill="none" stroke="var(--ink)" strokeWidth={1.75} />
    </g>
  )
}
