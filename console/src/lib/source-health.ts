/** Whether a source needs a look. */
import type { Source } from '~/api/sources'

export type Health = 'off' | 'silent' | 'quiet' | 'good' | 'poor'

/** From this share of what arrives in a day on, what is refused is worth a look. */
const POOR_SHARE = 0.02

export function healthOf({ is_enabled, health }: Pick<Source, 'is_enabled' | 'health'>): Health {
  if (!is_enabled) return 'off'
  const refused = health.rejected_day + health.quarantined_day
  if (refused > 0 && refused >= (health.events_day + refused) * POOR_SHARE) return 'poor'
  if (health.last_event_at === null) return 'silent'
  return health.events_day === 0 ? 'quiet' : 'good'
}
