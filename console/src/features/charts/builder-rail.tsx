/** The left side of a chart: what is asked. */
import { Plus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useState } from 'react'
import type { Filter, Segment, Selector } from '~/api/types'
import { CohortPicker } from '~/builder/cohort-picker'
import { EventPicker } from '~/builder/event-picker'
import { FilterEditor } from '~/builder/filter-editor'
import { PropertyPicker } from '~/builder/property-picker'
import { useT } from '~/i18n'
import { eventOf, propertyName } from '~/lib/filters'
import { Button, IconButton } from '~/ui/button'
import { useHeir } from '~/ui/focus'

export function RailSection({
  title,
  children,
  hint,
}: {
  title: string
  children: ReactNode
  hint?: string
}) {
  return (
    <section aria-label={title} className="border-b border-line px-4 py-3.5 last:border-b-0">
      <h2 className="mb-2 text-sm font-semibold">{title}</h2>
      {hint && <p className="-mt-1 mb-2 text-xs text-ink3">{hint}</p>}
      {children}
    </section>
  )
}

interface SelectorCardProps {
  mark: ReactNode
  label: string
  value: Selector
  onChange: (select: Selector) => void
  onRemove?: () => void
  /** Left of the button that removes it. */
  menu?: ReactNode
  withAny?: boolean
  isNew?: boolean
  children?: ReactNode
}

/** One event of a chart with its conditions. */
export function SelectorCard(props: SelectorCardProps) {
  const { mark, label, value, onChange, onRemove, children } = props
  const t = useT()
  return (
    <li className="rounded-lg border border-line bg-bg p-2">
      <div className="flex items-center gap-1.5">
        {mark}
        <EventPicker
          label={label}
          value={value}
          withAny={props.withAny}
          isOpenAtStart={props.isNew}
          className="flex-1"
          onChange={next => onChange(next)}
        />
        <div className="flex shrink-0">
          {props.menu}
          {onRemove && (
            <IconButton size="sm" label={t.charts.remove(label)} onPress={onRemove}>
              <X size={14} aria-hidden />
            </IconButton>
          )}
        </div>
      </div>
      <div className="mt-1.5 flex flex-col gap-1.5">
        {children}
        <FilterEditor
          event={eventOf(value)}
          value={value.where}
          onChange={where => {
            const { where: _, ...rest } = value
            onChange(where ? { ...rest, where } : rest)
          }}
        />
      </div>
    </li>
  )
}

interface ChartWhereProps {
  value: Filter | null
  onChange: (where: Filter | null) => void
}

/** Conditions on every event that the chart reads; any property may be asked for. */
export function ChartWhere({ value, onChange }: ChartWhereProps) {
  const t = useT()
  return (
    <RailSection title={t.charts.where} hint={t.charts.whereHint}>
      <FilterEditor value={value} onChange={where => onChange(where ?? null)} />
    </RailSection>
  )
}

interface PropertyListProps {
  label: string
  addLabel: string
  /** Event whose properties are offered first. */
  event?: string
  max: number
  value: string[]
  onChange: (refs: string[]) => void
}

const GROUP_BY_MAX = 3

export function GroupBy(props: Pick<PropertyListProps, 'event' | 'value' | 'onChange'>) {
  const t = useT()
  return <PropertyList {...props} label={t.charts.groupBy} addLabel={t.charts.addGroup} max={GROUP_BY_MAX} />
}

/** A few properties, each once. */
export function PropertyList({ label, addLabel, event, max, value, onChange }: PropertyListProps) {
  const t = useT()
  const [adding, setAdding] = useState(false)
  const [add, focusAdd] = useHeir()
  const stop = () => {
    setAdding(false)
    focusAdd()
  }
  return (
    <ul className="flex flex-col gap-1.5">
      {value.map((ref, index) => (
        <li key={ref} className="flex items-center gap-1">
          <PropertyPicker
            label={label}
            event={event}
            value={ref}
            className="flex-1"
            onChange={next => onChange(value.map((it, i) => (i === index ? next : it)))}
          />
          <IconButton
            size="sm"
            label={t.charts.remove(propertyName(ref))}
            onPress={() => {
              onChange(value.filter((_, i) => i !== index))
              focusAdd()
            }}
          >
            <X size={14} aria-hidden />
          </IconButton>
        </li>
      ))}
      {adding && (
        <li className="flex items-center gap-1">
          <PropertyPicker
            label={label}
            event={event}
            value={null}
            isOpenAtStart
            onClose={stop}
            className="flex-1"
            onChange={ref => {
              stop()
              if (!value.includes(ref)) onChange([...value, ref])
            }}
          />
          <IconButton size="sm" label={t.common.cancel} onPress={stop}>
            <X size={14} aria-hidden />
          </IconButton>
        </li>
      )}
      {!adding && value.length < max && (
        <li>
          <Button ref={add} look="ghost" size="sm" onPress={() => setAdding(true)}>
            <Plus size={14} aria-hidden />
            {addLabel}
          </Button>
        </li>
      )}
    </ul>
  )
}

interface SegmentsProps {
  value: Segment[]
  onChange: (segments: Segment[]) => void
}

const SEGMENTS_MAX = 5

/** People compared side by side: everyone and saved cohorts. */
export function Segments({ value, onChange }: SegmentsProps) {
  const t = useT()
  const [adding, setAdding] = useState(false)
  const [add, focusAdd] = useHeir()
  const stop = () => {
    setAdding(false)
    focusAdd()
  }
  const everyone: Segment = { name: t.charts.everyone, people: { all: [] } }
  const choose = (id: string, name: string) => {
    const next: Segment = { name, people: { cohort: id } }
    stop()
    // A comparison needs something to compare with.
    onChange(value.length === 0 ? [everyone, next] : [...value, next])
  }
  return (
    <ul className="flex flex-col gap-1.5">
      {value.length === 0 && (
        <li className="flex h-7 items-center px-2 text-sm text-ink2">{t.charts.everyone}</li>
      )}
      {value.map((segment, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place
        <li key={index} className="flex items-center gap-1">
          <span className="min-w-0 flex-1 truncate rounded-md border border-line bg-bg px-2.5 py-1 text-sm">
            {segment.name}
          </span>
          <IconButton
            size="sm"
            label={t.charts.remove(segment.name)}
            onPress={() => {
              const rest = value.filter((_, i) => i !== index)
              const [only] = rest
              const isEveryone =
                rest.length === 1 && only && 'all' in only.people && only.people.all.length === 0
              onChange(isEveryone ? [] : rest)
              focusAdd()
            }}
          >
            <X size={14} aria-hidden />
          </IconButton>
        </li>
      ))}
      {adding ? (
        <li className="flex items-center gap-1">
          <CohortPicker
            label={t.charts.segments}
            value={null}
            isOpenAtStart
            onClose={stop}
            className="flex-1"
            onChange={choose}
          />
          <IconButton size="sm" label={t.common.cancel} onPress={stop}>
            <X size={14} aria-hidden />
          </IconButton>
        </li>
      ) : (
        value.length < SEGMENTS_MAX && (
          <li>
            <Button ref={add} look="ghost" size="sm" onPress={() => setAdding(true)}>
              <Plus size={14} aria-hidden />
              {t.charts.addSegment}
            </Button>
          </li>
        )
      )}
    </ul>
  )
}
