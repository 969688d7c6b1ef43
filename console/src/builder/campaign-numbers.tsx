/** What became of a campaign, for a row of a list: the report's own numbers, as they grow. */
import { useQuery } from '@tanstack/react-query'
import { resultsQuery } from '~/api/campaigns'
import type { CampaignSummary } from '~/api/types'

const LIVE_MS = 2_000
const RECENT_MS = 10_000
/** Opens and clicks keep coming for a while after the last message has left. */
const RECENT_FOR_MS = 60 * 60 * 1_000

export interface CampaignNumbers {
  sent?: number
  opened?: number
  clicked?: number
  converted?: number
}

/** Only rows that are looked at ask: `isShown` says which. */
export function useCampaignNumbers(campaign: CampaignSummary, isShown = true): CampaignNumbers {
  const launched = campaign.launched_at ? Date.parse(campaign.launched_at) : null
  const isRecent = launched !== null && Date.now() - launched < RECENT_FOR_MS
  const { data } = useQuery({
    ...resultsQuery(campaign.id),
    enabled: isShown && launched !== null,
    staleTime: RECENT_MS,
    refetchInterval: campaign.state === 'running' ? LIVE_MS : isRecent ? RECENT_MS : false,
  })
  if (!data) return { sent: campaign.counts.sent }
  const { sent, opened, clicked, conversions } = data.totals
  return {
    sent: sent.value ?? 0,
    opened: opened.value ?? 0,
    clicked: clicked.value ?? 0,
    converted: conversions[0] ? (conversions[0].count.value ?? 0) : undefined,
  }
}
