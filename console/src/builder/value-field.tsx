/** The value of a condition: suggestions from what was seen, several values where the operator takes them. */
import { X } from 'lucide-react'
import { useId, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import type { FilterOp, PropertyType, Scalar } from '~/api/types'
import { useT } from '~/i18n'
import { toScalar } from '~/lib/filters'
import { cx } from '~/ui/cx'
import { inputClass } from '~/ui/field'
import { Select } from '~/ui/select'

interface ValueFieldProps {
  label: string
  op: FilterOp
  type: PropertyType
  samples: readonly unknown[]
  values: readonly Scalar[]
  onChange: (values: Scalar[]) => void
}

const MANY: readonly FilterOp[] = ['is', 'is_not', 'contains', 'not_contains']

export function ValueField(props: ValueFieldProps) {
  const { op, type, values, onChange, label } = props
  const t = useT()
  if (type === 'boolean') {
    const value = values[0] === false ? 'false' : values[0] === true ? 'true' : null
    return (
      <Select
        label={label}
        hideLabel
        value={value}
        onChange={it => onChange([it === 'true'])}
        placeholder={t.builder.value}
        options={[
          { id: 'true', label: t.builder.yes },
          { id: 'false', label: t.builder.no },
        ]}
      />
    )
  }
  if (op === 'between') {
    return (
      <span className="flex items-center gap-1.5">
        <One
          {...props}
          label={t.builder.from}
          value={values[0]}
          onValue={it => onChange([it, values[1] ?? ''])}
        />
        <span className="text-sm text-ink3">{t.builder.and}</span>
        <One
          {...props}
          label={t.builder.to}
          value={values[1]}
          onValue={it => onChange([values[0] ?? '', it])}
        />
      </span>
    )
  }
  if (op === 'in_last' || op === 'in_next') {
    const unit = typeof values[1] === 'string' ? values[1] : 'day'
    return (
      <span className="flex items-center gap-1.5">
        <One {...props} type="number" value={values[0]} onValue={it => onChange([it, unit])} />
        <Select
          label={t.builder.unit}
          hideLabel
          value={unit}
          onChange={it => onChange([values[0] ?? 7, it])}
          options={(['hour', 'day', 'week', 'month'] as const).map(it => ({ id: it, label: t.units[it] }))}
        />
      </span>
    )
  }
  if (MANY.includes(op)) return <Chips {...props} />
  return <One {...props} value={values[0]} onValue={it => onChange([it])} />
}

function suggestions(samples: readonly unknown[]): string[] {
  const flat = samples.flatMap(it => (Array.isArray(it) ? it : [it]))
  return [...new Set(flat.filter(it => typeof it === 'string' || typeof it === 'number').map(String))]
}

interface OneProps extends ValueFieldProps {
  value: Scalar | undefined
  onValue: (value: Scalar) => void
}

function One({ label, type, samples, value, onValue }: OneProps) {
  const list = useId()
  const shown = value === undefined || value === null ? '' : String(value)
  const [text, setText] = useState(shown)
  const [last, setLast] = useState(shown)
  if (shown !== last) {
    // The value changed from outside (Back, a link): the field follows.
    setLast(shown)
    setText(shown)
  }
  const commit = () => {
    if (text !== shown) onValue(toScalar(text, type))
  }
  return (
    <>
      <input
        aria-label={label}
        list={list}
        value={text}
        inputMode={type === 'number' ? 'decimal' : undefined}
        type={type === 'time' ? 'date' : 'text'}
        onChange={event => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={event => event.key === 'Enter' && !event.nativeEvent.isComposing && commit()}
        className={cx(inputClass, 'h-8 w-32')}
      />
      <datalist id={list}>
        {suggestions(samples).map(it => (
          <option key={it} value={it} />
        ))}
      </datalist>
    </>
  )
}

function Chips({ label, type, samples, values, onChange }: ValueFieldProps) {
  const t = useT()
  const list = useId()
  const [text, setText] = useState('')
  const offered = suggestions(samples)
  const add = (raw: string) => {
    const value = toScalar(raw, type)
    setText('')
    if (value !== '' && !values.includes(value)) onChange([...values, value])
  }
  return (
    <span
      className={cx(
        'flex min-h-8 min-w-40 flex-1 flex-wrap items-center gap-1 rounded-md border border-line2/70 bg-surface px-1 py-[3px]',
        'focus-within:border-accent focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent',
      )}
    >
      {values.map(it => (
        <span
          key={String(it)}
          className="inline-flex max-w-full items-center gap-0.5 rounded bg-accent-bg py-px pr-0.5 pl-1.5 text-sm"
        >
          <span className="truncate">{String(it)}</span>
          <AriaButton
            aria-label={t.builder.removeValue(String(it))}
            onPress={() => onChange(values.filter(other => other !== it))}
            className="grid size-6 shrink-0 place-items-center rounded text-ink2 hover:text-ink"
          >
            <X size={12} aria-hidden />
          </AriaButton>
        </span>
      ))}
      <input
        aria-label={label}
        list={list}
        value={text}
        placeholder={values.length === 0 ? t.builder.value : t.builder.orValue}
        inputMode={type === 'number' ? 'decimal' : undefined}
        onChange={event => {
          const next = event.target.value
          setText(next)
          // A suggestion chosen from the list arrives whole, without the keystrokes of typing.
          const typed = (event.nativeEvent as InputEvent).inputType
          if ((typed === undefined || typed === 'insertReplacementText') && offered.includes(next)) add(next)
        }}
        onBlur={() => add(text)}
        onKeyDown={event => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') {
            event.preventDefault()
            add(text)
          }
          if (event.key === 'Backspace' && text === '') onChange(values.slice(0, -1))
        }}
        className="h-6 min-w-16 flex-1 bg-transparent px-1 text-sm outline-none"
      />
      <datalist id={list}>
        {offered.map(it => (
          <option key={it} value={it} />
        ))}
      </datalist>
    </span>
  )
}
