/** Where the data of an import is: a file of this computer, or a bucket. */
import { FileCheck2, FileUp } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { DropZone, FileTrigger } from 'react-aria-components'
import { type ImportSource, type S3Source, type UploadedFile, uploadFile } from '~/api/imports'
import { useFormat, useT } from '~/i18n'
import { Button } from '~/ui/button'
import { TextField } from '~/ui/field'
import { Card } from '~/ui/page'
import { Progress } from '~/ui/progress'
import { Segmented } from '~/ui/select'
import { useToasts } from '~/ui/toast'

interface SourceCardProps {
  onChosen: (source: ImportSource | null, name: string) => void
}

export function SourceCard({ onChosen }: SourceCardProps) {
  const t = useT()
  const [kind, setKind] = useState<'file' | 's3'>('file')
  return (
    <Card
      title={t.imports.source}
      actions={
        <Segmented
          label={t.imports.source}
          value={kind}
          onChange={it => {
            setKind(it)
            onChosen(null, '')
          }}
          options={[
            { id: 'file', label: t.imports.sources.file },
            { id: 's3', label: t.imports.sources.s3 },
          ]}
        />
      }
    >
      {kind === 'file' ? <FileField onChosen={onChosen} /> : <S3Field onChosen={onChosen} />}
    </Card>
  )
}

const ENDINGS = ['.csv', '.tsv', '.txt', '.json', '.ndjson', '.jsonl', '.parquet', '.gz', '.zst', '.zip']

function FileField({ onChosen }: SourceCardProps) {
  const t = useT()
  const format = useFormat()
  const toasts = useToasts()
  const [share, setShare] = useState<number | null>(null)
  const [uploaded, setUploaded] = useState<UploadedFile | null>(null)
  const stop = useRef<AbortController | null>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const send = async (file: File | null | undefined) => {
    if (!file) return
    const own = new AbortController()
    stop.current = own
    setShare(0)
    try {
      const done = await uploadFile(file, setShare, own.signal)
      setUploaded(done)
      onChosen({ file: done.file }, done.name)
    } catch (error) {
      if (!own.signal.aborted) toasts.fail(error)
    } finally {
      setShare(null)
    }
  }
  if (uploaded) {
    return (
      <div className="flex flex-wrap items-center gap-3">
        <FileCheck2 size={18} aria-hidden className="text-good" />
        <span className="min-w-0 flex-1 text-sm font-medium break-all">
          {t.imports.uploaded(uploaded.name, format.bytes(uploaded.bytes))}
        </span>
        <Button
          size="sm"
          onPress={() => {
            setUploaded(null)
            onChosen(null, '')
          }}
        >
          {t.imports.otherFile}
        </Button>
      </div>
    )
  }
  if (share !== null) {
    return (
      <div className="flex items-center gap-4">
        <div className="flex-1">
          <Progress
            label={t.imports.source}
            share={share}
            said={t.imports.uploading(format.percent(share))}
          />
        </div>
        <Button size="sm" onPress={() => stop.current?.abort()}>
          {t.imports.stopUpload}
        </Button>
      </div>
    )
  }
  return (
    <DropZone
      aria-label={t.imports.source}
      onDrop={event => {
        const dropped = event.items.find(it => it.kind === 'file')
        if (dropped?.kind === 'file') void dropped.getFile().then(send)
      }}
      className="flex flex-col items-center gap-2 rounded-lg border border-dashed border-line2/70 px-4 py-8 text-center drop-target:border-accent drop-target:bg-accent-bg"
    >
      <FileUp size={22} aria-hidden className="text-ink3" />
      <p className="flex flex-wrap items-center justify-center gap-2 text-sm">
        {t.imports.drop}
        <FileTrigger acceptedFileTypes={ENDINGS} onSelect={list => void send(list?.[0])}>
          <Button>{t.imports.choose}</Button>
        </FileTrigger>
      </p>
      <p className="text-xs text-ink3">{t.imports.fileHint}</p>
    </DropZone>
  )
}

const NO_BUCKET: S3Source = {
  uri: '',
  region: null,
  endpoint: null,
  access_key_id: null,
  secret_access_key: null,
}

/** A field left empty says nothing. */
const orNone = (text: string) => (text.trim() === '' ? null : text.trim())

function S3Field({ onChosen }: SourceCardProps) {
  const t = useT()
  const [bucket, setBucket] = useState(NO_BUCKET)
  const change = (part: Partial<S3Source>) => {
    setBucket({ ...bucket, ...part })
    // What was looked into is another place now.
    onChosen(null, '')
  }
  // Half a key is a mistake; none is a public bucket.
  const ready =
    /^s3:\/\/[^/]+/.test(bucket.uri) &&
    (bucket.access_key_id === null) === (bucket.secret_access_key === null)
  return (
    <form
      aria-label={t.imports.sources.s3}
      className="grid gap-3 sm:grid-cols-2"
      onSubmit={event => {
        event.preventDefault()
        if (ready) onChosen({ s3: bucket }, bucket.uri.replace(/\/$/, '').split('/').at(-1) ?? bucket.uri)
      }}
    >
      <TextField
        label={t.imports.uri}
        hint={t.imports.uriHint}
        placeholder="s3://"
        value={bucket.uri}
        onChange={uri => change({ uri })}
        className="sm:col-span-2"
      />
      <TextField
        label={t.imports.region}
        placeholder="ap-northeast-2"
        value={bucket.region ?? ''}
        onChange={it => change({ region: orNone(it) })}
      />
      <TextField
        label={t.imports.endpoint}
        hint={t.imports.endpointHint}
        value={bucket.endpoint ?? ''}
        onChange={it => change({ endpoint: orNone(it) })}
      />
      <TextField
        label={t.imports.accessKey}
        hint={t.imports.accessHint}
        autoComplete="off"
        value={bucket.access_key_id ?? ''}
        onChange={it => change({ access_key_id: orNone(it) })}
      />
      <TextField
        label={t.imports.secretKey}
        type="password"
        autoComplete="off"
        value={bucket.secret_access_key ?? ''}
        onChange={it => change({ secret_access_key: orNone(it) })}
      />
      <div className="sm:col-span-2">
        <Button type="submit" isDisabled={!ready}>
          {t.imports.look}
        </Button>
      </div>
    </form>
  )
}
