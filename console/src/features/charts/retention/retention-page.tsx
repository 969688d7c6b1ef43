/** Retention: who comes back. */

import { UsersRound } from 'lucide-react'
import { useState } from 'react'
import type { RetentionAnswer, RetentionCell } from '~/api/types'
import { describeSelector, useWords } from '~/builder/describe'
import { type Format, useFormat, useLanguage, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import {
  RETENTION_DEFAULTS,
  RETENTION_INTERVALS,
  type RetentionState,
  readRetention,
  retentionQuery,
} from '~/lib/chart-kinds'
import { propertyName } from '~/lib/filters'
import { type RetentionGroup, retentionGroups } from '~/lib/retention'
import { Card } from '~/ui/page'
import { Segmented, Select } from '~/ui/select'
import { Empty } from '~/ui/state'
import { AnswerFooter } from '../chart-frame'
import { ChartPage, NoQuestion } from '../chart-page'
import { ExportButtons, type Sheet } from '../export'
import { type Line, LineChart } from '../line-chart'
import { rowColor, rowDash, rowName } from '../rows'
import { useChartState } from '../use-chart-state'
import { HeatLegend, HeatTable } from './heat-table'
import { RetentionRail, unitOf } from './retention-rail'

export function RetentionPage() {
  const t = useT()
  const [state, change] = useChartState('/shell/explore/retention', RETENTION_DEFAULTS, readRetention)
  return (
    <ChartPage
      kind="retention"
      state={state}
      change={change}
      query={retentionQuery(state)}
      title={t.explore.kindNames.retention}
      intro={t.explore.retentionIntro}
      actions={
        <Select
          label={t.charts.interval}
          hideLabel
          value={unitOf(state.interval)}
          onChange={interval => change({ interval })}
          options={RETENTION_INTERVALS.map(it => ({ id: it, label: t.charts.intervals[it] }))}
        />
      }
      rail={<RetentionRail state={state} change={change} />}
      empty={
        <NoQuestion
          title={t.explore.noRetention}
          body={t.explore.noRetentionBody}
          onChoose={event => change({ start: { event } })}
        />
      }
    >
      {answer => <Answer answer={answer} state={state} />}
    </ChartPage>
  )
}

/** Curves drawn; the choice below has all groups. */
const CURVES_DRAWN = 8

function Answer({ answer, state }: { answer: RetentionAnswer; state: RetentionState }) {
  const { t, lang } = useLanguage()
  const format = useFormat()
  const words = useWords()
  const [chosen, setChosen] = useState('')
  const [as, setAs] = useState<'rate' | 'value'>('rate')
  const groups = retentionGroups(answer.result)
  const shown = groups.find(it => it.key === chosen) ?? groups[0]
  const unit = unitOf(state.interval)
  const { start, back } = state
  const said = { start: describeSelector(start, words), back: describeSelector(back, words) }
  const intervals =
    state.mode === 'brackets'
      ? state.brackets.map(([from, to]) => t.explore.bracketName(unit, from, to))
      : Array.from({ length: longest(groups) }, (_, n) => t.explore.intervalName(unit, n))
  const rateFormat = rateOf(state, format)
  const say = (cell: RetentionCell) => {
    // An interval that has hardly begun is not one without returns.
    if (!cell.complete && !cell.value) return '–'
    return as === 'rate' ? rateFormat(cell.rate) : format.number(cell.value)
  }
  if (!shown || groups.every(it => it.rows.every(row => !row.size.value))) {
    return (
      <Card>
        <Empty icon={<UsersRound size={20} aria-hidden />} title={t.explore.nobodyBegan}>
          {t.charts.nobodyBody}
        </Empty>
      </Card>
    )
  }
  const names = groups.map(it => rowName(it, t, format))
  return (
    <>
      <Card flush title={<CurveTitle groups={groups} names={names} state={state} />}>
        <LineChart
          label={t.charts.chartSummary(names.slice(0, 5).join(', '))}
          buckets={intervals}
          interval={unit}
          lines={groups.slice(0, CURVES_DRAWN).map(
            (group, index): Line => ({
              name: names[index] ?? '',
              color: rowColor(index),
              dash: rowDash(index),
              points: group.curve.map(it => ({ value: it.rate, cell: null })),
              format: rateFormat,
            }),
          )}
          incompleteFrom={intervals.length}
        />
        <AnswerFooter answer={answer} meaning={lang === 'en' ? undefined : meaningOf(state, t)} />
      </Card>
      <Card
        flush
        title={t.explore.heat}
        actions={<ExportButtons name="retention" sheet={() => sheetOf(groups, names, intervals)} />}
      >
        <div className="flex flex-wrap items-center gap-2 px-4 pb-2">
          {groups.length > 1 && (
            <Select
              label={t.explore.group}
              hideLabel
              value={shown.key}
              onChange={setChosen}
              options={groups.map((it, index) => ({ id: it.key, label: names[index] ?? '' }))}
            />
          )}
          <Segmented
            label={t.explore.show}
            value={as}
            onChange={setAs}
            options={[
              { id: 'rate', label: state.value ? t.explore.curveValue : t.explore.shares },
              { id: 'value', label: t.explore.counts },
            ]}
          />
        </div>
        <HeatTable
          rows={shown.rows}
          intervals={intervals}
          bucketName={it => format.bucket(it, state.interval)}
          say={say}
          {...said}
        />
        <HeatLegend hasOpen={shown.rows.some(it => it.cells.some(cell => !cell.complete))} />
      </Card>
    </>
  )
}

const longest = (groups: RetentionGroup[]) =>
  Math.max(0, ...groups.map(it => Math.max(it.curve.length, ...it.rows.map(row => row.cells.length))))

/** A share, or what a member was worth. */
function rateOf(state: RetentionState, format: Format): (value: number | null) => string {
  if (!state.value) return format.percent
  const isMoney = /^(revenue|price|amount|total)$/.test(propertyName(state.value.property))
  return it => (isMoney ? format.money(it) : format.number(it))
}

function CurveTitle(props: { groups: RetentionGroup[]; names: string[]; state: RetentionState }) {
  const { groups, names, state } = props
  const t = useT()
  return (
    <span className="flex flex-wrap items-baseline gap-x-5 gap-y-1 py-1.5">
      <span>{state.value ? t.explore.curveValue : t.explore.curve}</span>
      {groups.length > 1 &&
        groups.slice(0, CURVES_DRAWN).map((it, index) => (
          <span key={it.key} className="flex min-w-0 items-baseline gap-2 text-sm font-normal text-ink2">
            <span
              aria-hidden
              className="size-2.5 shrink-0 rounded-full"
              style={{ background: rowColor(index) }}
            />
            <span className="max-w-60 truncate" title={names[index]}>
              {names[index]}
            </span>
          </span>
        ))}
    </span>
  )
}

const meaningOf = (state: RetentionState, t: Messages) =>
  t.explore.retentionMeaning(
    t.explore.modes[state.mode],
    t.explore.clockOf[unitOf(state.interval)][state.clock],
    t.explore.startRules[state.start_rule],
  )

/** Numbers and shares side by side, as a program would want them. */
function sheetOf(groups: RetentionGroup[], names: string[], intervals: string[]): Sheet {
  const head = ['row', 'began', 'size', ...intervals.flatMap(it => [it, `${it} rate`])]
  const body = groups.flatMap((group, index) =>
    group.rows.map(row => [
      names[index] ?? '',
      row.bucket,
      row.size.value,
      ...row.cells.flatMap(it => [it.value, it.rate]),
    ]),
  )
  return [head, ...body]
}
