/** Name, time and money of the workspace. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, type Problem } from '~/api/problem'
import { saveWorkspace, workspaceQuery } from '~/api/settings'
import type { Workspace } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { zones } from '~/lib/time'
import { Button } from '~/ui/button'
import { FieldLabel, TextField } from '~/ui/field'
import { Card } from '~/ui/page'
import { Picker } from '~/ui/picker'
import { RadioCards } from '~/ui/select'
import { Failed, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'

export function WorkspaceForm() {
  const { data, error, refetch } = useQuery(workspaceQuery)
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows />
  return <Form key={data.id} workspace={data} />
}

/** Currencies offered; any other is shown as it is. */
const CURRENCIES = ['KRW', 'USD', 'EUR', 'GBP', 'JPY', 'CNY', 'TWD', 'SGD', 'AUD', 'CAD', 'INR', 'VND', 'THB']

function Form({ workspace }: { workspace: Workspace }) {
  const t = useT()
  const format = useFormat()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [draft, setDraft] = useState(workspace)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const change = (part: Partial<Workspace>) => setDraft({ ...draft, ...part })
  const isSame = JSON.stringify(draft) === JSON.stringify(workspace)
  const save = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const { id: _, ...fields } = draft
      await saveWorkspace(fields)
      await queryClient.invalidateQueries()
      toasts.say(t.settings.saved)
    } catch (error) {
      setProblem(asProblem(error))
      toasts.fail(error)
    }
    setBusy(false)
  }
  const currencies = CURRENCIES.includes(draft.currency) ? CURRENCIES : [draft.currency, ...CURRENCIES]
  return (
    <Card className="max-w-2xl">
      <form
        className="flex flex-col gap-5"
        onSubmit={event => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField
          label={t.settings.name}
          value={draft.name}
          onChange={name => change({ name })}
          error={problem?.at('/name')?.detail}
        />
        <div className="flex flex-col gap-1">
          <FieldLabel>{t.settings.timezone}</FieldLabel>
          <Picker
            label={t.settings.timezone}
            items={zones().map(it => ({ id: it, label: it }))}
            value={draft.timezone}
            onChange={timezone => change({ timezone })}
            placeholder={t.settings.timezone}
            searchLabel={t.settings.searchZones}
            className="w-full"
          />
          <p className="text-xs text-ink3">{t.settings.timezoneHint}</p>
        </div>
        <div className="flex flex-col gap-1">
          <FieldLabel>{t.settings.currency}</FieldLabel>
          <Picker
            label={t.settings.currency}
            items={currencies.map(it => ({ id: it, label: `${it} · ${format.currencyName(it)}` }))}
            value={draft.currency}
            onChange={currency => change({ currency })}
            placeholder={t.settings.currency}
            searchLabel={t.settings.currency}
            className="w-full"
          />
        </div>
        <RadioCards
          label={t.settings.weekStart}
          columns={2}
          value={draft.week_start}
          onChange={week_start => change({ week_start })}
          options={[
            { id: 'monday', label: t.settings.monday, note: t.settings.mondayNote },
            { id: 'sunday', label: t.settings.sunday, note: t.settings.sundayNote },
          ]}
        />
        <div>
          <Button
            type="submit"
            look="primary"
            isDisabled={isSame || busy || draft.name.trim() === ''}
            isPending={busy}
          >
            {t.common.save}
          </Button>
        </div>
      </form>
    </Card>
  )
}
