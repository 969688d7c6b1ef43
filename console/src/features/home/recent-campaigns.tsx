/** The newest campaigns with their counts as they grow. */
import { useQuery } from '@tanstack/react-query'
import { Mail, Plus } from 'lucide-react'
import { campaignsQuery } from '~/api/campaigns'
import type { CampaignSummary } from '~/api/types'
import { useCampaignNumbers } from '~/builder/campaign-numbers'
import { CampaignStateBadge } from '~/builder/campaign-state'
import { useFormat, useT } from '~/i18n'
import { LinkButton, RowLink } from '~/ui/button'
import { Card } from '~/ui/page'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

const REFRESH_MS = 30_000
const LIVE_MS = 2_000
const RECENT = 6

export function Recent() {
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
          <RecentRow key={it.id} campaign={it} />
        ))}
      </tbody>
    </Table>
  )
}

function RecentRow({ campaign }: { campaign: CampaignSummary }) {
  const format = useFormat()
  const numbers = useCampaignNumbers(campaign)
  return (
    <Tr>
      <Td className="min-w-44 max-w-80">
        <RowLink
          to={campaign.state === 'draft' ? '/campaigns/$id/edit' : '/campaigns/$id'}
          params={{ id: campaign.id }}
          className="line-clamp-2"
        >
          {campaign.name}
        </RowLink>
      </Td>
      <Td>
        <CampaignStateBadge state={campaign.state} />
      </Td>
      <Td right>{format.number(numbers.sent)}</Td>
      <Td right>{format.number(numbers.opened)}</Td>
      <Td right>{format.number(numbers.clicked)}</Td>
    </Tr>
  )
}
