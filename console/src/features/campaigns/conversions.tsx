/** What people did after the mail, compared with the control group. */
import type { Campaign, Cell, ResultRow } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { CellButton } from '~/inspect/inspect'
import { hasRevenue, revenuePerRecipient } from '~/lib/revenue'
import { Card } from '~/ui/page'
import { Table, Td, Th, Tr } from '~/ui/table'

const signed = (value: number, text: string) => (value > 0 ? `+${text}` : text)

/** The interval of the absolute difference to the control group; one across zero proves nothing. */
function Interval({ low, high }: { low: number | null; high: number | null }) {
  const t = useT()
  const format = useFormat()
  if (low === null || high === null) return <>–</>
  const points = (it: number) => signed(it, format.number(it * 100, 2))
  return (
    <>
      {t.campaigns.points(points(low), points(high))}
      {low <= 0 && high >= 0 && <span className="block text-xs text-ink3">{t.campaigns.notProven}</span>}
    </>
  )
}

const countOf = (cell: Cell) => cell.value ?? 0

export function Conversions({ campaign, row }: { campaign: Campaign; row: ResultRow }) {
  const t = useT()
  const format = useFormat()
  const withRevenue = hasRevenue(row.conversions)
  return (
    <Card flush title={t.campaigns.conversions}>
      <Table label={t.campaigns.conversions}>
        <thead>
          <tr>
            <Th>{t.campaigns.goal}</Th>
            <Th right>{t.campaigns.count}</Th>
            <Th right>{t.campaigns.rate}</Th>
            {withRevenue && <Th right>{t.campaigns.revenue}</Th>}
            {withRevenue && <Th right>{t.campaigns.revenuePerRecipient}</Th>}
            <Th right>{t.campaigns.controlRate}</Th>
            <Th right>{t.campaigns.lift}</Th>
            <Th right>{t.campaigns.interval}</Th>
          </tr>
        </thead>
        <tbody>
          {row.conversions.map(it => (
            <Tr key={it.name}>
              <Td className="min-w-32">{it.name}</Td>
              <Td right>
                <CellButton
                  cell={it.count}
                  title={it.name}
                  detail={campaign.name}
                  name={`${campaign.name}, ${it.name}`}
                >
                  {format.number(countOf(it.count))}
                </CellButton>
              </Td>
              <Td right>{format.percent(it.rate)}</Td>
              {withRevenue && <Td right>{format.money(it.revenue)}</Td>}
              {withRevenue && <Td right>{format.money(revenuePerRecipient(it.revenue, row))}</Td>}
              <Td right>{format.percent(it.control_rate)}</Td>
              <Td right>{it.lift === null ? '–' : signed(it.lift, format.percent(it.lift))}</Td>
              <Td right>
                <Interval low={it.low} high={it.high} />
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}
