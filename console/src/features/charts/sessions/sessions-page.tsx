/** Sessions: visits, how long they last and how much happens in them. */
import { useState } from 'react'
import type { SessionMeasure, SessionsAnswer } from '~/api/types'
import { type Format, useFormat, useLanguage, useT } from '~/i18n'
import { useInspect } from '~/inspect/inspect'
import {
  INTERVALS,
  readSessions,
  SESSION_MEASURES,
  SESSIONS_DEFAULTS,
  type SessionsState,
  sessionsQuery,
} from '~/lib/chart-kinds'
import { Card } from '~/ui/page'
import { Select } from '~/ui/select'
import { ChartWhere, GroupBy, RailSection, Segments } from '../builder-rail'
import { AnswerFooter } from '../chart-frame'
import { ChartPage } from '../chart-page'
import { ExportButtons } from '../export'
import { incompleteFrom } from '../incomplete'
import { type Line, LineChart } from '../line-chart'
import { Choice } from '../rail-choice'
import { overallFirst, rowColor, rowDash, rowName } from '../rows'
import { SeriesLegend } from '../series-legend'
import { SegmentationTable, type SeriesRow, seriesSheet } from '../series-table'
import { useChartState } from '../use-chart-state'

export function SessionsPage() {
  const t = useT()
  const [state, change] = useChartState('/shell/explore/sessions', SESSIONS_DEFAULTS, readSessions)
  return (
    <ChartPage
      kind="sessions"
      state={state}
      change={change}
      query={sessionsQuery(state)}
      title={t.explore.kindNames.sessions}
      intro={t.explore.sessionsIntro}
      actions={
        <Select
          label={t.charts.interval}
          hideLabel
          value={state.interval}
          onChange={interval => change({ interval })}
          options={INTERVALS.map(it => ({ id: it, label: t.charts.intervals[it] }))}
        />
      }
      rail={
        <>
          <RailSection title={t.charts.measure} hint={t.explore.sessionGap}>
            <Choice
              label={t.explore.sessionMeasure}
              value={state.measure}
              options={SESSION_MEASURES}
              names={t.explore.sessionMeasures}
              onChange={measure => change({ measure })}
            />
          </RailSection>
          <ChartWhere value={state.where} onChange={where => change({ where })} />
          <RailSection title={t.charts.groupBy}>
            <GroupBy value={state.group_by} onChange={group_by => change({ group_by })} />
          </RailSection>
          <RailSection title={t.charts.segments}>
            <Segments value={state.segments} onChange={segments => change({ segments })} />
          </RailSection>
        </>
      }
      empty={null}
    >
      {answer => <Answer answer={answer} state={state} />}
    </ChartPage>
  )
}

function formatOf(measure: SessionMeasure, format: Format): (value: number | null) => string {
  if (measure === 'length') return format.duration
  if (measure === 'bounce_rate') return format.percent
  return it => format.number(it)
}

const DRAWN_AT_FIRST = 8

function Answer({ answer, state }: { answer: SessionsAnswer; state: SessionsState }) {
  const { t, lang } = useLanguage()
  const format = useFormat()
  const inspect = useInspect()
  const [switched, setSwitched] = useState<ReadonlySet<string>>(new Set())
  const { buckets, series } = answer.result
  const isSplit = series.length > 1
  const rows = overallFirst(series).map(
    (it): SeriesRow => ({
      key: rowName(it, t, format),
      name: isSplit ? rowName(it, t, format) : t.explore.sessionMeasures[state.measure],
      points: it.points,
      total: it.total,
      format: formatOf(state.measure, format),
    }),
  )
  const isShown = (row: SeriesRow, index: number) => switched.has(row.key) !== index < DRAWN_AT_FIRST
  const toggle = (name: string) => {
    const next = new Set(switched)
    if (!next.delete(name)) next.add(name)
    setSwitched(next)
  }
  const lines = rows.flatMap((row, index): Line[] => {
    if (!isShown(row, index)) return []
    const { name, points } = row
    return [
      {
        name,
        color: rowColor(index),
        dash: rowDash(index),
        points,
        format: row.format,
        onInspect: at => {
          const cell = points[at]
          const day = format.bucket(buckets[at] ?? '', state.interval)
          if (cell?.cell && cell.value) {
            inspect({ cell: cell.cell, title: name, detail: day, name: `${name}, ${day}` })
          }
        },
      },
    ]
  })
  return (
    <>
      <Card flush title={<SeriesLegend rows={rows} isShown={isShown} />}>
        <LineChart
          label={t.charts.chartSummary(rows.map(it => `${it.name} ${it.format(it.total.value)}`).join(', '))}
          buckets={buckets}
          interval={state.interval}
          lines={lines}
          incompleteFrom={incompleteFrom(buckets, answer)}
          axis={state.measure === 'length' ? format.duration : undefined}
        />
        <AnswerFooter
          answer={answer}
          meaning={lang === 'en' ? undefined : t.explore.sessionMeanings[state.measure]}
        />
      </Card>
      <Card
        flush
        title={t.charts.table}
        actions={<ExportButtons name="sessions" sheet={() => seriesSheet(rows, buckets)} />}
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
