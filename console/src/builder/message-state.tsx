/** Where one message stands, with the reason when it was not sent. */

import { useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Badge, type Tone } from '~/ui/page'

const TONES: Record<string, Tone> = {
  sent: 'good',
  delivered: 'good',
  bounced: 'bad',
  rejected: 'bad',
  failed: 'bad',
  unknown: 'warn',
  aborted: 'warn',
  suppressed: 'warn',
  unreachable: 'warn',
  skipped: 'warn',
  held: 'accent',
  reserved: 'accent',
  handed_off: 'accent',
}

export function MessageState({ state, reason }: { state: string; reason: string | null }) {
  const t = useT()
  const said = reason ? wordFor(t.reasons, reason, reason) : null
  return (
    <span className="inline-flex flex-wrap items-baseline gap-x-2">
      <Badge tone={TONES[state] ?? 'neutral'}>{wordFor(t.messageStates, state, state)}</Badge>
      {said && <span className="text-xs text-ink2">{said}</span>}
    </span>
  )
}
