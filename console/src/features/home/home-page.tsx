/** The first page: the numbers of the week, what is being sent, and where to begin. */
import { useQuery } from '@tanstack/react-query'
import { ArrowDownRight, ArrowUpRight, Check, Mail, Plus } from 'lucide-react'
import { campaignsQuery } from '~/api/campaigns'
import { eventsQuery } from '~/api/catalog'
import { chartQuery } from '~/api/charts'
import { cohortsQuery } from '~/api/cohorts'
import type { CampaignSummary, Measure, SegmentationQuery, SegmentationSeries, Selector } from '~/api/types'
import { CampaignStateBadge } from '~/builder/campaign-state'
import { useFormat, useT } from '~/i18n'
import { funnelLink, segmentationLink } from '~/lib/charts'
import { LinkButton, RowLink } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Card, Page } from '~/ui/page'
import { Sparkline } from '~/ui/sparkline'
import { Empty, Failed, Skeleton, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

const DAYS = 7
const ORDER = 'Order Completed'
const REFRESH_MS = 30_000

interface Figure {
  name: string
  select: Selector
  measure: Measure
  money?: boolean
}

export function HomePage() {
  const t = useT()
  const events = useQuery(eventsQuery)
  const hasOrders = events.data?.some(it => it.name === ORDER) ?? false
  const figures: Figure[] = [
    { name: t.home.active, select: { any_event: true }, measure: 'people' },
    ...(hasOrders
      ? [
          { name: t.home.orders, select: { event: ORDER }, measure: 'events' as const },
          {
            name: t.home.revenue,
            select: { event: ORDER },
            measure: { fn: 'sum' as const, property: 'event.revenue' },
            money: true,
          },
        ]
      : []),
  ]
  return (
    <Page title={t.home.title}>
      <div className="flex flex-col gap-4">
        {events.error ? (
          <Card flush>
            <Failed error={events.error} onRetry={() => void events.refetch()} />
          </Card>
        ) : (
          <Figures figures={figures} isReady={events.data !== undefined} />
        )}
        <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <Recent />
          <StartHere />
        </div>
      </div>
    </Page>
  )
}

function query(figures: Figure[], offset: number): SegmentationQuery {
  return {
    kind: 'segmentation',
    range: { last: DAYS, unit: 'day', ...(offset > 0 ? { offset } : {}) },
    interval: 'day',
    series: figures.map((it, index) => ({
      name: String.fromCharCode(65 + index),
      select: it.select,
      measure: it.measure,
    })),
  }
}

function Figures({ figures, isReady }: { figures: Figure[]; isReady: boolean }) {
  const now = useQuery({ ...chartQuery(query(figures, 0)), enabled: isReady, refetchInterval: REFRESH_MS })
  const before = useQuery({ ...chartQuery(query(figures, DAYS)), enabled: isReady })
  if (now.error) {
    return (
      <Card flush>
        <Failed error={now.error} onRetry={() => void now.refetch()} />
      </Card>
    )
  }
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      {figures.map((it, index) => (
        <FigureCard
          key={it.name}
          figure={it}
          series={now.data?.result.series[index]}
          before={before.data?.result.series[index]?.total.value ?? null}
        />
      ))}
    </div>
  )
}

function FigureCard({
  figure,
  series,
  before,
}: {
  figure: Figure
  series?: SegmentationSeries
  before: number | null
}) {
  const t = useT()
  const format = useFormat()
  const value = series?.total.value ?? null
  const change = before && value !== null ? value / before - 1 : null
  const print = (it: number | null) => (figure.money ? format.money(it) : format.number(it))
  return (
    <Card>
      <p className="text-sm font-medium text-ink2">{figure.name}</p>
      {series ? (
        <>
          <div className="mt-1 flex items-end justify-between gap-3">
            <p className="text-2xl font-semibold tabular-nums">{print(value)}</p>
            <Sparkline
              values={series.points.map(it => it.value ?? 0)}
              label={t.home.trend(figure.name)}
              isOpenEnded
              width={112}
              height={36}
            />
          </div>
          <p className="mt-1 flex items-center gap-1 text-xs text-ink3">
            {change !== null && (
              <span
                className={cx(
                  'flex items-center font-semibold tabular-nums',
                  change >= 0 ? 'text-good' : 'text-bad',
                )}
              >
                {change >= 0 ? (
                  <ArrowUpRight size={13} aria-hidden />
                ) : (
                  <ArrowDownRight size={13} aria-hidden />
                )}
                {change >= 0 ? '+' : ''}
                {format.percent(change)}
              </span>
            )}
            {t.home.last7}
            {change !== null && ` · ${t.home.versus}`}
          </p>
        </>
      ) : (
        <Skeleton className="mt-2 h-12" />
      )}
    </Card>
  )
}

const LIVE_MS = 2_000
const RECENT = 6

function Recent() {
  const t = useT()
  const { data, error, refetch } = useQuery({
    ...campaignsQuery,
    refetchInterval: it => (it.state.data?.some(c => c.state === 'running') ? LIVE_MS : REFRESH_MS),
  })
  const newest =
    data &&
    [...data]
      .sort((a, b) => ((a.launched_at ?? a.created_at) < (b.launched_at ?? b.created_at) ? 1 : -1))
      .slice(0, RECENT)
  return (
    <Card
      flush
      title={t.home.campaigns}
      actions={
        <LinkButton to="/campaigns" look="ghost" size="sm">
          {t.home.allCampaigns}
        </LinkButton>
      }
    >
      {error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : !newest ? (
        <SkeletonRows rows={4} />
      ) : newest.length === 0 ? (
        <Empty
          className="py-10"
          icon={<Mail size={20} aria-hidden />}
          title={t.campaigns.none}
          action={
            <LinkButton to="/campaigns/new" look="primary">
              <Plus size={15} aria-hidden />
              {t.campaigns.create}
            </LinkButton>
          }
        >
          {t.campaigns.noneBody}
        </Empty>
      ) : (
        <RecentTable campaigns={newest} />
      )}
    </Card>
  )
}

function RecentTable({ campaigns }: { campaigns: CampaignSummary[] }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.home.campaigns}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th>{t.campaigns.state}</Th>
          <Th right>{t.campaigns.sent}</Th>
          <Th right>{t.campaigns.opened}</Th>
          <Th right>{t.campaigns.clicked}</Th>
        </tr>
      </thead>
      <tbody>
        {campaigns.map(it => (
          <Tr key={it.id}>
            <Td className="max-w-80">
              <RowLink to="/campaigns/$id" params={{ id: it.id }} className="line-clamp-1">
                {it.name}
              </RowLink>
            </Td>
            <Td>
              <CampaignStateBadge state={it.state} />
            </Td>
            <Td right>{format.number(it.counts.sent)}</Td>
            <Td right>{format.number(it.counts.opened)}</Td>
            <Td right>{format.number(it.counts.clicked)}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

function StartHere() {
  const t = useT()
  const events = useQuery(eventsQuery)
  const cohorts = useQuery(cohortsQuery)
  const campaigns = useQuery(campaignsQuery)
  const launched = campaigns.data?.find(it => it.launched_at)
  const shop = ['Product Viewed', 'Product Added', ORDER]
  const hasShop = shop.every(name => events.data?.some(it => it.name === name))
  const steps = [
    {
      name: t.home.steps.funnel,
      note: t.home.steps.funnelNote,
      done: false,
      link: {
        to: '/explore/funnel' as const,
        search: hasShop ? { q: funnelLink({ steps: shop.map(event => ({ event })) }) } : {},
      },
    },
    {
      name: t.home.steps.cohort,
      note: t.home.steps.cohortNote,
      done: (cohorts.data?.length ?? 0) > 0,
      link: { to: '/cohorts' as const },
    },
    {
      name: t.home.steps.campaign,
      note: t.home.steps.campaignNote,
      done: launched !== undefined,
      link: { to: '/campaigns/new' as const },
    },
    {
      name: t.home.steps.results,
      note: t.home.steps.resultsNote,
      done: false,
      link: launched
        ? { to: '/campaigns/$id' as const, params: { id: launched.id } }
        : {
            to: '/explore/segmentation' as const,
            search: { q: segmentationLink({ series: [{ select: { any_event: true }, measure: 'people' }] }) },
          },
    },
  ]
  return (
    <Card title={t.home.start}>
      <ol className="flex flex-col gap-3">
        {steps.map((step, index) => (
          <li key={step.name} className="flex gap-3">
            <span
              aria-hidden
              className={cx(
                'mt-px grid size-5 shrink-0 place-items-center rounded-full text-xs font-semibold',
                step.done ? 'bg-good-bg text-good' : 'bg-sunken text-ink2',
              )}
            >
              {step.done ? <Check size={12} /> : index + 1}
            </span>
            <div className="min-w-0">
              <RowLink {...step.link} className="text-sm">
                {step.name}
              </RowLink>
              {step.done && <span className="sr-only">{t.home.doneStep}</span>}
              <p className="text-xs text-ink2">{step.note}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  )
}
