/** What people write about an event or a property. */
import { type ReactNode, useState } from 'react'
import type { CatalogChange } from '~/api/plan'
import { useT } from '~/i18n'
import { Button } from '~/ui/button'
import { TextArea, TextField } from '~/ui/field'
import { useToasts } from '~/ui/toast'

interface Described {
  display_name?: string | null
  description?: string | null
  owner?: string | null
  tags?: string[]
}

interface DescribedFormProps {
  value: Described
  /** Further fields, before the button. */
  children?: ReactNode
  /** What those fields add. */
  extra?: CatalogChange
  onSave: (change: CatalogChange) => Promise<unknown>
}

const orNone = (text: string) => (text.trim() === '' ? null : text.trim())

export function DescribedForm({ value, children, extra, onSave }: DescribedFormProps) {
  const t = useT()
  const toasts = useToasts()
  const [name, setName] = useState(value.display_name ?? '')
  const [description, setDescription] = useState(value.description ?? '')
  const [owner, setOwner] = useState(value.owner ?? '')
  const [tags, setTags] = useState((value.tags ?? []).join(', '))
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      await onSave({
        display_name: orNone(name),
        description: orNone(description),
        owner: orNone(owner),
        tags: tags
          .split(',')
          .map(it => it.trim())
          .filter(it => it !== ''),
        ...extra,
      })
      toasts.say(t.plan.changed)
    } catch (error) {
      toasts.fail(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      aria-label={t.plan.edit}
      className="flex flex-col gap-3"
      onSubmit={event => {
        event.preventDefault()
        void save()
      }}
    >
      <TextField label={t.plan.displayName} hint={t.plan.displayNameHint} value={name} onChange={setName} />
      <TextArea label={t.plan.description} rows={3} value={description} onChange={setDescription} />
      <TextField label={t.plan.owner} value={owner} onChange={setOwner} />
      <TextField label={t.plan.tags} hint={t.plan.tagsHint} value={tags} onChange={setTags} />
      {children}
      <div>
        <Button type="submit" look="primary" isDisabled={busy} isPending={busy}>
          {t.common.save}
        </Button>
      </div>
    </form>
  )
}
