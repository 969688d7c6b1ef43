/** A number and a unit of time. */
import type { Duration, Unit } from '~/api/types'
import { useT } from '~/i18n'
import { NumberField } from '~/ui/field'
import { Select } from '~/ui/select'

interface DurationFieldProps {
  label: string
  value: Duration
  onChange: (value: Duration) => void
  units: readonly Unit[]
  maxValue?: number
}

export function DurationField({ label, value, onChange, units, maxValue = 10_000 }: DurationFieldProps) {
  const t = useT()
  return (
    <span className="inline-flex items-center gap-1.5">
      <NumberField
        label={label}
        hideLabel
        value={value.n}
        minValue={1}
        maxValue={maxValue}
        onChange={n => onChange({ ...value, n })}
        className="w-16"
        inputClassName="text-center"
      />
      <Select
        label={t.builder.unit}
        hideLabel
        value={value.unit}
        onChange={unit => onChange({ ...value, unit })}
        options={units.map(it => ({ id: it, label: t.units[it] }))}
      />
    </span>
  )
}
