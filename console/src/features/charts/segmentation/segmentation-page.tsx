/** Segmentation: how much, how many, over time. */
import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { useState } from 'react'
import { eventsQuery } from '~/api/catalog'
import type { Interval, SegmentationAnswer } from '~/api/types'
import { useFormat, useLanguage, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { useInspect } from '~/inspect/inspect'
import { questionOf } from '~/lib/chart-switch'
import {
  funnelLink,
  readSegmentation,
  SEGMENTATION_DEFAULTS,
  type SegmentationState,
  segmentationQuery,
} from '~/lib/charts'
import { isAnyEvent, isChosen } from '~/lib/filters'
import { Button, LinkButton } from '~/ui/button'
import { Card, Page } from '~/ui/page'
import { Select } from '~/ui/select'
import { Empty } from '~/ui/state'
import { AnswerFooter, ChartFrame, Result } from '../chart-frame'
import { ExportButtons } from '../export'
import { incompleteFrom } from '../incomplete'
import { KindTabs } from '../kind-tabs'
import { type Line, LineChart } from '../line-chart'
import { RangePicker } from '../range-picker'
import { rowColor, rowDash } from '../rows'
import { SeriesLegend } from '../series-legend'
import { SegmentationTable, type SeriesRow, seriesSheet, useSeriesRows } from '../series-table'
import { suggestEvents } from '../suggestions'
import { useChartAnswer } from '../use-chart-answer'
import { useChartState } from '../use-chart-state'
import { SegmentationRail } from './segmentation-rail'

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
      <KindTabs kind="segmentation" question={questionOf('segmentation', state)} />
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
      <Card flush title={<SeriesLegend rows={rows} isShown={isShown} />}>
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
          incompleteFrom={incompleteFrom(buckets, answer)}
        />
        <AnswerFooter answer={answer} meaning={meaningOf(state, t)} />
      </Card>
      <Card
        flush
        title={t.charts.table}
        actions={<ExportButtons name="segmentation" sheet={() => seriesSheet(rows, buckets)} />}
      >
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
