/** The first page: the numbers of the week, what is being sent, and where to begin. */
import { useQuery } from '@tanstack/react-query'
import { ArrowDownRight, ArrowUpRight } from 'lucide-react'
import { eventsQuery } from '~/api/catalog'
import { chartQuery } from '~/api/charts'
import { asProblem } from '~/api/problem'
import type { Measure, SegmentationQuery, Selector } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { cx } from '~/ui/cx'
import { Card, Page } from '~/ui/page'
import { Sparkline } from '~/ui/sparkline'
import { Failed, Notice, Skeleton } from '~/ui/state'
import { Recent } from './recent-campaigns'
import { StartHere } from './start-here'

const DAYS = 7
const ORDER = 'Order Completed'
const REFRESH_MS = 30_000

interface Figure {
  name: string
  select: Selector
  measure: Measure
  money?: boolean
}

export function HomePage() {
  const t = useT()
  const events = useQuery(eventsQuery)
  // Until it is known there is room for all of them, so that nothing below moves.
  const hasOrders = events.data?.some(it => it.name === ORDER) ?? true
  const figures: Figure[] = [
    { name: t.home.active, select: { any_event: true }, measure: 'people' },
    ...(hasOrders
      ? [
          { name: t.home.orders, select: { event: ORDER }, measure: 'events' as const },
          {
            name: t.home.revenue,
            select: { event: ORDER },
            measure: { fn: 'sum' as const, property: 'event.revenue' },
            money: true,
          },
        ]
      : []),
  ]
  return (
    <Page title={t.home.title}>
      <div className="flex flex-col gap-4">
        {events.error ? (
          <Card flush>
            <Failed error={events.error} onRetry={() => void events.refetch()} />
          </Card>
        ) : (
          <div className="grid gap-4 sm:grid-cols-3">
            {figures.map(it => (
              <FigureCard key={it.name} figure={it} isReady={events.data !== undefined} />
            ))}
          </div>
        )}
        <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <Recent />
          <StartHere />
        </div>
      </div>
    </Page>
  )
}

const query = (figure: Figure, offset: number): SegmentationQuery => ({
  kind: 'segmentation',
  range: { last: DAYS, unit: 'day', ...(offset > 0 ? { offset } : {}) },
  interval: 'day',
  series: [{ name: 'A', select: figure.select, measure: figure.measure }],
})

/** Each figure asks for itself: a slow one keeps no other waiting. */
function FigureCard({ figure, isReady }: { figure: Figure; isReady: boolean }) {
  const t = useT()
  const format = useFormat()
  const now = useQuery({ ...chartQuery(query(figure, 0)), enabled: isReady, refetchInterval: REFRESH_MS })
  const earlier = useQuery({ ...chartQuery(query(figure, DAYS)), enabled: isReady })
  const series = now.data?.result.series[0]
  const before = earlier.data?.result.series[0]?.total.value ?? null
  const value = series?.total.value ?? null
  const change = before && value !== null ? value / before - 1 : null
  const print = (it: number | null) => (figure.money ? format.money(it) : format.number(it))
  return (
    <Card>
      <p className="text-sm font-medium text-ink2">{figure.name}</p>
      {now.error && !series ? (
        <Notice tone="bad" className="mt-2">
          {wordFor(t.problems, asProblem(now.error).code, now.error.message)}
        </Notice>
      ) : series ? (
        <>
          <div className="mt-1 flex items-end justify-between gap-3">
            <p className="text-2xl font-semibold tabular-nums">{print(value)}</p>
            <Sparkline
              values={series.points.map(it => it.value ?? 0)}
              label={t.home.trend(figure.name)}
              isOpenEnded
              width={112}
              height={36}
            />
          </div>
          <p className="mt-1 flex items-center gap-1 text-xs text-ink3">
            {change !== null && (
              <span
                className={cx(
                  'flex items-center font-semibold tabular-nums',
                  change >= 0 ? 'text-good' : 'text-bad',
                )}
              >
                {change >= 0 ? (
                  <ArrowUpRight size={13} aria-hidden />
                ) : (
                  <ArrowDownRight size={13} aria-hidden />
                )}
                {change > 0 ? '+' : ''}
                {format.percent(change)}
              </span>
            )}
            {t.home.last7}
            {change !== null && ` · ${t.home.versus}`}
          </p>
        </>
      ) : (
        <Skeleton className="mt-1 h-[3.625rem]" />
      )}
    </Card>
  )
}
