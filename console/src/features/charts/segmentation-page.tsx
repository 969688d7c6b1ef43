/** Segmentation: how much, how many, over time. */
import { useQuery } from '@tanstack/react-query'
import { ChartLine, Download } from 'lucide-react'
import { useState } from 'react'
import { eventsQuery } from '~/api/catalog'
import type { Interval, SegmentationAnswer } from '~/api/types'
import { useFormat, useLanguage, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { useInspect } from '~/inspect/inspect'
import {
  funnelLink,
  readSegmentation,
  SEGMENTATION_DEFAULTS,
  type SegmentationState,
  segmentationQuery,
} from '~/lib/charts'
import { download, toCsv } from '~/lib/csv'
import { isAnyEvent, isChosen } from '~/lib/filters'
import { Button, LinkButton } from '~/ui/button'
import { Card, Page } from '~/ui/page'
import { Select } from '~/ui/select'
import { Empty } from '~/ui/state'
import { AnswerFooter, ChartFrame, Result } from './chart-frame'
import { type Line, LineChart } from './line-chart'
import { RangePicker } from './range-picker'
import { rowColor, rowDash } from './rows'
import { SegmentationRail } from './segmentation-rail'
import { SegmentationTable, type SeriesRow, useSeriesRows } from './segmentation-table'
import { suggestEvents } from './suggestions'
import { useChartAnswer } from './use-chart-answer'
import { useChartState } from './use-chart-state'

const INTERVALS: Interval[] = ['hour', 'day', 'week', 'month', 'quarter']
/** Lines drawn at first; the table switches the others on. */
const DRAWN_AT_FIRST = 8

export function SegmentationPage() {
  const { t } = useLanguage()
  const [state, change] = useChartState(
    '/shell/explore/segmentation',
    SEGMENTATION_DEFAULTS,
    readSegmentation,
  )
  const query = segmentationQuery(state)
  const { answer, error, isStale, isFetching, retry } = useChartAnswer(query)
  const events = state.series.map(it => it.select)
  return (
    <Page
      wide
      title={t.charts.segmentation}
      intro={t.charts.segmentationIntro}
      actions={
        <>
          {events.length > 1 && events.every(it => !isAnyEvent(it)) && (
            <LinkButton
              look="ghost"
              to="/explore/funnel"
              search={{
                q: funnelLink({
                  range: state.range,
                  segments: state.segments,
                  where: state.where,
                  steps: events,
                }),
              }}
            >
              {t.charts.seeAsFunnel}
            </LinkButton>
          )}
          <Select
            label={t.charts.interval}
            hideLabel
            value={state.interval}
            onChange={interval => change({ interval })}
            options={INTERVALS.map(it => ({ id: it, label: t.charts.intervals[it] }))}
          />
          <RangePicker value={state.range} onChange={range => change({ range })} />
        </>
      }
    >
      <ChartFrame hasQuery={query !== null} rail={<SegmentationRail state={state} change={change} />}>
        <Result
          hasQuery={query !== null}
          hasAnswer={answer !== undefined}
          error={error}
          isStale={isStale}
          isFetching={isFetching}
          onRetry={retry}
          empty={
            <NoSeries
              onChoose={event =>
                change({
                  series: [
                    ...state.series.filter(it => isChosen(it.select)),
                    { select: { event }, measure: 'people' },
                  ],
                })
              }
            />
          }
        >
          {answer && <Answer answer={answer} state={state} />}
        </Result>
      </ChartFrame>
    </Page>
  )
}

function Answer({ answer, state }: { answer: SegmentationAnswer; state: SegmentationState }) {
  const { t } = useLanguage()
  const inspect = useInspect()
  const format = useFormat()
  const rows = useSeriesRows(answer, state)
  const [switched, setSwitched] = useState<ReadonlySet<string>>(new Set())
  const { buckets } = answer.result
  const isShown = (row: SeriesRow, index: number) => switched.has(row.name) !== index < DRAWN_AT_FIRST
  const lines = rows.flatMap((row, index): Line[] =>
    isShown(row, index)
      ? [
          {
            name: row.name,
            color: rowColor(index),
            dash: rowDash(index),
            points: row.points,
            format: row.format,
            onInspect: at => {
              const cell = row.points[at]
              const day = format.bucket(buckets[at] ?? '', state.interval)
              if (cell?.cell && cell.value) {
                inspect({ cell: cell.cell, title: row.name, detail: day, name: `${row.name}, ${day}` })
              }
            },
          },
        ]
      : [],
  )
  const toggle = (name: string) => {
    const next = new Set(switched)
    if (!next.delete(name)) next.add(name)
    setSwitched(next)
  }
  return (
    <>
      <Card flush title={<Legend rows={rows} isShown={isShown} />}>
        <LineChart
          label={t.charts.chartSummary(
            rows
              .map(it => `${it.name} ${it.format(it.total.value)}`)
              .slice(0, 5)
              .join(', '),
          )}
          buckets={buckets}
          interval={state.interval}
          lines={lines}
          incompleteFrom={incompleteFrom(answer)}
        />
        <AnswerFooter answer={answer} meaning={meaningOf(state, t)} />
      </Card>
      <Card flush title={t.charts.table} actions={<DownloadCsv rows={rows} buckets={buckets} />}>
        <SegmentationTable
          rows={rows}
          buckets={buckets}
          interval={state.interval}
          isShown={isShown}
          onToggle={toggle}
        />
      </Card>
    </>
  )
}

/** What each measure in use counts. */
function meaningOf(state: SegmentationState, t: Messages): string {
  const kinds = state.series.map(it => (typeof it.measure === 'string' ? it.measure : 'property'))
  return [...new Set(kinds)].map(it => t.charts.meanings[it]).join(' ')
}

/** The bucket of today is still filling: its number will grow. */
function incompleteFrom(answer: SegmentationAnswer): number {
  const { buckets } = answer.result
  const day = new Intl.DateTimeFormat('en-CA', {
    timeZone: answer.range.timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(new Date(answer.as_of))
  if (answer.range.to < day) return buckets.length
  const isLater = (it: string) => (it.includes('T') ? Date.parse(it) > Date.parse(answer.as_of) : it > day)
  const next = buckets.findIndex(isLater)
  return (next < 0 ? buckets.length : next) - 1
}

function Legend({
  rows,
  isShown,
}: {
  rows: SeriesRow[]
  isShown: (row: SeriesRow, index: number) => boolean
}) {
  return (
    <span className="flex flex-wrap items-baseline gap-x-6 gap-y-1 py-1.5 font-normal">
      {rows.map((row, index) =>
        isShown(row, index) ? (
          <span key={row.name} className="flex min-w-0 items-baseline gap-2">
            <span
              aria-hidden
              className="size-2.5 shrink-0 rounded-full"
              style={{ background: rowColor(index) }}
            />
            <span className="max-w-60 truncate text-sm text-ink2">{row.name}</span>
            <span className="text-lg font-semibold tabular-nums">{row.format(row.total.value)}</span>
          </span>
        ) : null,
      )}
    </span>
  )
}

function DownloadCsv({ rows, buckets }: { rows: SeriesRow[]; buckets: string[] }) {
  const save = () => {
    const head = ['series', 'total', ...buckets]
    const body = rows.map(row => [row.name, row.total.value, ...row.points.map(it => it.value)])
    download('segmentation.csv', toCsv([head, ...body]), 'text/csv')
  }
  return (
    <Button look="ghost" size="sm" onPress={save}>
      <Download size={14} aria-hidden />
      CSV
    </Button>
  )
}

function NoSeries({ onChoose }: { onChoose: (event: string) => void }) {
  const t = useT()
  const { data: events = [] } = useQuery(eventsQuery)
  const ideas = suggestEvents(events)
  return (
    <div className="rounded-xl border border-dashed border-line2/60 bg-surface">
      <Empty icon={<ChartLine size={20} aria-hidden />} title={t.charts.noSeries}>
        <p>{t.charts.noSeriesBody}</p>
        {ideas.length > 0 && (
          <ul aria-label={t.charts.ideas} className="mt-5 flex flex-wrap justify-center gap-2">
            {ideas.map(it => (
              <li key={it}>
                <Button onPress={() => onChoose(it)}>{it}</Button>
              </li>
            ))}
          </ul>
        )}
      </Empty>
    </div>
  )
}
