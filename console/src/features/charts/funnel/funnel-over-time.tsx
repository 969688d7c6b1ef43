/** Conversion by the time of entry: a line per row, and who entered and who converted in numbers. */
import type { FunnelAnswer, FunnelOverTime } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton, useInspect } from '~/inspect/inspect'
import { type FunnelState, openFrom } from '~/lib/charts'
import { Card } from '~/ui/page'
import { Table, Td, Th, Tr } from '~/ui/table'
import { ExportButtons, type Sheet } from '../export'
import { type Line, LineChart } from '../line-chart'
import { overallFirst, rowColor, rowDash, rowName } from '../rows'

interface OverTimeProps {
  answer: FunnelAnswer
  overTime: FunnelOverTime
  state: FunnelState
  headline: React.ReactNode
  footer: React.ReactNode
}

/** Lines drawn; the table has them all. */
const DRAWN = 8

export function FunnelOverTimeView({ answer, overTime, state, headline, footer }: OverTimeProps) {
  const t = useT()
  const format = useFormat()
  const inspect = useInspect()
  const { buckets } = overTime
  const rows = overallFirst(overTime.series)
  const steps = answer.result.rows[0]?.steps ?? []
  const [begun, done] = [steps[0]?.label ?? '', steps.at(-1)?.label ?? '']
  const when = (at: number) => format.bucket(buckets[at] ?? '', state.interval)
  const name = (row: (typeof rows)[number]) => rowName(row, t, format)
  const lines = rows.slice(0, DRAWN).map(
    (row, index): Line => ({
      name: name(row),
      color: rowColor(index),
      dash: rowDash(index),
      points: row.rate.map(value => ({ value, cell: null })),
      format: format.percent,
      incompleteFrom: openFrom(row.complete),
      onInspect: at => {
        // Where nobody converted, those who entered are the people behind the point.
        const converted = row.converted[at]
        const cell = converted?.value ? converted : row.entered[at]
        if (!cell?.cell || !cell.value) return
        const title = converted?.value ? t.options.convertedIn(when(at)) : t.options.enteredIn(when(at))
        inspect({
          cell: cell.cell,
          title,
          detail: name(row),
          name: `${converted?.value ? done : begun}: ${title}`,
        })
      },
    }),
  )
  const sheet = (): Sheet => [
    ['row', 'bucket', 'entered', 'converted', 'rate', 'complete'],
    ...rows.flatMap(row =>
      buckets.map((bucket, at) => [
        name(row),
        bucket,
        row.entered[at]?.value ?? null,
        row.converted[at]?.value ?? null,
        row.rate[at] ?? null,
        row.complete[at] ? 'yes' : 'no',
      ]),
    ),
  ]
  return (
    <>
      <Card flush title={headline}>
        {lines.length > 1 && <Legend lines={lines} />}
        <LineChart
          label={t.options.overTimeSummary(lines.map(it => it.name).join(', '))}
          buckets={buckets}
          interval={state.interval}
          lines={lines}
          incompleteFrom={Math.min(buckets.length, ...lines.map(it => it.incompleteFrom ?? buckets.length))}
        />
        <p className="px-4 pb-3 text-xs text-ink3">{t.options.overTimeNote}</p>
        {footer}
      </Card>
      <Card flush title={t.charts.table} actions={<ExportButtons name="funnel-over-time" sheet={sheet} />}>
        <Table label={t.charts.table}>
          <thead>
            <tr>
              {rows.length > 1 && <Th>{t.charts.row}</Th>}
              <Th>{t.charts.interval}</Th>
              <Th right>{t.options.entered}</Th>
              <Th right>{t.options.converted}</Th>
              <Th right>{t.options.rate}</Th>
              <Th />
            </tr>
          </thead>
          <tbody>
            {rows.flatMap(row =>
              buckets.map((bucket, at) => (
                <Tr key={`${name(row)} ${bucket}`}>
                  {rows.length > 1 && (
                    <Td muted className="max-w-56 min-w-32">
                      <span className="line-clamp-1" title={name(row)}>
                        {name(row)}
                      </span>
                    </Td>
                  )}
                  <Td className="whitespace-nowrap">{when(at)}</Td>
                  <Td right>
                    <CellButton
                      cell={row.entered[at]}
                      title={t.options.enteredIn(when(at))}
                      detail={name(row)}
                      name={`${begun}: ${t.options.enteredIn(when(at))}`}
                    >
                      {format.number(row.entered[at]?.value)}
                    </CellButton>
                  </Td>
                  <Td right>
                    <CellButton
                      cell={row.converted[at]}
                      title={t.options.convertedIn(when(at))}
                      detail={name(row)}
                      name={`${done}: ${t.options.convertedIn(when(at))}`}
                    >
                      {format.number(row.converted[at]?.value)}
                    </CellButton>
                  </Td>
                  <Td right className="font-semibold">
                    {format.percent(row.rate[at])}
                  </Td>
                  <Td muted className="text-xs whitespace-nowrap">
                    {row.complete[at] ? '' : t.charts.incomplete}
                  </Td>
                </Tr>
              )),
            )}
          </tbody>
        </Table>
      </Card>
    </>
  )
}

function Legend({ lines }: { lines: Line[] }) {
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 px-4 pt-1 text-sm text-ink2">
      {lines.map(it => (
        <li key={it.name} className="flex min-w-0 items-center gap-2">
          <span aria-hidden className="size-2.5 shrink-0 rounded-full" style={{ background: it.color }} />
          <span className="max-w-60 truncate">{it.name}</span>
        </li>
      ))}
    </ul>
  )
}
