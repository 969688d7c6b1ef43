/** A button that opens a searchable list: the control for events, properties, cohorts and people. */
import { Check, ChevronDown } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import {
  Button as AriaButton,
  Autocomplete,
  Dialog,
  DialogTrigger,
  Input,
  ListBox,
  ListBoxItem,
  ListLayout,
  Popover,
  SearchField,
  Virtualizer,
} from 'react-aria-components'
import { useT } from '~/i18n'
import { matches } from '~/lib/match'
import { cx } from './cx'
import { inputClass } from './field'
import { useHeir } from './focus'
import { itemClass, popoverClass } from './select'

export interface PickItem {
  id: string
  label: string
  /** Right-hand note such as a count. */
  note?: string
  /** Grey words after the label, searched too. */
  detail?: string
  badge?: ReactNode
}

interface PickerProps {
  label: string
  items: readonly PickItem[]
  value: string | null
  onChange: (id: string) => void
  placeholder: string
  searchLabel: string
  isLoading?: boolean
  /** The list is searched by the server; typed text goes there. */
  onSearch?: (text: string) => void
  className?: string
  isOpenAtStart?: boolean
  renderValue?: (item: PickItem) => ReactNode
  plain?: boolean
  emptyText?: string
  /** The list was closed without a choice. */
  onClose?: () => void
}

const ROW = 36

export function Picker(props: PickerProps) {
  const { label, items, value, onChange, placeholder } = props
  const [isOpen, setOpen] = useState(props.isOpenAtStart ?? false)
  // One that was opened by another button keeps the keyboard once something is chosen.
  const [button, focusButton] = useHeir()
  const chosen = items.find(it => it.id === value)
  return (
    <DialogTrigger
      isOpen={isOpen}
      onOpenChange={open => {
        setOpen(open)
        if (!open) props.onClose?.()
      }}
    >
      <AriaButton
        ref={button}
        aria-label={`${label}: ${chosen?.label ?? value ?? placeholder}`}
        className={cx(
          'inline-flex h-8 min-w-0 items-center justify-between gap-1.5 rounded-md text-sm transition-colors',
          props.plain ? 'px-1.5 hover:bg-sunken' : 'border border-line2/70 bg-surface px-2.5 hover:bg-sunken',
          props.className,
        )}
      >
        <span className={cx('min-w-0 truncate', !chosen && !value && 'text-ink3')}>
          {chosen ? (props.renderValue?.(chosen) ?? chosen.label) : value || placeholder}
        </span>
        <ChevronDown size={14} aria-hidden className="shrink-0 text-ink3" />
      </AriaButton>
      <Popover placement="bottom start" className={cx(popoverClass, 'w-80')}>
        <Dialog aria-label={label} className="flex flex-col outline-none">
          <PickList
            {...props}
            onChange={id => {
              onChange(id)
              setOpen(false)
              focusButton()
            }}
          />
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

/** The searchable list alone, for a popover with more in it. */
export function PickList(props: Omit<PickerProps, 'isOpenAtStart' | 'placeholder'>) {
  const t = useT()
  const { items, value, onChange, searchLabel, onSearch } = props
  const [text, setText] = useState('')
  const shown =
    onSearch || text === '' ? items : items.filter(it => matches(`${it.label} ${it.detail ?? ''}`, text))
  const height = Math.min(shown.length, 9) * ROW + 8
  return (
    <Autocomplete
      inputValue={text}
      onInputChange={next => {
        setText(next)
        onSearch?.(next)
      }}
    >
      <div className="border-b border-line p-2">
        <SearchField aria-label={searchLabel} autoFocus>
          <HangulInput placeholder={searchLabel} />
        </SearchField>
      </div>
      {shown.length === 0 ? (
        <p role="status" className="px-3 py-4 text-center text-sm text-ink3">
          {props.isLoading ? t.common.loading : (props.emptyText ?? t.common.nothingFound)}
        </p>
      ) : (
        <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight: ROW, padding: 4 }}>
          <ListBox
            aria-label={props.label}
            items={shown}
            onAction={key => onChange(String(key))}
            style={{ height }}
            className="max-h-[340px] overflow-auto px-1 outline-none"
          >
            {item => (
              <ListBoxItem id={item.id} textValue={item.label} className={cx(itemClass, 'h-9')}>
                <span className="min-w-0 flex-1 truncate">
                  {item.label}
                  {item.detail && <span className="ml-1.5 text-xs text-ink3">{item.detail}</span>}
                </span>
                {item.badge}
                {item.note && <span className="shrink-0 text-xs text-ink3 tabular-nums">{item.note}</span>}
                {item.id === value && <Check size={14} aria-hidden className="shrink-0 text-accent" />}
              </ListBoxItem>
            )}
          </ListBox>
        </Virtualizer>
      )}
    </Autocomplete>
  )
}

/** Long enough for the list to follow the last syllable. */
const SETTLED_MS = 50

/**
 * An input in which Enter works while a Hangul syllable is still being composed.
 *
 * The browser reports that Enter as part of the composition; it is repeated once the syllable is complete.
 */
function HangulInput({ placeholder }: { placeholder: string }) {
  const pending = useRef(false)
  return (
    <Input
      placeholder={placeholder}
      onKeyDown={event => {
        if (event.key === 'Enter' && event.nativeEvent.isComposing) pending.current = true
      }}
      onCompositionEnd={event => {
        if (!pending.current) return
        pending.current = false
        const input = event.currentTarget
        // After the list has been narrowed to the finished word and its first item marked.
        window.setTimeout(() => {
          for (const type of ['keydown', 'keyup']) {
            input.dispatchEvent(new KeyboardEvent(type, { key: 'Enter', bubbles: true, cancelable: true }))
          }
        }, SETTLED_MS)
      }}
      className={cx(inputClass, 'h-8 [&::-webkit-search-cancel-button]:hidden')}
    />
  )
}
