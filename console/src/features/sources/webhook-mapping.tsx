/** Which part of a webhook's payload is what, beside what has arrived and what it becomes. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { Inbox, Plus, X } from 'lucide-react'
import { useId, useState } from 'react'
import {
  changeSource,
  type Payload,
  previewPayload,
  recentQuery,
  type Source,
  sourcesQuery,
} from '~/api/sources'
import type { JsonObject } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { canonical } from '~/lib/canonical'
import {
  itemOf,
  pathOf,
  pathsOf,
  sayOf,
  WEBHOOK_FIELDS,
  type WebhookMap,
  type WebhookSpec,
  withoutProperty,
  withPath,
  withProperty,
} from '~/lib/webhook-map'
import { Button, IconButton } from '~/ui/button'
import { useDebounced } from '~/ui/debounce'
import { FieldLabel, inputClass, TextArea, TextField } from '~/ui/field'
import { Badge, Card } from '~/ui/page'
import { Source as SourceText } from '~/ui/scroll'
import { Segmented, Select } from '~/ui/select'
import { Empty, Failed, Notice, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'

export function WebhookMapping({ source }: { source: Source }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const saved = source.map ?? {}
  const [map, setMap] = useState<WebhookMap>(saved)
  const [at, setAt] = useState(0)
  const recent = useQuery(recentQuery(source.id))
  const payload = recent.data?.[at] ?? recent.data?.[0]
  const isChanged = canonical(map) !== canonical(saved)
  const save = async () => {
    try {
      await changeSource(source.id, { map })
      toasts.say(t.sources.saved)
      await queryClient.invalidateQueries({ queryKey: sourcesQuery.queryKey })
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Card
        title={
          <span className="flex items-baseline gap-2">
            {t.sources.map}
            {isChanged && <Badge tone="warn">{t.sources.unsaved}</Badge>}
          </span>
        }
        actions={
          <Button look="primary" size="sm" isDisabled={!isChanged} onPress={() => void save()}>
            {t.sources.save}
          </Button>
        }
      >
        <MapFields map={map} paths={payload ? seenPaths(payload, map) : []} onChange={setMap} />
      </Card>
      <Card title={t.sources.recent}>
        {recent.error ? (
          <Failed error={recent.error} onRetry={() => void recent.refetch()} />
        ) : !recent.data ? (
          <SkeletonRows rows={4} />
        ) : !payload ? (
          <Empty icon={<Inbox size={20} aria-hidden />} title={t.sources.noRecent} className="py-6">
            {t.sources.noRecentBody}
          </Empty>
        ) : (
          <PayloadView
            source={source}
            map={map}
            payloads={recent.data}
            payload={payload}
            at={at}
            onChoose={setAt}
          />
        )}
      </Card>
    </div>
  )
}

function seenPaths(payload: Payload, map: WebhookMap): string[] {
  return pathsOf(itemOf(payload.payload, map.each))
}

interface MapFieldsProps {
  map: WebhookMap
  paths: string[]
  onChange: (map: WebhookMap) => void
}

function MapFields({ map, paths, onChange }: MapFieldsProps) {
  const t = useT()
  const [as, setAs] = useState<'table' | 'json'>('table')
  const list = useId()
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 flex-1 text-sm text-ink2">{t.sources.mapHint}</p>
        <Segmented
          label={t.sources.map}
          value={as}
          onChange={setAs}
          options={[
            { id: 'table', label: t.imports.asTable },
            { id: 'json', label: t.imports.asJson },
          ]}
        />
      </div>
      {as === 'json' ? (
        <MapJson map={map} onChange={onChange} />
      ) : (
        <>
          <datalist id={list}>
            {paths.map(it => (
              <option key={it} value={it} />
            ))}
          </datalist>
          <div className="grid gap-3 sm:grid-cols-2">
            {WEBHOOK_FIELDS.map(it => (
              <PathField
                key={it}
                label={t.sources.fields[it]}
                list={list}
                spec={map[it]}
                onChange={path => onChange(withPath(map, it, path))}
              />
            ))}
            <PathField
              label={t.sources.each}
              hint={t.sources.eachHint}
              list={list}
              spec={map.each}
              onChange={path => {
                const { each: _, ...rest } = map
                onChange(path === '' ? rest : { ...rest, each: path })
              }}
            />
          </div>
          <Properties map={map} list={list} onChange={onChange} />
        </>
      )}
    </div>
  )
}

interface PathFieldProps {
  label: string
  hideLabel?: boolean
  hint?: string
  list: string
  spec: WebhookSpec | undefined
  onChange: (path: string) => void
}

function PathField({ label, hideLabel, hint, list, spec, onChange }: PathFieldProps) {
  const t = useT()
  const id = useId()
  const path = pathOf(spec)
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {!hideLabel && (
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
      )}
      {path === null ? (
        <p id={id} className="flex min-h-8 flex-wrap items-center gap-x-2 text-sm">
          <code className="min-w-0 font-mono text-xs break-all text-ink2">{spec && sayOf(spec)}</code>
          <span className="text-xs text-ink3">{t.sources.complex}</span>
          {/* Emptied, it takes a path; a property has a button of its own. */}
          {!hideLabel && (
            <IconButton size="sm" label={t.charts.remove(label)} onPress={() => onChange('')}>
              <X size={14} aria-hidden />
            </IconButton>
          )}
        </p>
      ) : (
        <input
          id={id}
          aria-label={hideLabel ? label : undefined}
          list={list}
          value={path}
          spellCheck={false}
          autoComplete="off"
          onChange={event => onChange(event.target.value)}
          className={`${inputClass} h-8 font-mono text-xs`}
        />
      )}
      {hint && <p className="text-xs text-ink3">{hint}</p>}
    </div>
  )
}

function Properties({
  map,
  list,
  onChange,
}: {
  map: WebhookMap
  list: string
  onChange: MapFieldsProps['onChange']
}) {
  const t = useT()
  const [name, setName] = useState('')
  const [path, setPath] = useState('')
  const add = () => {
    onChange(withProperty(map, name.trim(), path.trim()))
    setName('')
    setPath('')
  }
  return (
    <section aria-label={t.sources.properties}>
      <h3 className="mb-2 text-sm font-semibold">{t.sources.properties}</h3>
      <ul className="flex flex-col gap-1.5">
        {Object.entries(map.properties ?? {}).map(([key, spec]) => (
          <li key={key} className="grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)_auto] items-center gap-2">
            <span className="truncate text-sm" title={key}>
              {key}
            </span>
            <PathField
              label={t.sources.propertyPath(key)}
              hideLabel
              list={list}
              spec={spec}
              onChange={it => onChange(withProperty(map, key, it))}
            />
            <IconButton
              size="sm"
              label={t.charts.remove(key)}
              onPress={() => onChange(withoutProperty(map, key))}
            >
              <X size={14} aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
      <form
        aria-label={t.sources.addProperty}
        className="mt-2 grid grid-cols-[minmax(0,1fr)_minmax(0,2fr)_auto] items-center gap-2"
        onSubmit={event => {
          event.preventDefault()
          if (name.trim() !== '' && path.trim() !== '') add()
        }}
      >
        <TextField
          label={t.sources.newProperty}
          hideLabel
          placeholder={t.sources.newProperty}
          value={name}
          onChange={setName}
        />
        <input
          aria-label={t.sources.newPath}
          placeholder={t.sources.newPath}
          list={list}
          value={path}
          onChange={event => setPath(event.target.value)}
          className={`${inputClass} h-8 font-mono text-xs`}
        />
        <Button type="submit" size="sm" isDisabled={name.trim() === '' || path.trim() === ''}>
          <Plus size={14} aria-hidden />
          {t.sources.addProperty}
        </Button>
      </form>
      <label className="mt-3 flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={map.rest === true}
          onChange={event => onChange({ ...map, rest: event.target.checked })}
          className="size-4 accent-(--accent)"
        />
        {t.sources.rest}
      </label>
    </section>
  )
}

function MapJson({ map, onChange }: Pick<MapFieldsProps, 'map' | 'onChange'>) {
  const t = useT()
  const [text, setText] = useState(() => JSON.stringify(map, null, 2))
  const [wrong, setWrong] = useState<string | null>(null)
  return (
    <TextArea
      label={t.sources.map}
      hideLabel
      code
      rows={18}
      value={text}
      error={wrong}
      onChange={next => {
        setText(next)
        try {
          const value: unknown = JSON.parse(next)
          if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('{…}')
          setWrong(null)
          onChange(value as WebhookMap)
        } catch (error) {
          setWrong(error instanceof Error ? error.message : String(error))
        }
      }}
    />
  )
}

interface PayloadViewProps {
  source: Source
  map: WebhookMap
  payloads: Payload[]
  payload: Payload
  at: number
  onChoose: (at: number) => void
}

const REST_MS = 400

function PayloadView({ source, map, payloads, payload, at, onChoose }: PayloadViewProps) {
  const t = useT()
  const format = useFormat()
  const asked = useDebounced(map, REST_MS)
  const preview = useQuery({
    queryKey: ['sources', source.id, 'preview', canonical([payload.payload, asked])],
    queryFn: ({ signal }) => previewPayload(source.id, payload.payload, asked, signal),
    placeholderData: keepPreviousData,
    retry: false,
  })
  const text =
    typeof payload.payload === 'string' ? payload.payload : JSON.stringify(payload.payload, null, 2)
  return (
    <div className="flex flex-col gap-4">
      <Select
        label={t.sources.payload}
        value={String(at)}
        onChange={it => onChoose(Number(it))}
        className="max-w-72"
        options={payloads.map((it, index) => ({
          id: String(index),
          label: `${format.time(it.received_at)} · ${format.date(it.received_at)}`,
        }))}
      />
      <SourceText label={t.sources.payload} text={text} />
      <div>
        <FieldLabel>{t.sources.becomes}</FieldLabel>
        <div className="mt-1">
          {preview.error ? (
            <Failed error={preview.error} className="py-4" />
          ) : !preview.data ? (
            <SkeletonRows rows={3} />
          ) : (
            <Becomes events={preview.data.events} problems={preview.data.problems} />
          )}
        </div>
      </div>
    </div>
  )
}

function Becomes({ events, problems }: { events: JsonObject[]; problems: { detail: string }[] }) {
  const t = useT()
  return (
    <div className="flex flex-col gap-2">
      {problems.map(it => (
        <Notice key={it.detail} tone="warn">
          <span lang="en">{it.detail}</span>
        </Notice>
      ))}
      {events.length === 0 ? (
        <p className="text-sm text-ink2">{t.sources.noEvents}</p>
      ) : (
        <SourceText label={t.sources.becomes} text={JSON.stringify(events, null, 2)} />
      )}
    </div>
  )
}
