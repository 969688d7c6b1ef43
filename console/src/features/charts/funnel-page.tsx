/** Funnels: where people stop. */
import { useQuery } from '@tanstack/react-query'
import { ArrowRight, Filter, Plus } from 'lucide-react'
import { useState } from 'react'
import { eventsQuery } from '~/api/catalog'
import type { FunnelRow, Selector } from '~/api/types'
import { DurationField } from '~/builder/duration-field'
import { useFormat, useLanguage } from '~/i18n'
import { questionOf } from '~/lib/chart-switch'
import { FUNNEL_DEFAULTS, type FunnelState, funnelQuery, readFunnel, segmentationLink } from '~/lib/charts'
import { eventOf } from '~/lib/filters'
import { Button, LinkButton } from '~/ui/button'
import { useHeir } from '~/ui/focus'
import { Card, Page } from '~/ui/page'
import { Empty } from '~/ui/state'
import { ChartWhere, GroupBy, RailSection, Segments, SelectorCard } from './builder-rail'
import { AnswerFooter, ChartFrame, Result } from './chart-frame'
import { ExportButtons } from './export'
import { FunnelChart } from './funnel-chart'
import { FunnelTable } from './funnel-table'
import { KindTabs } from './kind-tabs'
import { RangePicker } from './range-picker'
import { overallFirst, rowName } from './rows'
import { suggestFunnels } from './suggestions'
import { useChartAnswer } from './use-chart-answer'
import { useChartState } from './use-chart-state'

export function FunnelPage() {
  const { t, lang } = useLanguage()
  const [state, change] = useChartState('/shell/explore/funnel', FUNNEL_DEFAULTS, readFunnel)
  const query = funnelQuery(state)
  const { answer, error, isStale, isFetching, retry } = useChartAnswer(query)
  const rows = overallFirst(answer?.result.rows ?? [])
  const total = rows[0]
  const span = t.duration(state.window.n, state.window.unit)
  return (
    <Page
      wide
      title={t.charts.funnel}
      intro={t.charts.funnelIntro}
      actions={
        <>
          {state.steps.length > 0 && (
            <LinkButton to="/explore/segmentation" search={{ q: toSegmentation(state) }} look="ghost">
              {t.charts.seeOverTime}
            </LinkButton>
          )}
          <RangePicker value={state.range} onChange={range => change({ range })} />
        </>
      }
    >
      <KindTabs kind="funnel" question={questionOf('funnel', state)} />
      <ChartFrame hasQuery={query !== null} rail={<FunnelRail state={state} change={change} />}>
        <Result
          hasQuery={query !== null}
          hasAnswer={answer !== undefined}
          error={error}
          isStale={isStale}
          isFetching={isFetching}
          onRetry={retry}
          empty={<NoFunnel onChoose={steps => change({ steps: steps.map(event => ({ event })) })} />}
        >
          {answer && total && (
            <>
              <Card flush title={<Headline row={total} window={span} />}>
                {total.steps[0]?.reached.value === 0 ? (
                  <Empty
                    icon={<Filter size={20} aria-hidden />}
                    title={t.charts.nobody(total.steps[0].label)}
                  >
                    {t.charts.nobodyBody}
                  </Empty>
                ) : (
                  <FunnelChart rows={rows} />
                )}
                <AnswerFooter
                  answer={answer}
                  meaning={lang === 'en' ? undefined : t.charts.funnelMeaning(span)}
                />
              </Card>
              <Card flush title={t.charts.table} actions={<FunnelExport rows={rows} />}>
                <FunnelTable rows={rows} />
              </Card>
            </>
          )}
        </Result>
      </ChartFrame>
    </Page>
  )
}

/** The same events counted over time. */
const toSegmentation = (state: FunnelState) =>
  segmentationLink({
    range: state.range,
    segments: state.segments,
    where: state.where,
    series: state.steps.map(select => ({ select, measure: 'people' })),
  })

function Headline({ row, window }: { row: FunnelRow; window: string }) {
  const { t } = useLanguage()
  const format = useFormat()
  const last = row.steps.at(-1)
  const first = row.steps[0]
  if (!last || !first || row.steps.length < 2) return <>{t.charts.funnel}</>
  return (
    <span className="flex flex-wrap items-baseline gap-x-2 py-1.5">
      <span className="text-2xl font-semibold tabular-nums">{format.percent(last.from_start)}</span>
      <span className="text-sm font-normal text-ink2">
        {t.charts.headline(format.number(first.reached.value), format.number(last.reached.value), window)}
      </span>
    </span>
  )
}

function FunnelExport({ rows }: { rows: FunnelRow[] }) {
  const { t } = useLanguage()
  const format = useFormat()
  const sheet = () => {
    const head = [
      'row',
      'step',
      'event',
      'reached',
      'dropped',
      'from_start',
      'from_previous',
      'median_seconds',
      'p90_seconds',
    ]
    const body = rows.flatMap(row =>
      row.steps.map((step, index) => [
        rowName(row, t, format),
        index + 1,
        step.label,
        step.reached.value,
        step.dropped.value,
        step.from_start,
        step.from_previous,
        step.seconds?.median ?? null,
        step.seconds?.p90 ?? null,
      ]),
    )
    return [head, ...body]
  }
  return <ExportButtons name="funnel" sheet={sheet} />
}

function NoFunnel({ onChoose }: { onChoose: (steps: string[]) => void }) {
  const { t } = useLanguage()
  const { data: events = [] } = useQuery(eventsQuery)
  const ideas = suggestFunnels(events)
  return (
    <div className="rounded-xl border border-dashed border-line2/60 bg-surface">
      <Empty icon={<Filter size={20} aria-hidden />} title={t.charts.noFunnel}>
        <p>{t.charts.noFunnelBody}</p>
        {ideas.length > 0 && (
          <ul aria-label={t.charts.ideas} className="mt-5 flex flex-col items-center gap-2">
            {ideas.map(steps => (
              <li key={steps.join()}>
                <Button
                  onPress={() => onChoose(steps)}
                  className="h-auto min-h-9 flex-wrap py-1.5 whitespace-normal"
                >
                  {steps.map((step, index) => (
                    <span key={step} className="inline-flex items-center gap-1.5">
                      {index > 0 && <ArrowRight size={13} aria-hidden className="text-ink3" />}
                      {step}
                    </span>
                  ))}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Empty>
    </div>
  )
}

interface FunnelRailProps {
  state: FunnelState
  change: (part: Partial<FunnelState>) => void
}

const STEPS_MAX = 20

function FunnelRail({ state, change }: FunnelRailProps) {
  const { t } = useLanguage()
  const [added, setAdded] = useState(-1)
  const [add, focusAdd] = useHeir()
  const { steps } = state
  const setSteps = (next: Selector[]) => change({ steps: next })
  const swap = (a: number, b: number) => {
    const next = [...steps]
    const [left, right] = [next[a], next[b]]
    if (!left || !right) return
    next[a] = right
    next[b] = left
    setSteps(next)
  }
  return (
    <>
      <RailSection title={t.charts.steps}>
        <ol className="flex flex-col gap-2">
          {steps.map((step, index) => (
            <SelectorCard
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
              key={index}
              label={t.charts.stepN(index + 1)}
              mark={
                <span
                  aria-hidden
                  className="grid size-5 shrink-0 place-items-center rounded bg-sunken text-xs font-semibold text-ink2"
                >
                  {index + 1}
                </span>
              }
              value={step}
              isNew={index === added && eventOf(step) === ''}
              onChange={next => setSteps(steps.map((it, i) => (i === index ? next : it)))}
              onRemove={() => {
                setSteps(steps.filter((_, i) => i !== index))
                focusAdd()
              }}
              onUp={index > 0 ? () => swap(index, index - 1) : undefined}
              onDown={index < steps.length - 1 ? () => swap(index, index + 1) : undefined}
            />
          ))}
        </ol>
        {steps.length < STEPS_MAX && (
          <Button
            ref={add}
            size="sm"
            className="mt-2"
            onPress={() => {
              setAdded(steps.length)
              setSteps([...steps, { event: '' }])
            }}
          >
            <Plus size={14} aria-hidden />
            {t.charts.addStep}
          </Button>
        )}
      </RailSection>
      <RailSection title={t.charts.window} hint={t.charts.windowHint}>
        <DurationField
          label={t.charts.window}
          value={state.window}
          units={['minute', 'hour', 'day', 'week', 'month']}
          maxValue={300}
          onChange={window => change({ window })}
        />
      </RailSection>
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.groupBy}>
        <GroupBy
          event={steps[0] ? eventOf(steps[0]) : undefined}
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
