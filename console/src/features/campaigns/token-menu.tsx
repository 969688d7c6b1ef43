/** Inserting a person's property into a text, with a fallback for those who do not have it. */
import { ArrowLeft, Braces } from 'lucide-react'
import { type RefObject, useState } from 'react'
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import { useProperties } from '~/builder/property-picker'
import { useFormat, useT } from '~/i18n'
import { propertyName } from '~/lib/filters'
import { token } from '~/lib/liquid'
import { Button, buttonClass, IconButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { TextField } from '~/ui/field'
import { PickList } from '~/ui/picker'
import { popoverClass } from '~/ui/select'

interface TokenMenuProps {
  /** Name of the field it writes into. */
  field: string
  input: RefObject<HTMLInputElement | HTMLTextAreaElement | null>
  value: string
  onChange: (value: string) => void
}

export function TokenMenu({ field, input, value, onChange }: TokenMenuProps) {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  const insert = (text: string) => {
    const element = input.current
    const start = element?.selectionStart ?? value.length
    const end = element?.selectionEnd ?? start
    onChange(value.slice(0, start) + text + value.slice(end))
    setOpen(false)
    // After the popover gave the focus back, the caret goes behind what was inserted.
    window.setTimeout(() => {
      element?.focus()
      element?.setSelectionRange(start + text.length, start + text.length)
    }, 50)
  }
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <AriaButton aria-label={t.editor.insertInto(field)} className={buttonClass('ghost', 'sm', '-my-1')}>
        <Braces size={14} aria-hidden />
        {t.editor.insert}
      </AriaButton>
      <Popover placement="bottom end" className={cx(popoverClass, 'w-80')}>
        <Dialog aria-label={t.editor.insertInto(field)} className="outline-none">
          <Choose onInsert={insert} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

function Choose({ onInsert }: { onInsert: (text: string) => void }) {
  const t = useT()
  const format = useFormat()
  const { data = [], isLoading } = useProperties(undefined)
  const [chosen, setChosen] = useState<string | null>(null)
  const [fallback, setFallback] = useState('')
  const offered = data.filter(
    it => it.ref.startsWith('profile.') && !it.ref.includes('/') && it.type !== 'object',
  )
  if (chosen === null) {
    return (
      <PickList
        label={t.editor.insert}
        searchLabel={t.builder.searchProperties}
        isLoading={isLoading}
        value={null}
        onChange={setChosen}
        items={offered.map(it => ({
          id: it.ref,
          label: propertyName(it.ref),
          note: it.samples
            .slice(0, 2)
            .map(sample => format.value(sample))
            .join(', ')
            .slice(0, 24),
        }))}
      />
    )
  }
  const name = propertyName(chosen)
  const text = token(name, fallback.trim())
  return (
    <form
      className="flex flex-col gap-3 p-3"
      onSubmit={event => {
        event.preventDefault()
        event.stopPropagation()
        if (fallback.trim() !== '') onInsert(text)
      }}
    >
      <div className="flex items-center gap-1">
        <IconButton size="sm" label={t.common.back} onPress={() => setChosen(null)}>
          <ArrowLeft size={14} aria-hidden />
        </IconButton>
        <p className="truncate text-sm font-semibold">{name}</p>
      </div>
      <TextField
        label={t.editor.fallback}
        hint={t.editor.fallbackHint}
        value={fallback}
        onChange={setFallback}
        autoFocus
      />
      <code className="rounded-md bg-sunken px-2 py-1.5 font-mono text-xs break-all">{text}</code>
      <Button type="submit" look="primary" isDisabled={fallback.trim() === ''}>
        {t.editor.insert}
      </Button>
    </form>
  )
}
