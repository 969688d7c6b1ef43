/** What can be done with a cohort. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Copy, EllipsisVertical, LineChart, Mail, Pencil, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { cohortQuery, cohortsQuery, deleteCohort, refreshCohort, renameCohort } from '~/api/cohorts'
import type { Cohort } from '~/api/types'
import { useT } from '~/i18n'
import { funnelLink } from '~/lib/charts'
import { Button, LinkButton } from '~/ui/button'
import { Confirm, Dialog } from '~/ui/dialog'
import { TextField } from '~/ui/field'
import { Menu } from '~/ui/menu'
import { useToasts } from '~/ui/toast'

export function Actions({ cohort }: { cohort: Cohort }) {
  const t = useT()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState<'rename' | 'delete' | null>(null)
  const [busy, setBusy] = useState(false)
  const reload = () => queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey })
  const refresh = async () => {
    setBusy(true)
    try {
      await refreshCohort(cohort.id)
      await reload()
      toasts.say(t.cohorts.refreshedNow)
    } catch (error) {
      toasts.fail(error)
    }
    setBusy(false)
  }
  return (
    <>
      <Button onPress={refresh} isPending={busy}>
        <RefreshCw size={14} aria-hidden className={busy ? 'animate-spin' : ''} />
        {t.cohorts.refresh}
      </Button>
      <LinkButton to="/campaigns/new" search={{ cohort: cohort.id }} look="primary">
        <Mail size={15} aria-hidden />
        {t.inspect.message}
      </LinkButton>
      <Menu
        trigger={
          <Button look="ghost" size="icon" aria-label={t.common.moreActions}>
            <EllipsisVertical size={16} aria-hidden />
          </Button>
        }
        actions={[
          {
            id: 'funnel',
            label: t.cohorts.compare,
            icon: <LineChart size={14} aria-hidden />,
            onAction: () => {
              const segments = [
                { name: t.charts.everyone, people: { all: [] } },
                { name: cohort.name, people: { cohort: cohort.id } },
              ]
              void navigate({ to: '/explore/funnel', search: { q: funnelLink({ segments }) } })
            },
          },
          {
            id: 'rename',
            label: t.cohorts.rename,
            icon: <Pencil size={14} aria-hidden />,
            onAction: () => setAsking('rename'),
          },
          {
            id: 'copy',
            label: t.cohorts.copy,
            icon: <Copy size={14} aria-hidden />,
            isDisabled: !cohort.definition,
            onAction: () => void navigate({ to: '/cohorts/new', search: { from: cohort.id } }),
          },
          {
            id: 'delete',
            label: t.common.delete,
            icon: <Trash2 size={14} aria-hidden />,
            isDanger: true,
            onAction: () => setAsking('delete'),
          },
        ]}
      />
      {asking === 'rename' && <Rename cohort={cohort} onClose={() => setAsking(null)} />}
      <Confirm
        isDanger
        isOpen={asking === 'delete'}
        title={t.cohorts.deleteTitle(cohort.name)}
        body={t.cohorts.deleteBody}
        action={t.common.delete}
        onClose={() => setAsking(null)}
        onConfirm={async () => {
          try {
            await deleteCohort(cohort.id)
          } catch (error) {
            toasts.fail(error)
            throw error
          }
          await navigate({ to: '/cohorts' })
          queryClient.removeQueries({ queryKey: cohortQuery(cohort.id).queryKey })
          void reload()
          toasts.say(t.cohorts.deleted(cohort.name))
        }}
      />
    </>
  )
}

function Rename({ cohort, onClose }: { cohort: Cohort; onClose: () => void }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [name, setName] = useState(cohort.name)
  const save = async () => {
    try {
      await renameCohort(cohort.id, name.trim())
      await queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey })
      onClose()
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <Dialog
      title={t.cohorts.rename}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="primary" isDisabled={name.trim() === ''} onPress={save}>
            {t.common.save}
          </Button>
        </>
      }
    >
      <TextField
        label={t.common.name}
        value={name}
        onChange={setName}
        autoFocus
        onKeyDown={event => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing && name.trim() !== '') void save()
        }}
      />
    </Dialog>
  )
}
