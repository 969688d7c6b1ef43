/** Choosing an event of the workspace, the most used first. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { eventsQuery } from '~/api/catalog'
import type { Selector } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { eventOf, isAnyEvent } from '~/lib/filters'
import { Picker, type PickItem } from '~/ui/picker'
import { eventWords } from './event-words'

/** Stands for `{"any_event": true}` in the list; no event can have this name. */
const ANY = '\u0000any'

interface EventPickerProps {
  label: string
  value: Selector
  onChange: (select: Selector) => void
  /** Offer "any event" as well. */
  withAny?: boolean
  className?: string
  plain?: boolean
  placeholder?: string
  isOpenAtStart?: boolean
}

export function EventPicker({ label, value, onChange, withAny, placeholder, ...rest }: EventPickerProps) {
  const t = useT()
  const format = useFormat()
  const { data: events = [], isLoading } = useQuery(eventsQuery)
  const items = useMemo<PickItem[]>(() => {
    const sorted = [...events].sort((a, b) => b.count - a.count)
    const listed = sorted.map(it => ({
      id: it.name,
      label: it.name,
      detail: eventWords(it.name, t) ?? undefined,
      note: format.compact(it.count),
    }))
    return withAny ? [{ id: ANY, label: t.builder.anyEvent }, ...listed] : listed
  }, [events, format, t, withAny])
  const unionName = 'any_of' in value ? value.any_of.map(eventOf).join(` ${t.builder.or} `) : null
  return (
    <Picker
      {...rest}
      label={label}
      items={items}
      isLoading={isLoading}
      value={isAnyEvent(value) ? ANY : (unionName ?? (eventOf(value) || null))}
      onChange={id => onChange(id === ANY ? { any_event: true } : { event: id })}
      placeholder={placeholder ?? t.builder.chooseEvent}
      searchLabel={t.builder.searchEvents}
      emptyText={events.length === 0 && !isLoading ? t.builder.noEvents : undefined}
    />
  )
}
