/** Text, number and search fields with their label, hint and complaint. */
import { Search, X } from 'lucide-react'
import type { ReactNode, Ref } from 'react'
import {
  Button as AriaButton,
  NumberField as AriaNumberField,
  SearchField as AriaSearchField,
  TextArea as AriaTextArea,
  TextField as AriaTextField,
  FieldError,
  Group,
  Input,
  Label,
  Text,
} from 'react-aria-components'
import { cx } from './cx'

export const inputClass =
  'w-full min-w-0 rounded-md border border-line2/70 bg-surface px-2.5 text-sm text-ink ' +
  'focus:border-accent focus:outline-2 focus:-outline-offset-1 focus:outline-accent ' +
  'invalid:border-bad disabled:opacity-50'

export function FieldLabel({ children, className }: { children: ReactNode; className?: string }) {
  return <Label className={cx('text-sm font-medium text-ink', className)}>{children}</Label>
}

export function Hint({ children }: { children: ReactNode }) {
  return (
    <Text slot="description" className="text-xs text-ink3">
      {children}
    </Text>
  )
}

function Complaint({ children }: { children?: ReactNode }) {
  return <FieldError className="text-xs font-medium text-bad">{children}</FieldError>
}

interface Shared {
  label: string
  /** The label is read aloud only. */
  hideLabel?: boolean
  hint?: ReactNode
  error?: string | null
  className?: string
  isRequired?: boolean
  isDisabled?: boolean
}

interface TextFieldProps extends Shared {
  value: string
  onChange: (value: string) => void
  onBlur?: () => void
  onKeyDown?: (event: React.KeyboardEvent<HTMLInputElement>) => void
  placeholder?: string
  type?: 'text' | 'email' | 'password' | 'url'
  autoComplete?: string
  autoFocus?: boolean
  inputClassName?: string
  inputRef?: Ref<HTMLInputElement>
  name?: string
}

export function TextField(props: TextFieldProps) {
  const { label, hideLabel, hint, error, className, value, onChange, isRequired, isDisabled } = props
  return (
    <AriaTextField
      aria-label={hideLabel ? label : undefined}
      value={value}
      onChange={onChange}
      onBlur={props.onBlur}
      type={props.type}
      name={props.name}
      autoComplete={props.autoComplete}
      autoFocus={props.autoFocus}
      isInvalid={!!error}
      isRequired={isRequired}
      isDisabled={isDisabled}
      validationBehavior="aria"
      className={cx('flex min-w-0 flex-col gap-1', className)}
    >
      {!hideLabel && <FieldLabel>{label}</FieldLabel>}
      <Input
        ref={props.inputRef}
        placeholder={props.placeholder}
        onKeyDown={props.onKeyDown}
        className={cx(inputClass, 'h-8', props.inputClassName)}
      />
      {hint && !error && <Hint>{hint}</Hint>}
      <Complaint>{error}</Complaint>
    </AriaTextField>
  )
}

interface TextAreaProps extends Shared {
  value: string
  onChange: (value: string) => void
  rows?: number
  code?: boolean
  placeholder?: string
  inputRef?: Ref<HTMLTextAreaElement>
  onFocus?: () => void
}

export function TextArea(props: TextAreaProps) {
  const { label, hideLabel, hint, error, className, value, onChange } = props
  return (
    <AriaTextField
      aria-label={hideLabel ? label : undefined}
      value={value}
      onChange={onChange}
      onFocus={props.onFocus}
      isInvalid={!!error}
      isDisabled={props.isDisabled}
      validationBehavior="aria"
      className={cx('flex min-w-0 flex-col gap-1', className)}
    >
      {!hideLabel && <FieldLabel>{label}</FieldLabel>}
      <AriaTextArea
        ref={props.inputRef}
        rows={props.rows ?? 4}
        spellCheck={!props.code}
        placeholder={props.placeholder}
        className={cx(
          inputClass,
          'resize-y py-2',
          props.code && 'font-mono text-[0.8125rem] leading-[1.3rem] [tab-size:2]',
        )}
      />
      {hint && !error && <Hint>{hint}</Hint>}
      <Complaint>{error}</Complaint>
    </AriaTextField>
  )
}

interface NumberFieldProps extends Shared {
  value: number
  onChange: (value: number) => void
  minValue?: number
  maxValue?: number
  step?: number
  inputClassName?: string
  formatOptions?: Intl.NumberFormatOptions
}

export function NumberField(props: NumberFieldProps) {
  const { label, hideLabel, hint, error, className, value, onChange } = props
  return (
    <AriaNumberField
      aria-label={hideLabel ? label : undefined}
      value={value}
      onChange={it => {
        if (!Number.isNaN(it)) onChange(it)
      }}
      minValue={props.minValue}
      maxValue={props.maxValue}
      step={props.step}
      formatOptions={props.formatOptions ?? { useGrouping: false }}
      isInvalid={!!error}
      isDisabled={props.isDisabled}
      className={cx('flex min-w-0 flex-col gap-1', className)}
    >
      {!hideLabel && <FieldLabel>{label}</FieldLabel>}
      <Group>
        <Input className={cx(inputClass, 'num h-8 tabular-nums', props.inputClassName)} />
      </Group>
      {hint && !error && <Hint>{hint}</Hint>}
      <Complaint>{error}</Complaint>
    </AriaNumberField>
  )
}

interface SearchFieldProps {
  label: string
  value: string
  onChange: (value: string) => void
  placeholder?: string
  className?: string
  clearLabel: string
  autoFocus?: boolean
}

export function SearchField(props: SearchFieldProps) {
  return (
    <AriaSearchField
      aria-label={props.label}
      value={props.value}
      onChange={props.onChange}
      autoFocus={props.autoFocus}
      className={cx('group relative flex items-center', props.className)}
    >
      <Search size={15} aria-hidden className="pointer-events-none absolute left-2.5 text-ink3" />
      <Input
        placeholder={props.placeholder ?? props.label}
        className={cx(inputClass, 'h-8 pl-8 pr-8 [&::-webkit-search-cancel-button]:hidden')}
      />
      <AriaButton
        aria-label={props.clearLabel}
        className="absolute right-1 grid size-6 place-items-center rounded text-ink3 hover:bg-sunken hover:text-ink group-empty:hidden"
      >
        <X size={14} aria-hidden />
      </AriaButton>
    </AriaSearchField>
  )
}
