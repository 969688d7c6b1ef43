/** Usage interval: after how many days people usually come again. */
import type { UsageIntervalAnswer, UsageIntervalShape } from '~/api/types'
import { describeSelector, useWords } from '~/builder/describe'
import { useFormat, useLanguage, useT } from '~/i18n'
import { CellButton, useInspect } from '~/inspect/inspect'
import { readUsage, USAGE_DEFAULTS, type UsageState, usageQuery } from '~/lib/chart-kinds'
import { retentionLink } from '~/lib/chart-switch'
import { LinkButton } from '~/ui/button'
import { Card } from '~/ui/page'
import { Table, Td, Th, Tr } from '~/ui/table'
import { BarChart } from '../bar-chart'
import { ChartWhere, RailSection, Segments } from '../builder-rail'
import { BySegment, shapesOf } from '../by-segment'
import { AnswerFooter } from '../chart-frame'
import { ChartPage, NoQuestion } from '../chart-page'
import { ExportButtons } from '../export'
import { rowColor } from '../rows'
import { SelectSection } from '../select-card'
import { useChartState } from '../use-chart-state'

export function UsagePage() {
  const t = useT()
  const [state, change] = useChartState('/shell/explore/usage_interval', USAGE_DEFAULTS, readUsage)
  return (
    <ChartPage
      kind="usage_interval"
      state={state}
      change={change}
      query={usageQuery(state)}
      title={t.explore.kindNames.usage_interval}
      intro={t.explore.usageIntro}
      rail={
        <>
          <SelectSection
            title={t.explore.event}
            value={state.select}
            onChange={select => change({ select })}
          />
          <ChartWhere value={state.where} onChange={where => change({ where })} />
          <RailSection title={t.charts.segments}>
            <Segments value={state.segments} onChange={segments => change({ segments })} />
          </RailSection>
        </>
      }
      empty={
        <NoQuestion
          title={t.explore.noUsage}
          body={t.explore.noUsageBody}
          onChoose={event => change({ select: { event } })}
        />
      }
    >
      {answer => <Answer answer={answer} state={state} />}
    </ChartPage>
  )
}

/** The interval of a retention that fits a rhythm. */
const retentionInterval = (days: number) => (days <= 2 ? 'day' : days <= 14 ? 'week' : 'month')

function Answer({ answer, state }: { answer: UsageIntervalAnswer; state: UsageState }) {
  const { t, lang } = useLanguage()
  const format = useFormat()
  const words = useWords()
  const inspect = useInspect()
  const event = describeSelector(state.select, words)
  return (
    <BySegment shapes={shapesOf<UsageIntervalShape>(answer.result)}>
      {(shape, choice) => {
        const { histogram, p80_days: p80 } = shape
        const gap = (days: number) => t.explore.gapDays(format.number(days))
        const target = (days: number) => ({
          title: t.explore.gapOf(gap(days)),
          name: `${event}: ${gap(days)}`,
        })
        const p80Place = p80 === null ? -1 : histogram.findIndex(it => it.days >= p80)
        return (
          <>
            <Card
              flush
              title={
                <span className="flex flex-wrap items-baseline gap-x-2 py-1.5">
                  {p80 === null ? t.explore.noP80 : t.explore.p80(gap(p80))}
                </span>
              }
              actions={
                <>
                  {choice}
                  {p80 !== null && (
                    <LinkButton
                      size="sm"
                      look="ghost"
                      to="/explore/retention"
                      search={{
                        q: retentionLink({
                          range: state.range,
                          where: state.where,
                          segments: state.segments,
                          start: state.select,
                          back: state.select,
                          interval: retentionInterval(p80),
                        }),
                      }}
                    >
                      {t.explore.seeRetention}
                    </LinkButton>
                  )}
                </>
              }
            >
              {histogram.length > 0 && (
                <BarChart
                  label={t.charts.chartSummary(t.explore.kindNames.usage_interval)}
                  buckets={histogram.map(it => gap(it.days))}
                  interval="day"
                  parts={[
                    {
                      name: t.explore.size,
                      color: rowColor(0),
                      points: histogram.map(it => it.people),
                      format: format.number,
                      onInspect: index => {
                        const bin = histogram[index]
                        if (bin?.people.cell && bin.people.value) {
                          inspect({ cell: bin.people.cell, ...target(bin.days) })
                        }
                      },
                    },
                  ]}
                  arrangement="stacked"
                  axis={format.compact}
                  incompleteFrom={histogram.length}
                  mark={p80Place < 0 ? undefined : { after: p80Place, label: '80%' }}
                />
              )}
              <AnswerFooter answer={answer} meaning={lang === 'en' ? undefined : t.explore.usageMeaning} />
            </Card>
            <Card
              flush
              title={t.charts.table}
              actions={
                <ExportButtons
                  name="usage-interval"
                  sheet={() => [
                    ['days', 'people', 'cumulative_rate'],
                    ...histogram.map(it => [it.days, it.people.value, it.cumulative_rate]),
                  ]}
                />
              }
            >
              <Table label={t.charts.table}>
                <thead>
                  <tr>
                    <Th>{t.explore.gap}</Th>
                    <Th right>{t.explore.size}</Th>
                    <Th right>{t.explore.cumulativeShare}</Th>
                  </tr>
                </thead>
                <tbody>
                  {histogram.map(it => (
                    <Tr key={it.days}>
                      <Td>{gap(it.days)}</Td>
                      <Td right>
                        <CellButton cell={it.people} {...target(it.days)}>
                          {format.number(it.people.value)}
                        </CellButton>
                      </Td>
                      <Td right muted>
                        {format.percent(it.cumulative_rate)}
                      </Td>
                    </Tr>
                  ))}
                </tbody>
              </Table>
            </Card>
          </>
        )
      }}
    </BySegment>
  )
}
