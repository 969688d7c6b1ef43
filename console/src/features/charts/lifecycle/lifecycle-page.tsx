/** Lifecycle: new, current, resurrected and dormant people. */
import type { Cell, LifecycleAnswer, LifecycleShape } from '~/api/types'
import { useFormat, useLanguage, useT } from '~/i18n'
import { CellButton, useInspect } from '~/inspect/inspect'
import {
  FIRST_BYS,
  INTERVALS,
  LIFECYCLE_DEFAULTS,
  type LifecycleState,
  lifecycleQuery,
  readLifecycle,
} from '~/lib/chart-kinds'
import { Card } from '~/ui/page'
import { Select } from '~/ui/select'
import { Table, Td, Th, Tr } from '~/ui/table'
import { BarChart, type BarPart } from '../bar-chart'
import { ChartWhere, RailSection, Segments } from '../builder-rail'
import { BySegment, shapesOf } from '../by-segment'
import { AnswerFooter } from '../chart-frame'
import { ChartPage, NoQuestion } from '../chart-page'
import { ExportButtons } from '../export'
import { incompleteFrom } from '../incomplete'
import { Choice } from '../rail-choice'
import { SelectSection } from '../select-card'
import { useChartState } from '../use-chart-state'

const STATES = ['new', 'current', 'resurrected', 'dormant'] as const
type State = (typeof STATES)[number]
const COLORS: Record<State, string> = {
  new: 'var(--c1)',
  current: 'var(--c3)',
  resurrected: 'var(--c6)',
  dormant: 'var(--c8)',
}

export function LifecyclePage() {
  const t = useT()
  const [state, change] = useChartState('/shell/explore/lifecycle', LIFECYCLE_DEFAULTS, readLifecycle)
  return (
    <ChartPage
      kind="lifecycle"
      state={state}
      change={change}
      query={lifecycleQuery(state)}
      title={t.explore.kindNames.lifecycle}
      intro={t.explore.lifecycleIntro}
      actions={
        <Select
          label={t.charts.interval}
          hideLabel
          value={state.interval}
          onChange={interval => change({ interval })}
          options={INTERVALS.map(it => ({ id: it, label: t.charts.intervals[it] }))}
        />
      }
      rail={<LifecycleRail state={state} change={change} />}
      empty={
        <NoQuestion
          title={t.explore.noLifecycle}
          body={t.explore.noLifecycleBody}
          onChoose={event => change({ select: { event } })}
        />
      }
    >
      {answer => <Answer answer={answer} state={state} />}
    </ChartPage>
  )
}

interface RailProps {
  state: LifecycleState
  change: (part: Partial<LifecycleState>) => void
}

function LifecycleRail({ state, change }: RailProps) {
  const t = useT()
  return (
    <>
      <SelectSection title={t.explore.event} value={state.select} onChange={select => change({ select })} />
      <RailSection title={t.explore.states.new}>
        <Choice
          label={t.explore.firstBy}
          value={state.first_by}
          options={FIRST_BYS}
          names={t.explore.firstBys}
          onChange={first_by => change({ first_by })}
        />
      </RailSection>
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.segments}>
        <Segments value={state.segments} onChange={segments => change({ segments })} />
      </RailSection>
    </>
  )
}

/** New and resurrected people less dormant ones. */
const netOf = (shape: LifecycleShape, index: number) =>
  (shape.new[index]?.value ?? 0) + (shape.resurrected[index]?.value ?? 0) - (shape.dormant[index]?.value ?? 0)

function Answer({ answer, state }: { answer: LifecycleAnswer; state: LifecycleState }) {
  const { t, lang } = useLanguage()
  const format = useFormat()
  const inspect = useInspect()
  return (
    <BySegment shapes={shapesOf<LifecycleShape>(answer.result)}>
      {(shape, choice) => {
        const { buckets } = shape
        const when = (index: number) => format.bucket(buckets[index] ?? '', state.interval)
        const parts = STATES.map(
          (it): BarPart => ({
            name: t.explore.states[it],
            color: COLORS[it],
            points: shape[it],
            format: format.number,
            isBelow: it === 'dormant',
            onInspect: index => {
              const cell = shape[it][index]
              if (!cell?.cell || !cell.value) return
              const name = t.explore.stateIn(t.explore.states[it], when(index))
              inspect({ cell: cell.cell, title: t.explore.states[it], detail: when(index), name })
            },
          }),
        )
        const net = buckets.map((_, index) => netOf(shape, index))
        return (
          <>
            <Card flush title={<Legend />} actions={choice}>
              <BarChart
                label={t.charts.chartSummary(t.explore.kindNames.lifecycle)}
                buckets={buckets}
                interval={state.interval}
                parts={parts}
                arrangement="stacked"
                axis={it => format.compact(Math.abs(it))}
                line={net}
                incompleteFrom={incompleteFrom(buckets, answer)}
              />
              <AnswerFooter
                answer={answer}
                meaning={
                  lang === 'en' ? undefined : t.explore.lifecycleMeaning(t.explore.firstBys[state.first_by])
                }
              />
            </Card>
            <Card
              flush
              title={t.charts.table}
              actions={
                <ExportButtons
                  name="lifecycle"
                  sheet={() => [
                    ['state', ...buckets],
                    ...STATES.map(it => [it, ...shape[it].map(cell => cell.value)]),
                    ['net', ...net],
                    ['pulse', ...shape.pulse],
                  ]}
                />
              }
            >
              <LifecycleTable shape={shape} net={net} when={when} />
            </Card>
          </>
        )
      }}
    </BySegment>
  )
}

function Legend() {
  const t = useT()
  return (
    <span className="flex flex-wrap items-center gap-x-5 gap-y-1 py-1.5 text-sm font-normal text-ink2">
      {STATES.map(it => (
        <span key={it} className="flex items-center gap-2" title={t.explore.stateNotes[it]}>
          <span aria-hidden className="size-2.5 rounded-sm" style={{ background: COLORS[it] }} />
          {t.explore.states[it]}
        </span>
      ))}
      <span className="flex items-center gap-2">
        <span aria-hidden className="h-0.5 w-4 bg-ink" />
        {t.explore.net}
      </span>
    </span>
  )
}

interface TableProps {
  shape: LifecycleShape
  net: number[]
  when: (index: number) => string
}

function LifecycleTable({ shape, net, when }: TableProps) {
  const t = useT()
  const format = useFormat()
  const head = 'sticky left-0 z-10 bg-surface whitespace-nowrap'
  const cells = (state: State, row: Cell[]) =>
    row.map((cell, index) => (
      <Td key={shape.buckets[index]} right muted>
        <CellButton
          cell={cell}
          title={t.explore.states[state]}
          detail={when(index)}
          name={t.explore.stateIn(t.explore.states[state], when(index))}
        >
          {format.number(cell.value)}
        </CellButton>
      </Td>
    ))
  return (
    <Table label={t.charts.table}>
      <thead>
        <tr>
          <Th className={head} />
          {shape.buckets.map((it, index) => (
            <Th key={it} right>
              {when(index)}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {STATES.map(it => (
          <Tr key={it} className="group/row">
            <Td className={`${head} group-hover/row:bg-bg`}>
              <span className="flex items-center gap-2">
                <span aria-hidden className="size-2.5 rounded-sm" style={{ background: COLORS[it] }} />
                <span>
                  {t.explore.states[it]}
                  <span className="block text-xs text-ink3 max-sm:hidden">{t.explore.stateNotes[it]}</span>
                </span>
              </span>
            </Td>
            {cells(it, shape[it])}
          </Tr>
        ))}
        <Tr className="group/row">
          <Td className={`${head} font-semibold group-hover/row:bg-bg`}>{t.explore.net}</Td>
          {net.map((it, index) => (
            <Td key={shape.buckets[index]} right className="font-semibold tabular-nums">
              {it > 0 ? '+' : ''}
              {format.number(it)}
            </Td>
          ))}
        </Tr>
        <Tr className="group/row">
          <Td className={`${head} group-hover/row:bg-bg`}>
            {t.explore.pulse}
            <span className="block text-xs text-ink3 max-sm:hidden">{t.explore.pulseNote}</span>
          </Td>
          {shape.pulse.map((it, index) => (
            <Td key={shape.buckets[index]} right muted>
              {format.number(it)}
            </Td>
          ))}
        </Tr>
      </tbody>
    </Table>
  )
}
