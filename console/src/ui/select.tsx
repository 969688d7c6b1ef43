/** Choosing one of a few: a drop-down, a row of toggles, a set of radio cards. */
import { Check, ChevronDown } from 'lucide-react'
import type { ReactNode } from 'react'
import {
  Button as AriaButton,
  Select as AriaSelect,
  Header,
  ListBox,
  ListBoxItem,
  ListBoxSection,
  Popover,
  Radio,
  RadioGroup,
  SelectValue,
  ToggleButton,
  ToggleButtonGroup,
} from 'react-aria-components'
import { cx } from './cx'
import { FieldLabel } from './field'

export interface Option<T extends string> {
  id: T
  label: string
  /** Second line or right-hand note. */
  note?: string
}

export const popoverClass =
  'z-40 rounded-lg border border-line bg-surface shadow-overlay outline-none ' +
  'entering:animate-[appear_120ms] max-w-[min(30rem,calc(100vw-2rem))]'

export const itemClass =
  'group flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm text-ink outline-none ' +
  'focus:bg-accent-bg hover:bg-sunken disabled:text-ink3'

interface SelectProps<T extends string> {
  label: string
  hideLabel?: boolean
  value: T | null
  onChange: (value: T) => void
  options: readonly Option<T>[]
  sections?: readonly { name: string; options: readonly Option<T>[] }[]
  placeholder?: string
  className?: string
  size?: 'md' | 'sm'
  plain?: boolean
  isDisabled?: boolean
}

export function Select<T extends string>(props: SelectProps<T>) {
  const { label, hideLabel, value, onChange, options, placeholder, className, size = 'md' } = props
  return (
    <AriaSelect
      aria-label={hideLabel ? label : undefined}
      value={value}
      onChange={key => key !== null && onChange(key as T)}
      placeholder={placeholder}
      isDisabled={props.isDisabled}
      className={cx('inline-flex min-w-0 flex-col gap-1', className)}
    >
      {!hideLabel && <FieldLabel>{label}</FieldLabel>}
      <AriaButton
        className={cx(
          'inline-flex min-w-0 items-center justify-between gap-1.5 rounded-md text-sm text-ink transition-colors disabled:opacity-50',
          size === 'sm' ? 'h-7 px-2' : 'h-8 px-2.5',
          props.plain ? 'hover:bg-sunken' : 'border border-line2/70 bg-surface hover:bg-sunken',
        )}
      >
        <SelectValue className="truncate placeholder-shown:text-ink3 [&_[data-note]]:hidden" />
        <ChevronDown size={14} aria-hidden className="shrink-0 text-ink3" />
      </AriaButton>
      <Popover className={cx(popoverClass, 'min-w-[max(var(--trigger-width),9rem)] overflow-auto')}>
        <ListBox className="max-h-80 overflow-auto p-1 outline-none">
          {options.map(it => (
            <Item key={it.id} option={it} />
          ))}
          {props.sections?.map(section => (
            <ListBoxSection key={section.name}>
              <Header className="px-2 pt-2 pb-1 text-xs font-medium text-ink3">{section.name}</Header>
              {section.options.map(it => (
                <Item key={it.id} option={it} />
              ))}
            </ListBoxSection>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

function Item<T extends string>({ option }: { option: Option<T> }) {
  return (
    <ListBoxItem id={option.id} textValue={option.label} className={itemClass}>
      {({ isSelected }) => (
        <>
          <span className="min-w-0 flex-1 truncate">{option.label}</span>
          {option.note && (
            <span data-note className="shrink-0 text-xs text-ink3">
              {option.note}
            </span>
          )}
          {isSelected && <Check data-note size={14} aria-hidden className="shrink-0 text-accent" />}
        </>
      )}
    </ListBoxItem>
  )
}

interface SegmentedProps<T extends string> {
  label: string
  value: T
  onChange: (value: T) => void
  options: readonly { id: T; label: ReactNode }[]
  className?: string
}

/** Two to five choices side by side. */
export function Segmented<T extends string>({
  label,
  value,
  onChange,
  options,
  className,
}: SegmentedProps<T>) {
  return (
    <ToggleButtonGroup
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={keys => {
        const [first] = keys
        if (first !== undefined) onChange(first as T)
      }}
      className={cx('inline-flex rounded-md bg-sunken p-0.5', className)}
    >
      {options.map(it => (
        <ToggleButton
          key={it.id}
          id={it.id}
          className="h-7 rounded-[5px] px-2.5 text-sm whitespace-nowrap text-ink2 hover:text-ink selected:bg-surface selected:font-medium selected:text-ink selected:shadow-[0_1px_2px_rgb(15_20_30/14%)] dark:selected:bg-line"
        >
          {it.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

interface RadioCardsProps<T extends string> {
  label: string
  value: T
  onChange: (value: T) => void
  options: readonly { id: T; label: string; note: string }[]
  hideLabel?: boolean
  columns?: 1 | 2 | 3
}

export function RadioCards<T extends string>(props: RadioCardsProps<T>) {
  return (
    <RadioGroup
      aria-label={props.hideLabel ? props.label : undefined}
      value={props.value}
      onChange={it => props.onChange(it as T)}
      className="flex flex-col gap-1.5"
    >
      {!props.hideLabel && <FieldLabel>{props.label}</FieldLabel>}
      <div
        className={cx(
          'grid gap-2',
          props.columns === 2 && 'sm:grid-cols-2',
          props.columns === 3 && 'md:grid-cols-3',
        )}
      >
        {props.options.map(it => (
          <Radio
            key={it.id}
            value={it.id}
            className="group flex cursor-default gap-2.5 rounded-lg border border-line px-3 py-2.5 outline-offset-2 hover:border-line2 selected:border-accent selected:bg-accent-bg focus-visible:outline-2 focus-visible:outline-ring"
          >
            <span className="mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border border-line2 bg-surface group-selected:border-[5px] group-selected:border-accent" />
            <span className="min-w-0">
              <span className="block text-sm font-medium">{it.label}</span>
              <span className="block text-xs text-ink2">{it.note}</span>
            </span>
          </Radio>
        ))}
      </div>
    </RadioGroup>
  )
}
