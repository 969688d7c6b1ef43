/** The numbers of a campaign. */

import type { Campaign, CampaignResults, Cell, ResultRow } from '~/api/types'
import { type Format, useFormat, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { CellButton } from '~/inspect/inspect'
import { hasRevenue, revenuePerRecipient } from '~/lib/revenue'
import { wordFor } from '~/lib/words'
import { cx } from '~/ui/cx'
import { Card } from '~/ui/page'
import { Table, Td, Th, Tr } from '~/ui/table'
import { Conversions } from './conversions'

const countOf = (cell: Cell | undefined) => cell?.value ?? 0

export function Results({ campaign, results }: { campaign: Campaign; results: CampaignResults }) {
  const t = useT()
  const { totals } = results
  return (
    <>
      <Progress row={totals} isRunning={results.state === 'running'} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Way campaign={campaign} row={totals} />
        <LeftOut campaign={campaign} row={totals} />
      </div>
      {totals.conversions.length > 0 && <Conversions campaign={campaign} row={totals} />}
      {results.variants.length > 1 && (
        <Card flush title={t.campaigns.variants}>
          <Variants campaign={campaign} rows={results.variants} />
        </Card>
      )}
    </>
  )
}

function skippedTotal(row: ResultRow): number {
  return Object.values(row.skipped).reduce((sum, cell) => sum + countOf(cell), 0)
}

/** How far the sending is. */
function Progress({ row, isRunning }: { row: ResultRow; isRunning: boolean }) {
  const t = useT()
  const format = useFormat()
  const audience = countOf(row.audience)
  const planned = countOf(row.planned)
  const sent = countOf(row.sent)
  const settled = sent + skippedTotal(row) + countOf(row.failed)
  const tiles = [
    { name: t.campaigns.audience, cell: row.audience },
    { name: t.campaigns.planned, cell: row.planned },
    { name: t.campaigns.sent, cell: row.sent },
    { name: t.campaigns.control, cell: row.control },
  ]
  return (
    <Card>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
        {tiles.map(it => (
          <div key={it.name}>
            <dt className="text-xs font-medium text-ink3">{it.name}</dt>
            <dd className="text-2xl font-semibold">
              <CellButton cell={it.cell} title={it.name} name={it.name}>
                {format.number(countOf(it.cell))}
              </CellButton>
            </dd>
          </div>
        ))}
      </dl>
      {isRunning && (
        <div
          role="progressbar"
          aria-label={t.campaigns.progress}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={planned > 0 ? Math.round((Math.min(settled, planned) / planned) * 100) : 0}
          className="mt-4 h-1.5 overflow-hidden rounded-full bg-sunken"
        >
          <div
            className="h-full rounded-full bg-accent transition-[width] duration-500"
            style={{ width: `${planned > 0 ? Math.min((settled / planned) * 100, 100) : 0}%` }}
          />
        </div>
      )}
      <p role="status" className="sr-only">
        {t.campaigns.live(format.number(sent), format.number(audience))}
      </p>
    </Card>
  )
}

interface Stage {
  id: string
  name: string
  cell: Cell
  note?: string
}

function stages(row: ResultRow, t: Messages, format: Format): Stage[] {
  const machine = countOf(row.opened_machine)
  const list: Stage[] = [
    { id: 'sent', name: t.campaigns.sent, cell: row.sent },
    {
      id: 'opened',
      name: t.campaigns.opened,
      cell: row.opened,
      note: machine > 0 ? t.campaigns.machine(format.number(machine)) : undefined,
    },
    { id: 'clicked', name: t.campaigns.clicked, cell: row.clicked },
  ]
  const [goal] = row.conversions
  if (goal) list.push({ id: 'converted', name: t.campaigns.convertedBy(goal.name), cell: goal.count })
  return list
}

/** Sent, opened, clicked, converted, each as a share of what was sent. */
function Way({ campaign, row }: { campaign: Campaign; row: ResultRow }) {
  const t = useT()
  const format = useFormat()
  const sent = countOf(row.sent)
  return (
    <Card title={t.campaigns.way}>
      <ol className="@container flex flex-col gap-3.5 pt-1">
        {stages(row, t, format).map(it => {
          const value = countOf(it.cell)
          const share = sent > 0 ? value / sent : null
          return (
            <li
              key={it.id}
              data-testid={`stage-${it.id}`}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 @lg:grid-cols-[7.5rem_minmax(0,1fr)_auto]"
            >
              <div className="min-w-0">
                <p className="truncate text-sm font-medium">{it.name}</p>
                {it.note && <p className="text-xs text-ink3">{it.note}</p>}
              </div>
              <div
                aria-hidden
                className="col-span-full row-start-2 h-8 rounded-md bg-sunken/70 @lg:col-span-1 @lg:row-start-auto"
              >
                <div
                  className="h-full rounded-md bg-[var(--c1)] transition-[width] duration-500"
                  style={{
                    width: share === null || value === 0 ? 0 : `max(${Math.min(share, 1) * 100}%, 3px)`,
                  }}
                />
              </div>
              <p className="w-28 text-right text-base tabular-nums">
                <CellButton
                  cell={it.cell}
                  title={it.name}
                  detail={campaign.name}
                  name={`${campaign.name}, ${it.name}`}
                  className="font-semibold"
                >
                  {format.number(value)}
                </CellButton>{' '}
                <span className="inline-block w-12 text-sm text-ink2">{format.percent(share)}</span>
              </p>
            </li>
          )
        })}
      </ol>
    </Card>
  )
}

/** Who did not get it, and why; and who complained. */
function LeftOut({ campaign, row }: { campaign: Campaign; row: ResultRow }) {
  const t = useT()
  const skipped = Object.entries(row.skipped)
    .filter(([, cell]) => countOf(cell) > 0)
    .sort(([, a], [, b]) => countOf(b) - countOf(a))
    .map(([reason, cell]) => ({ name: wordFor(t.reasons, reason, reason), cell }))
  const after = [
    { name: t.campaigns.bounced, cell: row.bounced },
    { name: t.campaigns.failed, cell: row.failed },
    { name: t.campaigns.unsubscribed, cell: row.unsubscribed },
    { name: t.campaigns.complained, cell: row.complained },
  ]
  const held = countOf(row.held)
  const before = held > 0 ? [...skipped, { name: t.campaigns.held, cell: row.held }] : skipped
  return (
    <Card title={t.campaigns.leftOut}>
      {before.length > 0 ? (
        <Counts campaign={campaign} items={before} />
      ) : (
        <p className="pb-1 text-sm text-ink2">{t.campaigns.noneSkipped}</p>
      )}
      <div className="mt-2 border-t border-line pt-2">
        <Counts campaign={campaign} items={after} />
      </div>
    </Card>
  )
}

function Counts({ campaign, items }: { campaign: Campaign; items: { name: string; cell: Cell }[] }) {
  const format = useFormat()
  return (
    <dl className="text-sm">
      {items.map(it => (
        <div key={it.name} className="flex items-baseline justify-between gap-3 py-1">
          <dt className="min-w-0 text-ink2">{it.name}</dt>
          <dd className={cx('tabular-nums', countOf(it.cell) === 0 ? 'text-ink3' : 'font-medium')}>
            <CellButton
              cell={it.cell}
              title={it.name}
              detail={campaign.name}
              name={`${campaign.name}, ${it.name}`}
            >
              {format.number(countOf(it.cell))}
            </CellButton>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Variants({ campaign, rows }: { campaign: Campaign; rows: ResultRow[] }) {
  const t = useT()
  const format = useFormat()
  const withRevenue = hasRevenue(rows.flatMap(it => it.conversions.slice(0, 1)))
  const columns = [
    ['sent', t.campaigns.sent],
    ['opened', t.campaigns.opened],
    ['clicked', t.campaigns.clicked],
    ['unsubscribed', t.campaigns.unsubscribed],
  ] as const
  return (
    <Table label={t.campaigns.variants}>
      <thead>
        <tr>
          <Th>{t.campaigns.variant}</Th>
          {columns.map(([key, name]) => (
            <Th key={key} right>
              {name}
            </Th>
          ))}
          {withRevenue && <Th right>{t.campaigns.revenue}</Th>}
          {withRevenue && <Th right>{t.campaigns.revenuePerRecipient}</Th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Tr key={row.variant}>
            <Td>{row.variant}</Td>
            {columns.map(([key, name]) => (
              <Td key={key} right>
                <CellButton
                  cell={row[key]}
                  title={name}
                  detail={`${campaign.name} · ${row.variant}`}
                  name={`${campaign.name} ${row.variant}, ${name}`}
                >
                  {format.number(countOf(row[key]))}
                </CellButton>
              </Td>
            ))}
            {withRevenue && <Revenue row={row} />}
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

/** What a variant brought in by the first goal. */
function Revenue({ row }: { row: ResultRow }) {
  const format = useFormat()
  const revenue = row.conversions[0]?.revenue ?? null
  return (
    <>
      <Td right>{format.money(revenue)}</Td>
      <Td right>{format.money(revenuePerRecipient(revenue, row))}</Td>
    </>
  )
}
