/** Where an import stands. */
import type { ImportState } from '~/api/imports'
import { useT } from '~/i18n'
import { Badge, type Tone } from '~/ui/page'

const TONES: Record<ImportState, Tone> = {
  waiting: 'neutral',
  running: 'accent',
  done: 'good',
  failed: 'bad',
  cancelled: 'warn',
}

export function ImportStateBadge({ state }: { state: ImportState }) {
  const t = useT()
  return (
    <Badge tone={TONES[state]} pulse={state === 'running'}>
      {t.imports.states[state]}
    </Badge>
  )
}
