/** The page of one kind of chart: its question at the left, its answer at the right. */
import { useQuery } from '@tanstack/react-query'
import { ChartLine } from 'lucide-react'
import type { ReactNode } from 'react'
import { eventsQuery } from '~/api/catalog'
import type { AnswerTo } from '~/api/charts'
import type { ChartKind, ChartQuery } from '~/api/types'
import { useT } from '~/i18n'
import { type ChartStates, questionOf } from '~/lib/chart-switch'
import { Button } from '~/ui/button'
import { Page } from '~/ui/page'
import { Empty } from '~/ui/state'
import { ChartFrame, Result } from './chart-frame'
import { KindTabs } from './kind-tabs'
import { RangePicker } from './range-picker'
import { suggestEvents } from './suggestions'
import { useChartAnswer } from './use-chart-answer'

interface ChartPageProps<K extends ChartKind, Q extends ChartQuery> {
  kind: K
  state: ChartStates[K]
  change: (part: Partial<ChartStates[K]>) => void
  /** `null` while something is missing. */
  query: Q | null
  title: string
  intro: string
  /** Left of the days. */
  actions?: ReactNode
  rail: ReactNode
  empty: ReactNode
  children: (answer: AnswerTo<Q>) => ReactNode
}

export function ChartPage<K extends ChartKind, Q extends ChartQuery>(props: ChartPageProps<K, Q>) {
  const { kind, state, query } = props
  const { answer, error, isStale, isFetching, retry } = useChartAnswer(query)
  return (
    <Page
      wide
      title={props.title}
      intro={props.intro}
      actions={
        <>
          {props.actions}
          <RangePicker
            value={state.range}
            onChange={range => props.change({ range } as Partial<ChartStates[K]>)}
          />
        </>
      }
    >
      <KindTabs kind={kind} question={questionOf(kind, state)} />
      <ChartFrame hasQuery={query !== null} rail={props.rail}>
        <Result
          hasQuery={query !== null}
          hasAnswer={answer !== undefined}
          error={error}
          isStale={isStale}
          isFetching={isFetching}
          onRetry={retry}
          empty={props.empty}
        >
          {answer && props.children(answer)}
        </Result>
      </ChartFrame>
    </Page>
  )
}

/** Nothing is asked yet: questions made of the workspace's own events. */
export function NoQuestion(props: { title: string; body: string; onChoose: (event: string) => void }) {
  const t = useT()
  const { data: events = [] } = useQuery(eventsQuery)
  const ideas = suggestEvents(events)
  return (
    <div className="rounded-xl border border-dashed border-line2/60 bg-surface">
      <Empty icon={<ChartLine size={20} aria-hidden />} title={props.title}>
        <p>{props.body}</p>
        {ideas.length > 0 && (
          <ul aria-label={t.charts.ideas} className="mt-5 flex flex-wrap justify-center gap-2">
            {ideas.map(it => (
              <li key={it}>
                <Button onPress={() => props.onChoose(it)}>{it}</Button>
              </li>
            ))}
          </ul>
        )}
      </Empty>
    </div>
  )
}
