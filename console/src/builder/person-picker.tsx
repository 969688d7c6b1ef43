/** Finding one person by name, address or id. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { findPeople } from '~/api/people'
import type { PersonRef } from '~/api/types'
import { useT } from '~/i18n'
import { useDebounced } from '~/ui/debounce'
import { Picker } from '~/ui/picker'

interface PersonPickerProps {
  label: string
  value: PersonRef | null
  onChange: (person: PersonRef) => void
  className?: string
}

export const personLabel = (it: PersonRef) => it.name || it.email || it.external_id || it.person

const FOUND_MAX = 20

export function PersonPicker({ label, value, onChange, className }: PersonPickerProps) {
  const t = useT()
  const [text, setText] = useState('')
  const search = useDebounced(text, 200)
  const { data = [], isFetching } = useQuery({
    queryKey: ['people', 'find', search],
    queryFn: ({ signal }) => findPeople(search, FOUND_MAX, signal),
    placeholderData: previous => previous,
  })
  const listed: PersonRef[] = value && !data.some(it => it.person === value.person) ? [value, ...data] : data
  return (
    <Picker
      label={label}
      className={className}
      isLoading={isFetching}
      value={value?.person ?? null}
      items={listed.map(it => ({
        id: it.person,
        label: personLabel(it),
        detail: it.name ? (it.email ?? '') : '',
      }))}
      onSearch={setText}
      onChange={id => {
        const person = listed.find(it => it.person === id)
        if (person) onChange(person)
      }}
      placeholder={t.builder.choosePerson}
      searchLabel={t.builder.searchPeople}
    />
  )
}
