/** Segmentation: how much, how many, over time. */
import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { eventsQuery } from '~/api/catalog'
import type { Cell, Interval, SegmentationAnswer } from '~/api/types'
import { useFormat, useLanguage, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { useInspect } from '~/inspect/inspect'
import { questionOf } from '~/lib/chart-switch'
import {
  funnelLink,
  hasFrequency,
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
import { SegmentationTable, type SeriesRow, seriesSheet } from '../series-table'
import { suggestEvents } from '../suggestions'
import { useChartAnswer } from '../use-chart-answer'
import { useChartState } from '../use-chart-state'
import { DisplayBar } from './display-bar'
import { Frequency } from './frequency'
import { SegmentationRail } from './segmentation-rail'
import { useSeriesRows } from './series-rows'

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
      <ChartFrame
        hasQuery={query !== null}
        rail={<SegmentationRail state={state} change={change} error={error} />}
      >
        {query !== null && <DisplayBar state={state} change={change} />}
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
  const rows = useSeriesRows(answer, state)
  const { buckets } = answer.result
  const lines = rows.filter(it => !it.isFrequency)
  const bars = rows.filter(it => it.isFrequency)
  const footer = <AnswerFooter answer={answer} meaning={meaningOf(state, t)} />
  return (
    <>
      {lines.length > 0 && (
        <Lines answer={answer} state={state} rows={lines} footer={bars.length === 0 ? footer : null} />
      )}
      {bars.length > 0 && <Frequency rows={bars} buckets={buckets} state={state} footer={footer} />}
    </>
  )
}

interface LinesProps {
  answer: SegmentationAnswer
  state: SegmentationState
  rows: SeriesRow[]
  footer: ReactNode
}

function Lines({ answer, state, rows, footer }: LinesProps) {
  const { t } = useLanguage()
  const inspect = useInspect()
  const format = useFormat()
  const [switched, setSwitched] = useState<ReadonlySet<string>>(new Set())
  const { buckets } = answer.result
  // The answer on show may still be the one before the comparison was asked for.
  const isCompared = rows.some(it => it.previous)
  const earlier = state.compare === 'none' || !isCompared ? undefined : t.options.compareShort[state.compare]
  // Every line of earlier days is one more to tell apart.
  const atFirst = earlier ? DRAWN_AT_FIRST / 2 : DRAWN_AT_FIRST
  const isShown = (row: SeriesRow, index: number) => switched.has(row.key) !== index < atFirst
  const open = (cells: Cell[] | undefined, at: number, name: string) => {
    const cell = cells?.[at]
    const day = format.bucket(buckets[at] ?? '', state.interval)
    if (cell?.cell && cell.value) {
      inspect({ cell: cell.cell, title: name, detail: day, name: `${name}, ${day}` })
    }
  }
  const lines = rows.flatMap((row, index): Line[] => {
    if (!isShown(row, index)) return []
    const own: Line = {
      name: row.name,
      color: rowColor(index),
      dash: rowDash(index),
      points: row.points,
      format: row.format,
      onInspect: at => open(row.points, at, row.name),
    }
    if (!earlier || !row.previous) return [own]
    const name = t.options.previousOf(row.name, earlier)
    return [
      own,
      {
        ...own,
        name,
        dash: '6 5',
        points: row.previous,
        isFaint: true,
        // Those days are over, whatever today is.
        incompleteFrom: buckets.length,
        onInspect: at => open(row.previous, at, name),
      },
    ]
  })
  const toggle = (key: string) => {
    const next = new Set(switched)
    if (!next.delete(key)) next.add(key)
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
        {footer}
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
          earlier={earlier && state.compare !== 'none' ? t.options.compares[state.compare] : undefined}
        />
      </Card>
    </>
  )
}

/** What each measure in use counts, and how it is shown. */
function meaningOf(state: SegmentationState, t: Messages): string {
  const kinds = state.series.map(it => (typeof it.measure === 'string' ? it.measure : 'property'))
  const said = [...new Set(kinds)].map(it => t.charts.meanings[it])
  const display = hasFrequency(state) ? 'plain' : state.display
  if (display === 'cumulative') said.push(t.options.displayWords.cumulative)
  if (display === 'rolling_window' || display === 'rolling_average') {
    const unit = t.options.rollingUnits[state.interval]
    said.push(t.options.displayWords[display](String(state.rolling), unit))
  }
  if (state.formulas.some(it => it.trim() !== '')) said.push(t.options.formulaMeaning)
  return said.join(' ')
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
