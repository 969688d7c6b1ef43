/** A new import: where the data is, what it is, what its columns mean, and off it goes. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { useMemo, useState } from 'react'
import {
  createImport,
  IMPORT_FORMATS,
  type ImportFormat,
  type ImportInto,
  type ImportPreview,
  type ImportQuestion,
  type ImportSource,
  previewQuery,
} from '~/api/imports'
import { useT } from '~/i18n'
import { canonical } from '~/lib/canonical'
import { type ImportMap, missingOf } from '~/lib/import-map'
import { wordFor } from '~/lib/words'
import { Button } from '~/ui/button'
import { useDebounced } from '~/ui/debounce'
import { TextField } from '~/ui/field'
import { Badge, Card, Page } from '~/ui/page'
import { RadioCards, Select } from '~/ui/select'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { MapEditor } from './map-editor'
import { PreviewCard } from './preview-card'
import { SourceCard } from './source-card'

const INTOS: readonly ImportInto[] = ['events', 'profiles', 'lookup']
const REST_MS = 400

interface Draft {
  source: ImportSource | null
  name: string
  into: ImportInto
  format: ImportFormat
  /** `null` until changed by hand: the suggested one is used. */
  map: ImportMap | null
  lookup: { name: string; key: string }
}

const EMPTY: Draft = {
  source: null,
  name: '',
  into: 'events',
  format: 'auto',
  map: null,
  lookup: { name: '', key: '' },
}

export function NewImportPage() {
  const t = useT()
  const [draft, setDraft] = useState(EMPTY)
  const change = (part: Partial<Draft>) => setDraft(it => ({ ...it, ...part }))
  return (
    <Page wide title={t.imports.create} crumb={{ to: '/imports', label: t.imports.title }}>
      <div className="flex flex-col gap-4">
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <SourceCard onChosen={(source, name) => change({ source, name, map: null })} />
          <Card title={t.imports.what}>
            <div className="flex flex-col gap-4">
              <RadioCards
                label={t.imports.into}
                value={draft.into}
                onChange={into => change({ into, map: null })}
                options={INTOS.map(it => ({
                  id: it,
                  label: t.imports.intos[it],
                  note: t.imports.intoNotes[it],
                }))}
              />
              <Select
                label={t.imports.format}
                value={draft.format}
                onChange={format => change({ format, map: null })}
                className="max-w-72"
                options={IMPORT_FORMATS.map(it => ({ id: it, label: t.imports.formats[it] }))}
              />
            </div>
          </Card>
        </div>
        {draft.source && <Looked draft={draft} source={draft.source} change={change} />}
      </div>
    </Page>
  )
}

interface LookedProps {
  draft: Draft
  source: ImportSource
  change: (part: Partial<Draft>) => void
}

/** What was seen in the file, with everything that follows from it. */
function Looked({ draft, source, change }: LookedProps) {
  const t = useT()
  const { into, format, map } = draft
  const question = useMemo<ImportQuestion>(
    () => ({ source, format, into, map: into === 'lookup' ? null : map }),
    [source, format, into, map],
  )
  const asked = useDebounced(question, REST_MS)
  const { data, error, isFetching, refetch } = useQuery({
    ...previewQuery(asked),
    placeholderData: keepPreviousData,
  })
  const isStale = isFetching || canonical(question) !== canonical(asked)
  if (error && !isStale) {
    return (
      <Card>
        <Failed error={error} onRetry={() => void refetch()} />
      </Card>
    )
  }
  if (!data) {
    return (
      <Card>
        <SkeletonRows />
      </Card>
    )
  }
  const used = map ?? data.map
  return (
    <>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Card
          flush
          title={
            <span className="flex flex-wrap items-baseline gap-2">
              {t.imports.mapping}
              <Badge>
                {t.imports.detected(wordFor(t.imports.formats, data.format, data.format), data.encoding)}
              </Badge>
            </span>
          }
        >
          {into === 'lookup' ? (
            <LookupFields preview={data} draft={draft} change={change} />
          ) : used ? (
            <MapEditor
              columns={data.columns}
              into={into}
              map={used}
              onChange={next => change({ map: next })}
            />
          ) : (
            <p className="px-4 pb-4 text-sm text-ink2">{t.imports.noMap}</p>
          )}
        </Card>
        <PreviewCard preview={data} isStale={isStale} hasEvents={into !== 'lookup'} />
      </div>
      <Start draft={draft} source={source} change={change} map={used} preview={data} />
    </>
  )
}

interface LookupFieldsProps {
  preview: ImportPreview
  draft: Draft
  change: LookedProps['change']
}

function LookupFields({ preview, draft, change }: LookupFieldsProps) {
  const t = useT()
  const { lookup } = draft
  return (
    <div className="flex flex-col gap-4 px-4 pb-4">
      <TextField
        label={t.imports.lookupName}
        hint={t.imports.lookupNameHint}
        value={lookup.name}
        onChange={name => change({ lookup: { ...lookup, name } })}
        className="max-w-80"
      />
      <Select
        label={t.imports.lookupKey}
        placeholder={t.imports.chooseKey}
        value={lookup.key || null}
        onChange={key => change({ lookup: { ...lookup, key } })}
        className="max-w-80"
        options={preview.columns.map(it => ({ id: it.name, label: it.name }))}
      />
    </div>
  )
}

interface StartProps extends LookedProps {
  map: ImportMap | null
  preview: ImportPreview
}

function Start({ draft, source, change, map }: StartProps) {
  const t = useT()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [busy, setBusy] = useState(false)
  const { into, format, lookup } = draft
  const lacks = into === 'lookup' || map === null ? [] : missingOf(map, into)
  const isNamed = draft.name.trim() !== ''
  const isReady =
    isNamed &&
    lacks.length === 0 &&
    (into !== 'lookup' || (/^[a-z0-9_]+$/.test(lookup.name) && lookup.key !== ''))
  const start = async () => {
    setBusy(true)
    try {
      const made = await createImport({
        name: draft.name.trim(),
        source,
        format,
        into,
        map: into === 'lookup' ? null : map,
        lookup: into === 'lookup' ? lookup : null,
      })
      toasts.say(t.imports.started)
      void queryClient.invalidateQueries({ queryKey: ['imports'] })
      await navigate({ to: '/imports/$id', params: { id: made.id } })
    } catch (error) {
      toasts.fail(error)
      setBusy(false)
    }
  }
  return (
    <Card>
      <div className="flex flex-col gap-3">
        {lacks.map(it => (
          <Notice key={it} tone="warn">
            {t.imports.lacks[it]}
          </Notice>
        ))}
        <div className="flex flex-wrap items-end gap-3">
          <TextField
            label={t.imports.name}
            value={draft.name}
            onChange={name => change({ name })}
            className="w-80 max-w-full"
          />
          <Button look="primary" isDisabled={!isReady || busy} isPending={busy} onPress={() => void start()}>
            <Play size={14} aria-hidden />
            {t.imports.start}
          </Button>
        </div>
      </div>
    </Card>
  )
}
