/** Funnels: where people stop. */
import { useQuery } from '@tanstack/react-query'
import { ArrowRight, Filter } from 'lucide-react'
import { eventsQuery } from '~/api/catalog'
import type { FunnelAnswer, FunnelRow } from '~/api/types'
import { useWords } from '~/builder/describe'
import { useFormat, useLanguage } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { questionOf } from '~/lib/chart-switch'
import {
  BINS_DEFAULT,
  BINS_MAX,
  bare,
  FUNNEL_DEFAULTS,
  FUNNEL_INTERVALS,
  FUNNEL_VIEWS,
  type FunnelState,
  funnelQuery,
  inForce,
  readFunnel,
  segmentationLink,
} from '~/lib/charts'
import { Button, LinkButton } from '~/ui/button'
import { NumberField } from '~/ui/field'
import { Card, Page } from '~/ui/page'
import { Segmented, Select } from '~/ui/select'
import { Empty } from '~/ui/state'
import { AnswerFooter, ChartFrame, Result } from '../chart-frame'
import { ExportButtons } from '../export'
import { KindTabs } from '../kind-tabs'
import { RangePicker } from '../range-picker'
import { overallFirst, rowName } from '../rows'
import { suggestFunnels } from '../suggestions'
import { useChartAnswer } from '../use-chart-answer'
import { useChartState } from '../use-chart-state'
import { FunnelChart } from './funnel-chart'
import { FunnelOverTimeView } from './funnel-over-time'
import { FunnelRail } from './funnel-rail'
import { FunnelTable } from './funnel-table'
import { FunnelTimes } from './funnel-times'
import { funnelMeaning } from './funnel-words'

export function FunnelPage() {
  const { t } = useLanguage()
  const [state, change] = useChartState('/shell/explore/funnel', FUNNEL_DEFAULTS, readFunnel)
  const query = funnelQuery(state)
  const { answer, error, isStale, isFetching, retry } = useChartAnswer(query)
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
        {query !== null && <ViewBar state={state} change={change} />}
        <Result
          hasQuery={query !== null}
          hasAnswer={answer !== undefined}
          error={error}
          isStale={isStale}
          isFetching={isFetching}
          onRetry={retry}
          empty={<NoFunnel onChoose={steps => change({ steps: steps.map(event => ({ event })) })} />}
        >
          {answer && <Answer answer={answer} state={state} />}
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
    series: state.steps.map(step => ({ select: bare(step), measure: 'people' })),
  })

interface ViewBarProps {
  state: FunnelState
  change: (part: Partial<FunnelState>) => void
}

/** What is shown of the funnel. */
function ViewBar({ state, change }: ViewBarProps) {
  const { t } = useLanguage()
  // Edges of one's own come with a link.
  const widths = Array.isArray(state.bins) ? 'own' : state.bins === 'round' ? 'round' : 'equal'
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segmented
        label={t.options.view}
        value={state.view}
        onChange={view => change({ view })}
        options={FUNNEL_VIEWS.map(it => ({ id: it, label: t.options.views[it] }))}
      />
      {state.view === 'over_time' && (
        <Select
          label={t.charts.interval}
          hideLabel
          value={state.interval}
          onChange={interval => change({ interval })}
          options={FUNNEL_INTERVALS.map(it => ({ id: it, label: t.charts.intervals[it] }))}
        />
      )}
      {state.view === 'time_to_convert' && (
        <>
          <Select
            label={t.options.widths}
            hideLabel
            value={widths}
            onChange={it => it !== 'own' && change({ bins: it === 'round' ? 'round' : null })}
            options={(['equal', 'round', ...(widths === 'own' ? (['own'] as const) : [])] as const).map(
              it => ({
                id: it,
                label: t.options.widthNames[it],
              }),
            )}
          />
          {widths === 'equal' && (
            <span className="flex items-center gap-1.5 text-sm text-ink2">
              <NumberField
                label={t.options.bins}
                hideLabel
                value={typeof state.bins === 'number' ? state.bins : BINS_DEFAULT}
                minValue={1}
                maxValue={BINS_MAX}
                onChange={bins => change({ bins: bins === BINS_DEFAULT ? null : Math.round(bins) })}
                className="w-14"
                inputClassName="text-center"
              />
              <span aria-hidden>{t.options.bins}</span>
            </span>
          )}
        </>
      )}
    </div>
  )
}

function Answer({ answer, state }: { answer: FunnelAnswer; state: FunnelState }) {
  const { t, lang } = useLanguage()
  const words = useWords()
  const { result } = answer
  const rows = overallFirst(result.rows).map(row => named(row, state, t))
  const total = rows[0]
  if (!total) return null
  const { count } = inForce(state)
  const footer = (
    <AnswerFooter answer={answer} meaning={lang === 'en' ? undefined : funnelMeaning(state, words)} />
  )
  const first = total.steps[0]
  if (first?.reached.value === 0) {
    return (
      <Card flush title={t.charts.funnel}>
        <Empty icon={<Filter size={20} aria-hidden />} title={t.charts.nobody(first.label)}>
          {t.charts.nobodyBody}
        </Empty>
        {footer}
      </Card>
    )
  }
  const headline = <Headline row={total} state={state} />
  if (result.over_time) {
    return (
      <FunnelOverTimeView
        answer={answer}
        overTime={result.over_time}
        state={state}
        headline={headline}
        footer={footer}
      />
    )
  }
  if (result.histogram) return <FunnelTimes histogram={result.histogram} footer={footer} />
  return (
    <>
      <Card flush title={headline}>
        <FunnelChart rows={rows} count={count} />
        {footer}
      </Card>
      <Card flush title={t.charts.table} actions={<FunnelExport rows={rows} />}>
        <FunnelTable rows={rows} />
      </Card>
    </>
  )
}

/** In any order a step of the answer is how many were done, which the reader's language has words for. */
function named(row: FunnelRow, state: FunnelState, t: Messages): FunnelRow {
  if (state.order !== 'any') return row
  return {
    ...row,
    steps: row.steps.map((it, index) => ({ ...it, label: t.options.anyStepLabel(index + 1) })),
  }
}

function Headline({ row, state }: { row: FunnelRow; state: FunnelState }) {
  const { t } = useLanguage()
  const format = useFormat()
  const last = row.steps.at(-1)
  const first = row.steps[0]
  if (!last || !first || row.steps.length < 2) return <>{t.charts.funnel}</>
  const window = t.duration(state.window.n, state.window.unit)
  const say = t.options.headlines[inForce(state).count]
  return (
    <span className="flex flex-wrap items-baseline gap-x-2 py-1.5">
      <span className="text-2xl font-semibold tabular-nums">{format.percent(last.from_start)}</span>
      <span className="text-sm font-normal text-ink2">
        {say(format.number(first.reached.value), format.number(last.reached.value), window)}
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
