/** Where a campaign stands. */
import type { CampaignState } from '~/api/types'
import { useT } from '~/i18n'
import { Badge, type Tone } from '~/ui/page'

const TONES: Record<CampaignState, Tone> = {
  draft: 'neutral',
  scheduled: 'accent',
  running: 'accent',
  paused: 'warn',
  stopped: 'bad',
  done: 'good',
  archived: 'neutral',
}

export function CampaignStateBadge({ state }: { state: CampaignState }) {
  const t = useT()
  return (
    <Badge tone={TONES[state]} pulse={state === 'running'}>
      {t.campaignStates[state]}
    </Badge>
  )
}
