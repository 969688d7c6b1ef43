/** Choosing a saved cohort. */
import { useQuery } from '@tanstack/react-query'
import { cohortsQuery } from '~/api/cohorts'
import { useFormat, useT } from '~/i18n'
import { Picker } from '~/ui/picker'

interface CohortPickerProps {
  label: string
  value: string | null
  onChange: (id: string, name: string) => void
  placeholder?: string
  className?: string
  plain?: boolean
  isOpenAtStart?: boolean
  onClose?: () => void
}

export function CohortPicker({ label, value, onChange, placeholder, ...rest }: CohortPickerProps) {
  const t = useT()
  const format = useFormat()
  const { data: cohorts = [], isLoading } = useQuery(cohortsQuery)
  return (
    <Picker
      {...rest}
      label={label}
      isLoading={isLoading}
      value={value}
      items={cohorts.map(it => ({ id: it.id, label: it.name, note: format.number(it.size) }))}
      onChange={id => onChange(id, cohorts.find(it => it.id === id)?.name ?? id)}
      placeholder={placeholder ?? t.builder.chooseCohort}
      searchLabel={t.builder.searchCohorts}
      emptyText={cohorts.length === 0 ? t.builder.noCohorts : undefined}
    />
  )
}
