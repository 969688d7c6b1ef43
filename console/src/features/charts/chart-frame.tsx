/** The frame of a chart page: builder at the left, result at the right, with every state in between. */
import { Info, SlidersHorizontal } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import type { ChartAnswer } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { letter } from '~/lib/charts'
import { Button } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Failed, Skeleton } from '~/ui/state'

interface FrameProps {
  rail: ReactNode
  /** There is something to show: on a phone the builder then folds away above it. */
  hasQuery: boolean
  children: ReactNode
}

export function ChartFrame({ rail, hasQuery, children }: FrameProps) {
  const t = useT()
  const [isOpen, setOpen] = useState(!hasQuery)
  const builder = useId()
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[19rem_minmax(0,1fr)] xl:grid-cols-[22rem_minmax(0,1fr)]">
      <div className="flex min-w-0 flex-col gap-2 lg:sticky lg:top-16 lg:max-h-[calc(100vh-5rem)]">
        <Button
          className="self-start lg:hidden"
          aria-expanded={isOpen}
          aria-controls={builder}
          onPress={() => setOpen(!isOpen)}
        >
          <SlidersHorizontal size={14} aria-hidden />
          {isOpen ? t.charts.hideBuilder : t.charts.showBuilder}
        </Button>
        <div
          id={builder}
          className={cx(
            'min-h-0 rounded-xl border border-line bg-surface lg:overflow-y-auto',
            !isOpen && 'max-lg:hidden',
          )}
        >
          {rail}
        </div>
      </div>
      <div className="flex min-w-0 flex-col gap-4">{children}</div>
    </div>
  )
}

/** The builder's name for what a problem points at: `/steps/1/where` is the second step. */
function partName(pointer: string, t: Messages): string | null {
  const [, part, place] = pointer.split('/')
  const index = Number(place)
  switch (part) {
    case 'steps':
      return t.charts.stepN(index + 1)
    case 'series':
      return t.charts.seriesN(letter(index))
    case 'formulas':
      return t.options.formulaN(index + 1)
    case 'display':
      return t.options.display
    case 'compare':
      return t.options.compare
    case 'order':
      return t.options.order
    case 'count':
      return t.options.count
    case 'entry':
      return t.options.entry
    case 'hold':
      return t.options.hold
    case 'tolerance_ms':
      return t.options.tolerance
    case 'breakdown_at':
      return t.options.breakdown
    case 'bins':
      return t.options.bins
    case 'where':
      return t.charts.where
    case 'group_by':
      return t.charts.groupBy
    case 'segments':
      return t.charts.segments
    case 'range':
      return t.charts.range
    case 'window':
      return t.charts.window
    case 'start':
      return t.explore.start
    case 'back':
      return t.explore.back
    case 'select':
      return t.explore.event
    case 'mode':
      return t.explore.mode
    case 'interval':
      return t.charts.interval
    case 'intervals':
      return t.explore.intervals
    case 'value':
      return t.explore.value
    case 'anchor':
      return t.explore.anchor
    case 'exclude':
      return t.explore.exclude
    case 'expand':
      return t.explore.expand
    case 'per':
      return t.explore.per
    default:
      return null
  }
}

interface ResultProps {
  hasQuery: boolean
  hasAnswer: boolean
  error: unknown
  isStale: boolean
  isFetching: boolean
  onRetry: () => void
  empty: ReactNode
  children: ReactNode
}

/** The old result stays, dimmed, until the new one is there; nothing flashes. */
export function Result(props: ResultProps) {
  const t = useT()
  const { hasQuery, hasAnswer, error, isStale, isFetching } = props
  if (!hasQuery) return props.empty
  if (error) {
    return (
      <div className="rounded-xl border border-line bg-surface">
        <Failed error={error} onRetry={props.onRetry} nameOf={pointer => partName(pointer, t)} />
      </div>
    )
  }
  if (!hasAnswer) {
    return (
      <div role="status" className="flex flex-col gap-5 rounded-xl border border-line bg-surface p-5">
        <span className="sr-only">{t.charts.computing}</span>
        {[100, 62, 38].map(width => (
          <div key={width} style={{ width: `${width}%` }}>
            <Skeleton className="h-10" />
          </div>
        ))}
      </div>
    )
  }
  const dim = isStale && isFetching
  return (
    <div
      aria-busy={dim}
      className={cx('flex flex-col gap-4 transition-opacity duration-200', dim && 'opacity-50')}
    >
      {props.children}
    </div>
  )
}

interface FooterProps {
  answer: ChartAnswer
  /** What the numbers mean, in the reader's language where the server speaks another. */
  meaning?: string
}

export function AnswerFooter({ answer, meaning }: FooterProps) {
  const t = useT()
  const format = useFormat()
  const { range, stats } = answer
  return (
    <footer className="flex flex-col gap-1 border-t border-line px-4 py-2.5 text-xs text-ink3">
      <p className="flex items-start gap-1.5">
        <Info size={13} aria-hidden className="mt-[3px] shrink-0" />
        <span lang={meaning ? undefined : 'en'}>{meaning ?? answer.definition}</span>
      </p>
      <p className="flex flex-wrap gap-x-3 pl-[19px] tabular-nums">
        <span>
          {format.localDate(range.from)} – {format.localDate(range.to)} ({range.timezone})
        </span>
        <span>{t.charts.asOf(format.dateTime(answer.as_of))}</span>
        <span>
          {t.charts.elapsed(
            format.number(Math.round(stats.elapsed_ms)),
            format.compact(stats.events_scanned),
          )}
        </span>
      </p>
    </footer>
  )
}
