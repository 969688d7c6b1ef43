/** A new source: a write key with code to paste, or an address for another system. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { createKey } from '~/api/settings'
import {
  createSource,
  PRESETS,
  type Preset,
  type Source,
  type SourceWrite,
  sourcesQuery,
} from '~/api/sources'
import { useT } from '~/i18n'
import { Button, LinkButton } from '~/ui/button'
import { Copyable } from '~/ui/copyable'
import { TextField } from '~/ui/field'
import { Card, Page } from '~/ui/page'
import { RadioCards, Segmented, Select } from '~/ui/select'
import { Notice } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { Snippets, Waiting } from './snippets'

export function NewSourcePage() {
  const t = useT()
  const { kind } = useSearch({ from: '/shell/sources/new' })
  const navigate = useNavigate()
  const shown = kind === 'webhook' ? 'webhook' : 'sdk'
  return (
    <Page
      title={shown === 'sdk' ? t.sources.connect : t.sources.newWebhook}
      crumb={{ to: '/sources', label: t.sources.title }}
      actions={
        <Segmented
          label={t.sources.kind}
          value={shown}
          onChange={it => void navigate({ to: '.', search: it === 'webhook' ? { kind: it } : {} })}
          options={[
            { id: 'sdk', label: t.sources.kinds.sdk },
            { id: 'webhook', label: t.sources.kinds.webhook },
          ]}
        />
      }
    >
      {shown === 'sdk' ? <NewSdk /> : <NewWebhook />}
    </Page>
  )
}

function NewSdk() {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [key, setKey] = useState<{ id: string; secret: string } | null>(null)
  const { data: sources } = useQuery({ ...sourcesQuery, enabled: key !== null, refetchInterval: 2_000 })
  const create = async () => {
    try {
      const made = await createKey('write', name.trim())
      setKey({ id: made.id, secret: made.secret })
      await queryClient.invalidateQueries({ queryKey: ['keys'] })
    } catch (error) {
      toasts.fail(error)
    }
  }
  if (key === null) {
    return (
      <Card>
        <form
          aria-label={t.sources.connect}
          className="flex flex-wrap items-end gap-3"
          onSubmit={event => {
            event.preventDefault()
            void create()
          }}
        >
          <TextField
            label={t.sources.keyName}
            hint={t.sources.keyNameHint}
            value={name}
            onChange={setName}
            autoFocus
            placeholder={t.settings.keyPlaceholder}
            className="w-80 max-w-full"
          />
          <Button type="submit" look="primary" isDisabled={name.trim() === ''} className="mb-[22px]">
            {t.sources.makeKey}
          </Button>
        </form>
      </Card>
    )
  }
  return (
    <div className="flex flex-col gap-4">
      <Card title={name}>
        <div className="flex flex-col gap-4">
          <Notice tone="warn">{t.sources.keyOnce}</Notice>
          <Copyable label={t.common.copy} text={key.secret} />
          <Snippets secret={key.secret} />
        </div>
      </Card>
      <Waiting isNew health={sources?.find(it => it.id === key.id)?.health} />
    </div>
  )
}

function NewWebhook() {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<SourceWrite['kind']>('webhook')
  const [preset, setPreset] = useState<Preset>('generic')
  const [made, setMade] = useState<Source | null>(null)
  const create = async () => {
    try {
      setMade(await createSource({ name: name.trim(), kind, preset }))
      await queryClient.invalidateQueries({ queryKey: sourcesQuery.queryKey })
    } catch (error) {
      toasts.fail(error)
    }
  }
  if (made) {
    return (
      <Card title={made.name}>
        <div className="flex flex-col gap-4">
          <Notice tone="warn">{t.sources.addressOnce}</Notice>
          <div>
            <p className="mb-1 text-sm font-medium">{t.sources.address}</p>
            <Copyable label={t.common.copy} text={made.url ?? ''} />
          </div>
          <div>
            <LinkButton to="/sources/$id" params={{ id: made.id }} look="primary">
              {t.sources.toMap}
            </LinkButton>
          </div>
        </div>
      </Card>
    )
  }
  return (
    <Card>
      <form
        aria-label={t.sources.newWebhook}
        className="flex max-w-2xl flex-col gap-4"
        onSubmit={event => {
          event.preventDefault()
          void create()
        }}
      >
        <TextField label={t.sources.keyName} value={name} onChange={setName} autoFocus className="max-w-80" />
        <RadioCards
          label={t.sources.kind}
          columns={2}
          value={kind}
          onChange={setKind}
          options={(['webhook', 'postback'] as const).map(it => ({
            id: it,
            label: t.sources.kinds[it],
            note: t.sources.kindNotes[it],
          }))}
        />
        <Select
          label={t.sources.preset}
          value={preset}
          onChange={setPreset}
          className="max-w-80"
          options={PRESETS.map(it => ({ id: it, label: t.sources.presets[it] }))}
        />
        <div>
          <Button type="submit" look="primary" isDisabled={name.trim() === ''}>
            {t.sources.createWebhook}
          </Button>
        </div>
      </form>
    </Card>
  )
}
