/** All campaigns. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Mail, Plus } from 'lucide-react'
import { campaignsQuery } from '~/api/campaigns'
import type { CampaignState, CampaignSummary } from '~/api/types'
import { useCampaignNumbers } from '~/builder/campaign-numbers'
import { CampaignStateBadge } from '~/builder/campaign-state'
import { useFormat, useT } from '~/i18n'
import { matches } from '~/lib/match'
import { LinkButton, RowLink } from '~/ui/button'
import { SearchField } from '~/ui/field'
import { Card, Page } from '~/ui/page'
import { useSearchText } from '~/ui/search-text'
import { Select } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

const STATES: CampaignState[] = ['draft', 'running', 'paused', 'stopped', 'done']
const LIVE_MS = 2_000
const REFRESH_MS = 30_000

export function CampaignsPage() {
  const t = useT()
  const { search = '', state = '' } = useSearch({ from: '/shell/campaigns' })
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery({
    ...campaignsQuery,
    refetchInterval: it => (it.state.data?.some(c => c.state === 'running') ? LIVE_MS : REFRESH_MS),
  })
  const change = (next: { search?: string; state?: string }) => {
    const kept = { ...(search ? { search } : {}), ...(state ? { state } : {}), ...next }
    void navigate({ to: '.', search: kept, replace: true })
  }
  const [text, setText] = useSearchText(search, it => change({ search: it || undefined }))
  const shown = data
    ?.filter(it => matches(it.name, text) && (state === '' || it.state === state))
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1))
  return (
    <Page
      title={t.campaigns.title}
      intro={t.campaigns.intro}
      actions={
        <LinkButton to="/campaigns/new" look="primary">
          <Plus size={15} aria-hidden />
          {t.campaigns.create}
        </LinkButton>
      }
    >
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !shown ? (
          <SkeletonRows />
        ) : data?.length === 0 ? (
          <Empty
            icon={<Mail size={20} aria-hidden />}
            title={t.campaigns.none}
            action={
              <>
                <LinkButton to="/explore/funnel">{t.cohorts.fromFunnel}</LinkButton>
                <LinkButton to="/campaigns/new" look="primary">
                  {t.campaigns.create}
                </LinkButton>
              </>
            }
          >
            {t.campaigns.noneBody}
          </Empty>
        ) : (
          <>
            <div className="flex flex-wrap gap-2 border-b border-line p-3">
              <SearchField
                label={t.campaigns.search}
                clearLabel={t.common.clear}
                value={text}
                onChange={setText}
                className="w-72"
              />
              <Select
                label={t.campaigns.state}
                hideLabel
                value={state || 'all'}
                onChange={it => change({ state: it === 'all' ? undefined : it })}
                options={[
                  { id: 'all', label: t.campaigns.allStates },
                  ...STATES.map(it => ({ id: it as string, label: t.campaignStates[it] })),
                ]}
              />
            </div>
            {shown.length === 0 ? (
              <Empty icon={<Mail size={20} aria-hidden />} title={t.common.nothingFound} />
            ) : (
              <CampaignTable campaigns={shown} />
            )}
          </>
        )}
      </Card>
    </Page>
  )
}

function CampaignTable({ campaigns }: { campaigns: CampaignSummary[] }) {
  const t = useT()
  return (
    <Table label={t.campaigns.title}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th>{t.campaigns.state}</Th>
          <Th right>{t.campaigns.sent}</Th>
          <Th right>{t.campaigns.opened}</Th>
          <Th right>{t.campaigns.clicked}</Th>
          <Th right>{t.campaigns.converted}</Th>
          <Th>{t.campaigns.launched}</Th>
        </tr>
      </thead>
      <tbody>
        {campaigns.map((it, index) => (
          <CampaignRow key={it.id} campaign={it} isShown={index < NUMBERS_MAX} />
        ))}
      </tbody>
    </Table>
  )
}

/** Rows whose numbers are asked for; older campaigns keep theirs in their report. */
const NUMBERS_MAX = 25

function CampaignRow({ campaign, isShown }: { campaign: CampaignSummary; isShown: boolean }) {
  const format = useFormat()
  const { sent, opened, clicked, converted } = useCampaignNumbers(campaign, isShown)
  const share = (part: number | undefined) => (sent && part !== undefined ? format.percent(part / sent) : '–')
  return (
    <Tr>
      <Td className="min-w-44 max-w-96">
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
      <Td right>{format.number(sent)}</Td>
      <Td right>{share(opened)}</Td>
      <Td right>{share(clicked)}</Td>
      <Td right>{share(converted)}</Td>
      <Td muted className="whitespace-nowrap">
        {format.dateTime(campaign.launched_at)}
      </Td>
    </Tr>
  )
}
