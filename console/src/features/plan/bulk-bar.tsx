/** What can be done with several events at once. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type CatalogChange, changeEvents, type PlannedEvent } from '~/api/plan'
import { useFormat, useT } from '~/i18n'
import { Button } from '~/ui/button'
import { Confirm, Dialog } from '~/ui/dialog'
import { TextField } from '~/ui/field'
import { Menu } from '~/ui/menu'
import { Picker } from '~/ui/picker'
import { useToasts } from '~/ui/toast'

interface BulkBarProps {
  names: string[]
  events: PlannedEvent[]
  onDone: () => void
}

export function BulkBar({ names, events, onDone }: BulkBarProps) {
  const t = useT()
  const format = useFormat()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState<'merge' | 'block' | 'owner' | null>(null)
  const n = format.number(names.length)
  const apply = async (set: CatalogChange, which = names) => {
    try {
      await changeEvents(which, set)
    } catch (error) {
      toasts.fail(error)
      throw error
    }
    toasts.say(t.plan.changed)
    setAsking(null)
    onDone()
    await queryClient.invalidateQueries({ queryKey: ['catalog'] })
  }
  const quietly = (set: CatalogChange) => void apply(set).catch(() => undefined)
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span role="status" className="text-sm font-medium">
        {t.plan.selected(n)}
      </span>
      <Button size="sm" onPress={() => quietly({ hidden: true })}>
        {t.plan.hide}
      </Button>
      <Button size="sm" onPress={() => setAsking('merge')}>
        {t.plan.merge}
      </Button>
      <Button size="sm" onPress={() => setAsking('owner')}>
        {t.plan.setOwner}
      </Button>
      <Button size="sm" look="danger" onPress={() => setAsking('block')}>
        {t.plan.block}
      </Button>
      <Menu
        trigger={
          <Button size="sm" look="ghost">
            {t.common.moreActions}
          </Button>
        }
        actions={[
          { id: 'show', label: t.plan.show, onAction: () => quietly({ hidden: false }) },
          { id: 'unblock', label: t.plan.unblock, onAction: () => quietly({ blocked: false }) },
        ]}
      />
      <Confirm
        isDanger
        isOpen={asking === 'block'}
        title={t.plan.blockTitle(n)}
        body={t.plan.blockBody}
        action={t.plan.block}
        onClose={() => setAsking(null)}
        onConfirm={() => apply({ blocked: true })}
      />
      {asking === 'merge' && (
        <MergeDialog
          title={t.plan.mergeTitle(n)}
          events={events}
          onClose={() => setAsking(null)}
          // An event is not merged into itself.
          onChoose={into =>
            apply(
              { merge_into: into },
              names.filter(it => it !== into),
            ).catch(() => undefined)
          }
        />
      )}
      {asking === 'owner' && (
        <OwnerDialog onClose={() => setAsking(null)} onChoose={owner => quietly({ owner })} />
      )}
    </div>
  )
}

interface MergeDialogProps {
  title: string
  events: PlannedEvent[]
  onClose: () => void
  onChoose: (into: string) => void
}

function MergeDialog({ title, events, onClose, onChoose }: MergeDialogProps) {
  const t = useT()
  const [into, setInto] = useState<string | null>(null)
  return (
    <Dialog
      isOpen
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="primary" isDisabled={into === null} onPress={() => into && onChoose(into)}>
            {t.plan.merge}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-base text-ink2">{t.plan.mergeBody}</p>
        <Picker
          label={t.plan.event}
          value={into}
          items={events.map(it => ({ id: it.name, label: it.name }))}
          onChange={setInto}
          placeholder={t.builder.chooseEvent}
          searchLabel={t.builder.searchEvents}
        />
      </div>
    </Dialog>
  )
}

function OwnerDialog({ onClose, onChoose }: { onClose: () => void; onChoose: (owner: string) => void }) {
  const t = useT()
  const [owner, setOwner] = useState('')
  return (
    <Dialog
      isOpen
      title={t.plan.owner}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="primary" onPress={() => onChoose(owner.trim())}>
            {t.common.save}
          </Button>
        </>
      }
    >
      <TextField label={t.plan.owner} value={owner} onChange={setOwner} autoFocus />
    </Dialog>
  )
}
