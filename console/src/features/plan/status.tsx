/** Where an event or a property stands between what is planned and what arrives. */
import type { CatalogStatus } from '~/api/plan'
import { useT } from '~/i18n'
import { Badge, type Tone } from '~/ui/page'

const TONES: Record<CatalogStatus, Tone> = {
  live: 'good',
  planned: 'accent',
  unexpected: 'warn',
  stale: 'warn',
  hidden: 'neutral',
  blocked: 'bad',
}

/** What a server without governance sends is what arrives. */
export const statusOf = (it: { status?: CatalogStatus }): CatalogStatus => it.status ?? 'live'

export function StatusBadge({ status }: { status: CatalogStatus }) {
  const t = useT()
  return (
    <span title={t.plan.statusNotes[status]}>
      <Badge tone={TONES[status]}>{t.plan.statuses[status]}</Badge>
    </span>
  )
}
