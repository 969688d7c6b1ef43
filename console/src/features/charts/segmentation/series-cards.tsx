/** The events of a segmentation and how each is measured. */
import type { Measure, PropertyFn } from '~/api/types'
import { PropertyPicker } from '~/builder/property-picker'
import { useT } from '~/i18n'
import { letter, type SeriesState } from '~/lib/charts'
import { eventOf } from '~/lib/filters'
import { Select } from '~/ui/select'
import { SelectorCard } from '../builder-rail'

const COUNTS = ['people', 'events', 'per_person', 'active_rate', 'frequency'] as const
const FUNCTIONS: PropertyFn[] = ['sum', 'avg', 'min', 'max', 'median', 'p90', 'p95', 'p99', 'distinct']

interface SeriesCardsProps {
  series: SeriesState[]
  /** Index of the one just added. */
  added: number
  onChange: (series: SeriesState[]) => void
  /** The card with the focus is gone. */
  onRemoved: () => void
  describe: (measure: Measure) => string
}

export function SeriesCards({ series, added, onChange, onRemoved }: SeriesCardsProps) {
  const t = useT()
  const replace = (index: number, next: Partial<SeriesState>) =>
    onChange(series.map((it, i) => (i === index ? { ...it, ...next } : it)))
  return (
    <ol className="flex flex-col gap-2">
      {series.map((it, index) => (
        <SelectorCard
          // biome-ignore lint/suspicious/noArrayIndexKey: a series is its place
          key={index}
          label={t.charts.seriesN(letter(index))}
          mark={
            <span
              aria-hidden
              className="grid size-5 shrink-0 place-items-center rounded bg-sunken text-xs font-semibold text-ink2"
            >
              {letter(index)}
            </span>
          }
          withAny
          value={it.select}
          isNew={index === added && eventOf(it.select) === '' && 'event' in it.select}
          onChange={select => replace(index, { select })}
          onRemove={() => {
            onChange(series.filter((_, i) => i !== index))
            onRemoved()
          }}
        >
          <MeasureField
            event={eventOf(it.select)}
            value={it.measure}
            onChange={measure => replace(index, { measure })}
          />
        </SelectorCard>
      ))}
    </ol>
  )
}

interface MeasureFieldProps {
  event: string
  value: Measure
  onChange: (measure: Measure) => void
}

function MeasureField({ event, value, onChange }: MeasureFieldProps) {
  const t = useT()
  const chosen = typeof value === 'string' ? value : value.fn
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <Select
        label={t.charts.measure}
        hideLabel
        value={chosen}
        onChange={next => {
          const isCount = (COUNTS as readonly string[]).includes(next)
          if (isCount) onChange(next as (typeof COUNTS)[number])
          else onChange({ fn: next as PropertyFn, property: typeof value === 'string' ? '' : value.property })
        }}
        options={COUNTS.map(it => ({ id: it as string, label: t.measures[it] }))}
        sections={[
          {
            name: t.charts.ofProperty,
            options: FUNCTIONS.map(it => ({ id: it as string, label: t.functions[it] })),
          },
        ]}
      />
      {typeof value !== 'string' && (
        <PropertyPicker
          label={t.charts.measuredProperty}
          event={event}
          value={typeof value.property === 'string' ? value.property || null : value.property.name}
          isOpenAtStart={value.property === ''}
          filter={it => value.fn === 'distinct' || it.type === 'number'}
          className="max-w-44"
          onChange={property => onChange({ fn: value.fn, property })}
        />
      )}
    </div>
  )
}
