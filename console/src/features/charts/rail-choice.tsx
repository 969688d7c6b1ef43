/** Small questions of a builder: one of a few, a number, yes or no. */
import { Check } from 'lucide-react'
import { Checkbox } from 'react-aria-components'
import { Select } from '~/ui/select'

interface ChoiceProps<T extends string> {
  label: string
  value: T
  options: readonly T[]
  names: Record<T, string>
  onChange: (value: T) => void
}

/** A labelled drop-down as wide as the builder. */
export function Choice<T extends string>({ label, value, options, names, onChange }: ChoiceProps<T>) {
  return (
    <Select
      label={label}
      value={value}
      onChange={onChange}
      className="w-full"
      options={options.map(it => ({ id: it, label: names[it] }))}
    />
  )
}

interface TickProps {
  label: string
  isSelected: boolean
  onChange: (isSelected: boolean) => void
}

export function Tick({ label, isSelected, onChange }: TickProps) {
  return (
    <Checkbox
      isSelected={isSelected}
      onChange={onChange}
      className="group flex min-h-7 cursor-default items-center gap-2 rounded-sm text-sm"
    >
      <span className="grid size-4 shrink-0 place-items-center rounded border border-line2 bg-surface text-transparent group-selected:border-accent group-selected:bg-accent group-selected:text-on-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-ring">
        <Check size={12} strokeWidth={3} aria-hidden />
      </span>
      {label}
    </Checkbox>
  )
}
