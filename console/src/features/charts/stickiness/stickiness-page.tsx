/** Stickiness: on how many days people do it. */
import type { StickinessAnswer, StickinessRow } from '~/api/types'
import { describeSelector, useWords } from '~/builder/describe'
import { useFormat, useLanguage, useT } from '~/i18n'
import { CellButton, useInspect } from '~/inspect/inspect'
import {
  INTERVALS,
  readStickiness,
  STICKINESS_DEFAULTS,
  STICKINESS_PERIODS,
  type StickinessState,
  stickinessQuery,
} from '~/lib/chart-kinds'
import { eventOf } from '~/lib/filters'
import { NumberField } from '~/ui/field'
import { Card } from '~/ui/page'
import { Table, Td, Th, Tr } from '~/ui/table'
import { BarChart, type BarPart } from '../bar-chart'
import { ChartWhere, GroupBy, RailSection, Segments } from '../builder-rail'
import { AnswerFooter } from '../chart-frame'
import { ChartPage, NoQuestion } from '../chart-page'
import { ExportButtons } from '../export'
import { Choice, Tick } from '../rail-choice'
import { overallFirst, rowColor, rowName } from '../rows'
import { SelectSection } from '../select-card'
import { useChartState } from '../use-chart-state'

export function StickinessPage() {
  const t = useT()
  const [state, change] = useChartState('/shell/explore/stickiness', STICKINESS_DEFAULTS, readStickiness)
  return (
    <ChartPage
      kind="stickiness"
      state={state}
      change={change}
      query={stickinessQuery(state)}
      title={t.explore.kindNames.stickiness}
      intro={t.explore.stickinessIntro}
      rail={<StickinessRail state={state} change={change} />}
      empty={
        <NoQuestion
          title={t.explore.noStickiness}
          body={t.explore.noStickinessBody}
          onChoose={event => change({ select: { event } })}
        />
      }
    >
      {answer => <Answer answer={answer} state={state} />}
    </ChartPage>
  )
}

interface RailProps {
  state: StickinessState
  change: (part: Partial<StickinessState>) => void
}

function StickinessRail({ state, change }: RailProps) {
  const t = useT()
  return (
    <>
      <SelectSection title={t.explore.event} value={state.select} onChange={select => change({ select })} />
      <RailSection title={t.charts.measure}>
        <div className="flex flex-col gap-3">
          <Choice
            label={t.explore.period}
            value={state.period}
            options={STICKINESS_PERIODS}
            names={t.explore.periods}
            onChange={period => change({ period })}
          />
          {state.period === 'range' && (
            <Choice
              label={t.charts.interval}
              value={INTERVALS.find(it => it === state.interval) ?? 'day'}
              options={INTERVALS}
              names={t.charts.intervals}
              onChange={interval => change({ interval })}
            />
          )}
          <NumberField
            label={t.explore.atLeast}
            hint={t.explore.times}
            value={state.at_least}
            minValue={1}
            maxValue={10_000}
            onChange={at_least => change({ at_least })}
          />
          <Tick
            label={t.explore.cumulative}
            isSelected={state.cumulative}
            onChange={cumulative => change({ cumulative })}
          />
        </div>
      </RailSection>
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.groupBy}>
        <GroupBy
          event={eventOf(state.select) || undefined}
          value={state.group_by}
          onChange={group_by => change({ group_by })}
        />
      </RailSection>
      <RailSection title={t.charts.segments}>
        <Segments value={state.segments} onChange={segments => change({ segments })} />
      </RailSection>
    </>
  )
}

const ROWS_DRAWN = 6

/** Of people by exactly so many days, how many days they have on average. */
function average(row: StickinessRow, isCumulative: boolean): number | null {
  const { counts } = row
  const people = isCumulative ? (counts[0]?.value ?? 0) : counts.reduce((sum, it) => sum + it.value, 0)
  if (people === 0) return null
  // The people with one day or more, with two or more and so on add up to all their days.
  const days = counts.reduce((sum, it) => sum + it.value * (isCumulative ? 1 : it.days), 0)
  return days / people
}

function Answer({ answer, state }: { answer: StickinessAnswer; state: StickinessState }) {
  const { t, lang } = useLanguage()
  const format = useFormat()
  const words = useWords()
  const inspect = useInspect()
  const rows = overallFirst(answer.result.rows)
  const event = describeSelector(state.select, words)
  const dayName = (days: number) =>
    state.period === 'range' && state.interval !== 'day'
      ? t.explore.daysOf(days, t.charts.intervals[state.interval])
      : t.explore.days(days, state.cumulative)
  const days = [...new Set(rows.flatMap(it => it.counts.map(count => count.days)))].sort((a, b) => a - b)
  const at = (row: StickinessRow, day: number) => row.counts.find(it => it.days === day)
  const parts = rows.slice(0, ROWS_DRAWN).map(
    (row, index): BarPart => ({
      name: rowName(row, t, format),
      color: rowColor(index),
      points: days.map(it => ({ value: at(row, it)?.rate ?? null, cell: null })),
      format: format.percent,
      onInspect: place => {
        const count = at(row, days[place] ?? 0)
        if (!count?.cell || !count.value) return
        const name = t.explore.doneOn(event, dayName(count.days))
        inspect({ cell: count.cell, title: name, detail: rowName(row, t, format), name })
      },
    }),
  )
  return (
    <>
      <Card flush title={<Legend rows={rows.slice(0, ROWS_DRAWN)} isCumulative={state.cumulative} />}>
        <BarChart
          label={t.charts.chartSummary(t.explore.kindNames.stickiness)}
          buckets={days.map(dayName)}
          interval="day"
          parts={parts}
          arrangement="grouped"
          axis={format.percent}
          incompleteFrom={days.length}
        />
        <AnswerFooter
          answer={answer}
          meaning={
            lang === 'en'
              ? undefined
              : t.explore.stickinessMeaning(t.explore.periods[state.period], format.number(state.at_least))
          }
        />
      </Card>
      <Card
        flush
        title={t.charts.table}
        actions={
          <ExportButtons
            name="stickiness"
            sheet={() => [
              ['row', ...days.flatMap(it => [`${it} days`, `${it} days rate`])],
              ...rows.map(row => [
                rowName(row, t, format),
                ...days.flatMap(it => [at(row, it)?.value ?? null, at(row, it)?.rate ?? null]),
              ]),
            ]}
          />
        }
      >
        <Table label={t.charts.table}>
          <thead>
            <tr>
              <Th className="sticky left-0 z-10 bg-surface">{t.charts.row}</Th>
              {days.map(it => (
                <Th key={it} right>
                  {dayName(it)}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(row => {
              const name = rowName(row, t, format)
              return (
                <Tr key={name} className="group/row">
                  <Td className="sticky left-0 z-10 max-w-56 truncate bg-surface group-hover/row:bg-bg">
                    {name}
                  </Td>
                  {days.map(it => {
                    const count = at(row, it)
                    const done = t.explore.doneOn(event, dayName(it))
                    return (
                      <Td key={it} right>
                        <CellButton cell={count} title={done} detail={name} name={done}>
                          {format.number(count?.value)}
                        </CellButton>
                        <span className="block text-xs text-ink3">{format.percent(count?.rate)}</span>
                      </Td>
                    )
                  })}
                </Tr>
              )
            })}
          </tbody>
        </Table>
      </Card>
    </>
  )
}

function Legend({ rows, isCumulative }: { rows: StickinessRow[]; isCumulative: boolean }) {
  const t = useT()
  const format = useFormat()
  return (
    <span className="flex flex-wrap items-baseline gap-x-6 gap-y-1 py-1.5 font-normal">
      {rows.map((row, index) => {
        const mean = average(row, isCumulative)
        const name = rowName(row, t, format)
        return (
          <span key={name} className="flex min-w-0 items-baseline gap-2">
            <span
              aria-hidden
              className="size-2.5 shrink-0 rounded-sm"
              style={{ background: rowColor(index) }}
            />
            <span className="max-w-60 truncate text-sm text-ink2">{name}</span>
            {mean !== null && (
              <span className="text-sm font-semibold tabular-nums">
                {t.explore.averageDays(format.number(mean, 2))}
              </span>
            )}
          </span>
        )
      })}
    </span>
  )
}
