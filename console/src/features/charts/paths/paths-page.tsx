/** Paths: what people do next, and how they got here. */
import { Waypoints } from 'lucide-react'
import type { PathsAnswer, PathsShape } from '~/api/types'
import { useFormat, useLanguage, useT } from '~/i18n'
import { PATHS_DEFAULTS, type PathsState, pathsQuery, readPaths } from '~/lib/chart-kinds'
import { EXIT, eventOfNode, OTHER } from '~/lib/sankey'
import type { Action } from '~/ui/menu'
import { Card } from '~/ui/page'
import { Empty } from '~/ui/state'
import { BySegment, shapesOf } from '../by-segment'
import { AnswerFooter } from '../chart-frame'
import { ChartPage, NoQuestion } from '../chart-page'
import { ExportButtons } from '../export'
import { useChartState } from '../use-chart-state'
import { FlowChart } from './flow-chart'
import { PathsRail } from './paths-rail'
import { LinksTable, TopPaths } from './paths-tables'

export function PathsPage() {
  const t = useT()
  const [state, change] = useChartState('/shell/explore/paths', PATHS_DEFAULTS, readPaths)
  return (
    <ChartPage
      kind="paths"
      state={state}
      change={change}
      query={pathsQuery(state)}
      title={t.explore.kindNames.paths}
      intro={t.explore.pathsIntro}
      rail={<PathsRail state={state} change={change} />}
      empty={
        <NoQuestion
          title={t.explore.noPaths}
          body={t.explore.noPathsBody}
          onChoose={event => change({ anchor: 'start', from: { event } })}
        />
      }
    >
      {answer => <Answer answer={answer} state={state} change={change} />}
    </ChartPage>
  )
}

interface AnswerProps {
  answer: PathsAnswer
  state: PathsState
  change: (part: Partial<PathsState>) => void
}

function Answer({ answer, state, change }: AnswerProps) {
  const { t, lang } = useLanguage()
  const format = useFormat()
  const expanded = state.expand.map(it => it.event)
  const nodeName = (name: string) =>
    name === EXIT ? t.explore.exit : name === OTHER ? t.explore.otherEvents : name
  // An end is position 0, and what precedes it counts back.
  const positionName = (position: number) =>
    state.anchor === 'end' ? t.explore.stepBefore(-position) : t.explore.stepName(position + 1)
  const actionsOf = (name: string): Action[] => {
    if (name === EXIT || name === OTHER) return []
    const select = { event: eventOfNode(name, expanded) }
    const actions: Action[] = [
      {
        id: 'begin',
        label: t.explore.beginHere,
        onAction: () => change({ anchor: 'start', from: select }),
      },
      { id: 'end', label: t.explore.endHere, onAction: () => change({ anchor: 'end', from: select }) },
      {
        id: 'out',
        label: t.explore.leaveOut,
        onAction: () => change({ exclude: [...state.exclude, select] }),
      },
    ]
    return actions
  }
  return (
    <BySegment shapes={shapesOf<PathsShape>(answer.result)}>
      {(shape, choice) => (
        <>
          <Card flush title={t.explore.pathCounts[state.count]} actions={choice}>
            {shape.nodes.length === 0 ? (
              <Empty icon={<Waypoints size={20} aria-hidden />} title={t.explore.nobodyPassed}>
                {t.charts.nobodyBody}
              </Empty>
            ) : (
              <FlowChart
                shape={shape}
                actionsOf={actionsOf}
                nodeName={nodeName}
                positionName={positionName}
              />
            )}
            <AnswerFooter
              answer={answer}
              meaning={
                lang === 'en'
                  ? undefined
                  : t.explore.pathsMeaning(t.explore.pathUnits[state.count], format.number(state.steps))
              }
            />
          </Card>
          {shape.top_paths.length > 0 && (
            <Card flush title={t.explore.topPaths}>
              <TopPaths shape={shape} nodeName={nodeName} expanded={expanded} />
            </Card>
          )}
          {shape.links.length > 0 && (
            <Card
              flush
              title={t.explore.links}
              actions={
                <ExportButtons
                  name="paths"
                  sheet={() => [
                    ['position', 'from', 'to', 'count'],
                    ...shape.links.map(it => [
                      Number(it.from[0]),
                      String(it.from[1]),
                      String(it.to[1]),
                      it.count.value,
                    ]),
                  ]}
                />
              }
            >
              <LinksTable shape={shape} nodeName={nodeName} positionName={positionName} />
            </Card>
          )}
        </>
      )}
    </BySegment>
  )
}
