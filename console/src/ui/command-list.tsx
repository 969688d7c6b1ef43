/**
 * A field over a list: what is typed narrows the list, the arrow keys walk it, Enter takes the marked one.
 *
 * The focus stays in the field; a screen reader follows `aria-activedescendant`. An Enter pressed while a Hangul syllable
 * is still being composed takes effect once the syllable is complete, as the list then is the one that was meant.
 */
import { Search } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { cx } from './cx'

export interface Command {
  id: string
  label: string
  icon?: ReactNode
  /** Grey words after the label. */
  detail?: string
  /** At the right, for example a count. */
  note?: string
  tone?: 'plain' | 'quiet' | 'bad'
  onAction: () => void
}

export interface CommandSection {
  id: string
  title: string
  commands: Command[]
}

interface CommandListProps {
  label: string
  listLabel: string
  placeholder: string
  text: string
  onText: (text: string) => void
  sections: readonly CommandSection[]
  /** Said aloud when the list has changed. */
  status: string
  /** Instead of a list without anything in it. */
  empty: ReactNode
  footer?: ReactNode
}

const PAGE = 8

/** Which of `count` commands a key leads to; `null` for keys that are the field's. */
function placeAfter(key: string, at: number, count: number): number | null {
  switch (key) {
    // Round and round, so that the last is one key away.
    case 'ArrowDown':
      return at >= count - 1 ? 0 : at + 1
    case 'ArrowUp':
      return at === 0 ? count - 1 : at - 1
    case 'PageDown':
      return Math.min(at + PAGE, count - 1)
    case 'PageUp':
      return Math.max(at - PAGE, 0)
    default:
      return null
  }
}

export function CommandList(props: CommandListProps) {
  const { sections, text } = props
  const base = useId()
  const commands = sections.flatMap(it => it.commands)
  const [marked, setMarked] = useState<string | null>(null)
  const at = Math.max(
    commands.findIndex(it => it.id === marked),
    0,
  )
  const active = commands[at]
  const [isDue, setDue] = useState(false)
  const awaited = useRef(false)
  useEffect(() => {
    if (!isDue) return
    setDue(false)
    active?.onAction()
  }, [isDue, active])
  const activeId = active && `${base}-${active.id}`
  useEffect(() => {
    if (activeId) document.getElementById(activeId)?.scrollIntoView({ block: 'nearest' })
  }, [activeId])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) {
      if (event.key === 'Enter') awaited.current = true
      return
    }
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const to = event.key === 'Enter' ? at : placeAfter(event.key, at, commands.length)
    if (to === null) return
    event.preventDefault()
    if (event.key === 'Enter') active?.onAction()
    else setMarked(commands[to]?.id ?? null)
  }
  return (
    <div className="flex min-h-0 flex-col">
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={16} aria-hidden className="shrink-0 text-ink3" />
        <input
          // biome-ignore lint/a11y/noAutofocus: the field is why the dialog was opened
          autoFocus
          role="combobox"
          aria-label={props.label}
          aria-autocomplete="list"
          aria-expanded={commands.length > 0}
          aria-controls={commands.length > 0 ? `${base}-list` : undefined}
          aria-activedescendant={activeId}
          value={text}
          placeholder={props.placeholder}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={event => {
            setMarked(null)
            props.onText(event.target.value)
          }}
          onKeyDown={onKeyDown}
          onCompositionEnd={() => {
            if (awaited.current) setDue(true)
            awaited.current = false
          }}
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none"
        />
      </div>
      {commands.length === 0 ? (
        <div className="px-4 py-8 text-center text-sm text-ink2">{props.empty}</div>
      ) : (
        <div
          id={`${base}-list`}
          role="listbox"
          aria-label={props.listLabel}
          className="max-h-[min(26rem,60vh)] scroll-py-2 overflow-y-auto p-2"
        >
          {sections.map(section => (
            // biome-ignore lint/a11y/useSemanticElements: a listbox may hold groups, not field sets
            <div key={section.id} role="group" aria-labelledby={`${base}-${section.id}-title`}>
              <div
                id={`${base}-${section.id}-title`}
                role="presentation"
                className="px-2 pt-2 pb-1 text-xs font-medium text-ink3"
              >
                {section.title}
              </div>
              {section.commands.map(it => (
                <Item
                  key={it.id}
                  id={`${base}-${it.id}`}
                  command={it}
                  isActive={it === active}
                  onMark={() => setMarked(it.id)}
                />
              ))}
            </div>
          ))}
        </div>
      )}
      <p role="status" className="sr-only">
        {props.status}
      </p>
      {props.footer}
    </div>
  )
}

interface ItemProps {
  id: string
  command: Command
  isActive: boolean
  onMark: () => void
}

function Item({ id, command, isActive, onMark }: ItemProps) {
  const { tone = 'plain' } = command
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the field above has the focus and the keys
    <div
      id={id}
      role="option"
      aria-selected={isActive}
      onClick={command.onAction}
      // Only a pointer that moves marks: a list that changes under a resting one does not.
      onPointerMove={onMark}
      className={cx(
        'flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2 py-1.5 text-sm',
        isActive && 'bg-accent-bg',
        tone === 'plain' ? 'text-ink' : tone === 'quiet' ? 'text-ink2' : 'text-bad',
      )}
    >
      <span className="grid size-4 shrink-0 place-items-center text-ink3">{command.icon}</span>
      <span className="min-w-0 flex-1 truncate">
        {command.label}
        {command.detail && <span className="ml-2 text-xs text-ink3">{command.detail}</span>}
      </span>
      {command.note && <span className="shrink-0 text-xs text-ink3 tabular-nums">{command.note}</span>}
    </div>
  )
}
