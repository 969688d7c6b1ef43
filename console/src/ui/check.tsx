/** A box to tick without words beside it: rows of a table, all rows of a table. */
import { Check, Minus } from 'lucide-react'
import { Checkbox } from 'react-aria-components'

interface TickBoxProps {
  /** Read aloud only. */
  label: string
  isSelected: boolean
  isIndeterminate?: boolean
  onChange: (isSelected: boolean) => void
}

export function TickBox({ label, isSelected, isIndeterminate, onChange }: TickBoxProps) {
  return (
    <Checkbox
      aria-label={label}
      isSelected={isSelected}
      isIndeterminate={isIndeterminate}
      onChange={onChange}
      className="group grid size-6 cursor-default place-items-center"
    >
      <span className="grid size-4 place-items-center rounded border border-line2 bg-surface text-transparent group-selected:border-accent group-selected:bg-accent group-selected:text-on-accent group-indeterminate:border-accent group-indeterminate:bg-accent group-indeterminate:text-on-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-ring">
        {isIndeterminate ? (
          <Minus size={12} strokeWidth={3} aria-hidden />
        ) : (
          <Check size={12} strokeWidth={3} aria-hidden />
        )}
      </span>
    </Checkbox>
  )
}
