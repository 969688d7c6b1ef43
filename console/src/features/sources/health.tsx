/** How a source fares, in a word. */
import type { Source } from '~/api/sources'
import { useT } from '~/i18n'
import { type Health, healthOf } from '~/lib/source-health'
import { Badge, type Tone } from '~/ui/page'

const TONES: Record<Health, Tone> = {
  silent: 'neutral',
  quiet: 'neutral',
  good: 'good',
  poor: 'warn',
  off: 'neutral',
}

export function HealthBadge({ source }: { source: Source }) {
  const t = useT()
  const health = healthOf(source)
  return <Badge tone={TONES[health]}>{t.sources.health[health]}</Badge>
}
