/** One event of a chart, with its conditions, in a section of its own. */
import type { Selector } from '~/api/types'
import { RailSection, SelectorCard } from './builder-rail'

interface SelectSectionProps {
  title: string
  hint?: string
  value: Selector
  onChange: (select: Selector) => void
  withAny?: boolean
}

export function SelectSection({ title, hint, value, onChange, withAny = true }: SelectSectionProps) {
  return (
    <RailSection title={title} hint={hint}>
      <ul>
        <SelectorCard mark={null} label={title} withAny={withAny} value={value} onChange={onChange} />
      </ul>
    </RailSection>
  )
}
