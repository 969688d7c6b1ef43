/** What a campaign did: live counts, the way to the goal, who was left out, every message. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Archive, Filter, Pause, Play, Square } from 'lucide-react'
import { useState } from 'react'
import {
  actOnCampaign,
  type CampaignAction,
  campaignQuery,
  campaignsQuery,
  resultsQuery,
} from '~/api/campaigns'
import type { Campaign } from '~/api/types'
import { CampaignStateBadge } from '~/builder/campaign-state'
import { describeAudience, useWords } from '~/builder/describe'
import { useFormat, useT } from '~/i18n'
import { EVERYONE } from '~/lib/audience'
import { GOAL_WITHIN } from '~/lib/campaign-draft'
import { campaignFunnel, funnelLink } from '~/lib/charts'
import { Button, LinkButton } from '~/ui/button'
import { Confirm } from '~/ui/dialog'
import { Card, Page } from '~/ui/page'
import { Segmented } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { Content } from './content'
import { Ledger } from './ledger'
import { Results } from './results'

const LIVE_MS = 2_000
const RECENT_MS = 5_000
const OLD_MS = 60_000
/** Opens and clicks keep coming for a while after the last message has left. */
const RECENT_FOR_MS = 60 * 60 * 1_000

/** How often to ask again: often while it runs, sometimes while people still read. */
function pace(campaign: Campaign): number {
  if (campaign.state === 'running' || campaign.state === 'scheduled') return LIVE_MS
  const launched = campaign.launched_at ? Date.parse(campaign.launched_at) : 0
  return Date.now() - launched < RECENT_FOR_MS ? RECENT_MS : OLD_MS
}

export function ReportPage() {
  const t = useT()
  const format = useFormat()
  const words = useWords()
  const { id } = useParams({ from: '/shell/campaigns/$id' })
  const { tab = 'report', state = '' } = useSearch({ from: '/shell/campaigns/$id' })
  const navigate = useNavigate()
  const {
    data: campaign,
    error,
    refetch,
  } = useQuery({
    ...campaignQuery(id),
    refetchInterval: it => (it.state.data?.state === 'running' ? LIVE_MS : OLD_MS),
  })
  const results = useQuery({
    ...resultsQuery(id),
    enabled: campaign !== undefined && campaign.state !== 'draft',
    refetchInterval: campaign ? pace(campaign) : false,
  })
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!campaign) return <SkeletonRows />
  const intro = [
    campaign.launched_at && t.campaigns.launchedAt(format.dateTime(campaign.launched_at)),
    t.campaigns.to(describeAudience(campaign.audience ?? EVERYONE, words)),
  ].filter(Boolean)
  return (
    <Page
      title={campaign.name}
      crumb={{ to: '/campaigns', label: t.campaigns.title }}
      heading={
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="text-xl font-semibold break-words">{campaign.name}</h1>
          <CampaignStateBadge state={results.data?.state ?? campaign.state} />
        </div>
      }
      intro={intro.join(' · ')}
      actions={<Actions campaign={campaign} />}
    >
      {campaign.state === 'draft' ? (
        <Card flush>
          <Empty
            icon={<Play size={20} aria-hidden />}
            title={t.campaigns.notLaunched}
            action={
              <LinkButton to="/campaigns/$id/edit" params={{ id }} look="primary">
                {t.campaigns.continueEditing}
              </LinkButton>
            }
          />
        </Card>
      ) : (
        <div className="flex flex-col gap-4">
          <Segmented
            label={t.campaigns.view}
            className="self-start"
            value={tab}
            onChange={it => void navigate({ to: '.', search: it === 'report' ? {} : { tab: it } })}
            options={[
              { id: 'report', label: t.campaigns.report },
              { id: 'messages', label: t.campaigns.messages },
              { id: 'content', label: t.campaigns.content },
            ]}
          />
          {tab === 'messages' ? (
            <Ledger
              id={id}
              state={state}
              refetchInterval={pace(campaign)}
              onState={it =>
                void navigate({
                  to: '.',
                  search: { tab: 'messages', ...(it ? { state: it } : {}) },
                  replace: true,
                })
              }
            />
          ) : tab === 'content' ? (
            <Content campaign={campaign} />
          ) : results.error && !results.data ? (
            <Card flush>
              <Failed error={results.error} onRetry={() => void results.refetch()} />
            </Card>
          ) : results.data ? (
            <Results campaign={campaign} results={results.data} />
          ) : (
            <Card flush>
              <SkeletonRows />
            </Card>
          )}
        </div>
      )}
    </Page>
  )
}

function Actions({ campaign }: { campaign: Campaign }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [isStopping, setStopping] = useState(false)
  const [busy, setBusy] = useState(false)
  const act = async (action: CampaignAction) => {
    setBusy(true)
    try {
      await actOnCampaign(campaign.id, action)
      await queryClient.invalidateQueries({ queryKey: campaignsQuery.queryKey })
    } catch (error) {
      toasts.fail(error)
      throw error
    } finally {
      setBusy(false)
    }
  }
  const run = (action: CampaignAction) => void act(action).catch(() => {})
  const { state } = campaign
  const goal = campaign.conversions?.[0]
  const funnel = campaignFunnel(campaign.id, goal?.select ?? { event: 'Order Completed' }, GOAL_WITHIN)
  return (
    <>
      {state === 'running' && (
        <Button isDisabled={busy} onPress={() => run('pause')}>
          <Pause size={14} aria-hidden />
          {t.campaigns.pause}
        </Button>
      )}
      {state === 'paused' && (
        <Button isDisabled={busy} onPress={() => run('resume')}>
          <Play size={14} aria-hidden />
          {t.campaigns.resume}
        </Button>
      )}
      {(state === 'running' || state === 'paused') && (
        <Button look="danger" isDisabled={busy} onPress={() => setStopping(true)}>
          <Square size={13} aria-hidden />
          {t.campaigns.stop}
        </Button>
      )}
      {(state === 'done' || state === 'stopped') && (
        <Button look="ghost" isDisabled={busy} onPress={() => run('archive')}>
          <Archive size={14} aria-hidden />
          {t.campaigns.archive}
        </Button>
      )}
      {state !== 'draft' && (
        <LinkButton to="/explore/funnel" search={{ q: funnelLink(funnel) }} look="primary">
          <Filter size={14} aria-hidden />
          {t.campaigns.openFunnel}
        </LinkButton>
      )}
      <Confirm
        isDanger
        isOpen={isStopping}
        title={t.campaigns.stopTitle}
        body={t.campaigns.stopBody}
        action={t.campaigns.stop}
        onClose={() => setStopping(false)}
        onConfirm={() => act('stop')}
      />
    </>
  )
}
