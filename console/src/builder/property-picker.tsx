/** Choosing a property: those of the event first, then those of the person, with values seen. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { propertiesQuery } from '~/api/catalog'
import type { CatalogProperty, PropertyType } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { propertyName, propertyScope } from '~/lib/filters'
import { Picker, type PickItem } from '~/ui/picker'

interface PropertyPickerProps {
  label: string
  /** Event whose properties come first. */
  event?: string
  value: string | null
  onChange: (ref: string, type: PropertyType) => void
  filter?: (property: CatalogProperty) => boolean
  placeholder?: string
  className?: string
  plain?: boolean
  isOpenAtStart?: boolean
  onClose?: () => void
}

const RANK = { event: 0, message: 1, user: 2, profile: 3, other: 4 } as const

export function useProperties(event: string | undefined) {
  return useQuery(propertiesQuery(event || undefined))
}

export function PropertyPicker({
  label,
  event,
  value,
  onChange,
  filter,
  placeholder,
  ...rest
}: PropertyPickerProps) {
  const t = useT()
  const format = useFormat()
  const { data = [], isLoading } = useProperties(event)
  const offered = useMemo(() => {
    const kept = filter ? data.filter(filter) : data
    return [...kept].sort((a, b) => RANK[propertyScope(a.ref)] - RANK[propertyScope(b.ref)])
  }, [data, filter])
  const items = useMemo<PickItem[]>(
    () =>
      offered.map(it => ({
        id: it.ref,
        label: propertyName(it.ref),
        detail: t.builder.scopes[propertyScope(it.ref)],
        note: it.samples
          .slice(0, 2)
          .map(sample => format.value(sample))
          .join(', ')
          .slice(0, 22),
      })),
    [offered, format, t],
  )
  // A property that the catalog does not know yet is still shown by its name.
  const known = value && !items.some(it => it.id === value)
  const all = known ? [{ id: value, label: propertyName(value) }, ...items] : items
  return (
    <Picker
      {...rest}
      label={label}
      items={all}
      isLoading={isLoading}
      value={value || null}
      onChange={ref => onChange(ref, offered.find(it => it.ref === ref)?.type ?? 'text')}
      placeholder={placeholder ?? t.builder.chooseProperty}
      searchLabel={t.builder.searchProperties}
    />
  )
}
