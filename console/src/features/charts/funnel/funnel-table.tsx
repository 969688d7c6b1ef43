/** The funnel in numbers; every count opens the people behind it. */
import type { FunnelRow } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton } from '~/inspect/inspect'
import { stepBefore } from '~/lib/charts'
import { Table, Td, Th, Tr } from '~/ui/table'
import { rowName } from '../rows'

export function FunnelTable({ rows }: { rows: FunnelRow[] }) {
  const t = useT()
  const format = useFormat()
  const isCompared = rows.length > 1
  return (
    <Table label={t.charts.table}>
      <thead>
        <tr>
          {isCompared && <Th>{t.charts.row}</Th>}
          <Th>{t.charts.step}</Th>
          <Th right>{t.charts.reached}</Th>
          <Th right>{t.charts.dropped}</Th>
          <Th right>{t.charts.fromStart}</Th>
          <Th right>{t.charts.fromPrevious}</Th>
          <Th right>{t.charts.medianTime}</Th>
          <Th right>{t.charts.p90Time}</Th>
        </tr>
      </thead>
      <tbody>
        {rows.flatMap(row => {
          const name = rowName(row, t, format)
          return row.steps.map((step, index) => {
            const previous = stepBefore(row.steps, index)?.label ?? ''
            const detail = isCompared ? name : undefined
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
              <Tr key={`${name}-${index}`}>
                {isCompared && (
                  <Td muted className="max-w-72 min-w-40">
                    <span className="line-clamp-2" title={name}>
                      {name}
                    </span>
                  </Td>
                )}
                <Td className="min-w-36">
                  <span className="text-ink3 tabular-nums">{index + 1}.</span> {step.label}
                  {step.optional && <span className="text-ink3"> ({t.options.optionalBadge})</span>}
                </Td>
                <Td right>
                  <CellButton
                    cell={step.reached}
                    title={t.charts.reachedTitle(step.label)}
                    detail={detail}
                    name={t.charts.reachedName(step.label)}
                  >
                    {format.number(step.reached.value)}
                  </CellButton>
                </Td>
                <Td right>
                  {index === 0 || step.optional ? (
                    <span className="text-ink3">–</span>
                  ) : (
                    <CellButton
                      cell={step.dropped}
                      title={t.charts.droppedTitle(previous, step.label)}
                      detail={detail}
                      name={t.charts.droppedName(previous, step.label)}
                    >
                      {format.number(step.dropped.value)}
                    </CellButton>
                  )}
                </Td>
                <Td right>{format.percent(step.from_start)}</Td>
                <Td right muted>
                  {index === 0 ? '–' : format.percent(step.from_previous)}
                </Td>
                <Td right muted>
                  {index === 0 ? '–' : format.duration(step.seconds?.median)}
                </Td>
                <Td right muted>
                  {index === 0 ? '–' : format.duration(step.seconds?.p90)}
                </Td>
              </Tr>
            )
          })
        })}
      </tbody>
    </Table>
  )
}
