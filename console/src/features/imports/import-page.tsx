/** One import: how far it is, what it took, what it refused. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Download, RotateCw, Square } from 'lucide-react'
import { useState } from 'react'
import { cancelImport, type Import, importQuery, isUnderWay, rejectsPath, resumeImport } from '~/api/imports'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Button, buttonClass, LinkButton } from '~/ui/button'
import { Confirm } from '~/ui/dialog'
import { Card, Facts, Page } from '~/ui/page'
import { Progress } from '~/ui/progress'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { ImportStateBadge } from './state-badge'

export function ImportPage() {
  const t = useT()
  const { id } = useParams({ from: '/shell/imports/$id' })
  const { data, error, refetch } = useQuery(importQuery(id))
  const crumb = { to: '/imports', label: t.imports.title }
  return (
    <Page title={data?.name ?? t.imports.title} crumb={crumb} actions={data && <Actions row={data} />}>
      {error ? (
        <Card>
          <Failed error={error} onRetry={() => void refetch()} />
        </Card>
      ) : !data ? (
        <Card>
          <SkeletonRows />
        </Card>
      ) : (
        <Report row={data} />
      )}
    </Page>
  )
}

function Actions({ row }: { row: Import }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const act = async (what: (id: string) => Promise<Import>, said: string) => {
    try {
      await what(row.id)
      toasts.say(said)
      await queryClient.invalidateQueries({ queryKey: ['imports'] })
    } catch (failure) {
      toasts.fail(failure)
      throw failure
    }
  }
  return (
    <>
      {row.rows_rejected > 0 && (
        <a href={rejectsPath(row.id)} download={`${row.name}-refused.ndjson`} className={buttonClass()}>
          <Download size={14} aria-hidden />
          {t.imports.rejects}
        </a>
      )}
      {(row.state === 'failed' || row.state === 'cancelled') && (
        <Button
          look="primary"
          onPress={() => void act(resumeImport, t.imports.resumed).catch(() => undefined)}
        >
          <RotateCw size={14} aria-hidden />
          {t.imports.resume}
        </Button>
      )}
      {isUnderWay(row) && (
        <Button look="danger" onPress={() => setAsking(true)}>
          <Square size={14} aria-hidden />
          {t.imports.cancel}
        </Button>
      )}
      {row.state === 'done' && row.into !== 'lookup' && (
        <LinkButton to="/plan">{t.imports.seeEvents}</LinkButton>
      )}
      <Confirm
        isDanger
        isOpen={isAsking}
        title={t.imports.cancelTitle}
        body={t.imports.cancelBody}
        action={t.imports.cancel}
        onClose={() => setAsking(false)}
        onConfirm={() => act(cancelImport, t.imports.cancelled)}
      />
    </>
  )
}

function Report({ row }: { row: Import }) {
  const t = useT()
  const format = useFormat()
  const { bytes_read: read, bytes_total: total } = row
  const share = row.state === 'done' ? 1 : total ? read / total : null
  const took =
    row.started_at && row.finished_at
      ? (Date.parse(row.finished_at) - Date.parse(row.started_at)) / 1_000
      : null
  const counts = [
    [t.imports.read, row.rows_read, 'text-ink'],
    [t.imports.accepted, row.rows_accepted, 'text-good'],
    [t.imports.rejected, row.rows_rejected, row.rows_rejected > 0 ? 'text-warn' : 'text-ink'],
    [t.imports.repeated, row.rows_repeated, 'text-ink'],
  ] as const
  return (
    <div className="flex flex-col gap-4">
      {row.error && (
        <Notice tone="bad">
          {wordFor(t.problems, row.error.code, row.error.code)}: <span lang="en">{row.error.detail}</span>
        </Notice>
      )}
      <Card>
        <div className="mb-4 flex items-center gap-3">
          <ImportStateBadge state={row.state} />
          <span className="text-sm text-ink2">{t.imports.intos[row.into]}</span>
        </div>
        {(isUnderWay(row) || row.state === 'cancelled' || row.state === 'failed') && (
          <div className="mb-5">
            <Progress
              label={row.name}
              share={share}
              said={
                total === null
                  ? format.bytes(read)
                  : t.imports.progress(format.bytes(read), format.bytes(total))
              }
            />
          </div>
        )}
        <dl className="grid grid-cols-2 gap-4 sm:grid-cols-4">
          {counts.map(([name, value, color]) => (
            <div key={name}>
              <dt className="text-xs text-ink3">{name}</dt>
              <dd className={`text-2xl font-semibold tabular-nums ${color}`}>{format.number(value)}</dd>
            </div>
          ))}
        </dl>
        {row.rows_repeated > 0 && <p className="mt-3 text-xs text-ink3">{t.imports.repeatedNote}</p>}
      </Card>
      <Card>
        <Facts
          items={[
            [t.imports.format, wordFor(t.imports.formats, row.format, row.format)],
            [t.common.created, format.dateTime(row.created_at)],
            [t.imports.startedAt, format.dateTime(row.started_at)],
            [t.imports.finishedAt, format.dateTime(row.finished_at)],
            ...(took === null ? [] : [[t.imports.took, format.duration(took)] as const]),
          ]}
        />
      </Card>
    </div>
  )
}
