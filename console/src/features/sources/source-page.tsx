/** One source: how it fares; for an SDK its code, for a webhook its mapping. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Power, Trash2, Unplug } from 'lucide-react'
import { useState } from 'react'
import { changeSource, deleteSource, type Source, sourcesQuery } from '~/api/sources'
import { useFormat, useT } from '~/i18n'
import { Button } from '~/ui/button'
import { Confirm } from '~/ui/dialog'
import { Card, Facts, Page } from '~/ui/page'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { HealthBadge } from './health'
import { Snippets, Waiting } from './snippets'
import { WebhookMapping } from './webhook-mapping'

export function SourcePage() {
  const t = useT()
  const { id } = useParams({ from: '/shell/sources/$id' })
  const { data, error, refetch } = useQuery(sourcesQuery)
  const source = data?.find(it => it.id === id)
  return (
    <Page
      wide={source?.kind !== 'sdk'}
      title={source?.name ?? t.sources.title}
      crumb={{ to: '/sources', label: t.sources.title }}
      actions={source && source.kind !== 'sdk' && <Actions source={source} />}
    >
      {error ? (
        <Card>
          <Failed error={error} onRetry={() => void refetch()} />
        </Card>
      ) : !data ? (
        <Card>
          <SkeletonRows />
        </Card>
      ) : !source ? (
        <Card>
          <Empty icon={<Unplug size={20} aria-hidden />} title={t.sources.gone} />
        </Card>
      ) : (
        <div className="flex flex-col gap-4">
          <HealthCard source={source} />
          {source.kind === 'sdk' ? (
            <>
              <Waiting health={source.health} />
              <Card title={t.sources.code}>
                <p className="mb-3 text-sm text-ink2">{t.sources.keyHidden(`${source.key_prefix ?? ''}…`)}</p>
                <Snippets secret={null} />
              </Card>
            </>
          ) : (
            <WebhookMapping key={source.id} source={source} />
          )}
        </div>
      )}
    </Page>
  )
}

function HealthCard({ source }: { source: Source }) {
  const t = useT()
  const format = useFormat()
  const { health } = source
  const counts = [
    [t.sources.hour, health.events_hour],
    [t.sources.day, health.events_day],
    [t.sources.quarantined, health.quarantined_day],
    [t.sources.rejected, health.rejected_day],
    [t.sources.warnings, health.warnings_day],
  ] as const
  return (
    <Card>
      <div className="mb-4 flex flex-wrap items-center gap-3 text-sm text-ink2">
        <HealthBadge source={source} />
        <span>{t.sources.kinds[source.kind]}</span>
        <span>
          {t.sources.lastEvent}: {health.last_event_at ? format.ago(health.last_event_at) : t.sources.never}
        </span>
      </div>
      <dl className="mb-4 grid grid-cols-2 gap-4 sm:grid-cols-5">
        {counts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-xs text-ink3">{name}</dt>
            <dd className="text-2xl font-semibold tabular-nums">{format.number(value)}</dd>
          </div>
        ))}
      </dl>
      <Facts
        items={[
          ...health.dialects.map(
            it =>
              [
                it.dialect,
                `${format.number(it.events_day)}${it.libraries.length > 0 ? ` · ${it.libraries.join(', ')}` : ''}`,
              ] as const,
          ),
          ...(source.url ? [[t.sources.address, source.url] as const] : []),
          [t.common.created, format.dateTime(source.created_at)],
        ]}
      />
      {source.url && <p className="mt-2 text-xs text-ink3">{t.sources.addressHidden}</p>}
    </Card>
  )
}

function Actions({ source }: { source: Source }) {
  const t = useT()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const refresh = () => queryClient.invalidateQueries({ queryKey: sourcesQuery.queryKey })
  const turn = async () => {
    try {
      await changeSource(source.id, { is_enabled: !source.is_enabled })
      toasts.say(source.is_enabled ? t.sources.turnedOff : t.sources.turnedOn)
      await refresh()
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <>
      <Button onPress={() => void turn()}>
        <Power size={14} aria-hidden />
        {source.is_enabled ? t.sources.turnOff : t.sources.turnOn}
      </Button>
      <Button look="danger" onPress={() => setAsking(true)}>
        <Trash2 size={14} aria-hidden />
        {t.common.delete}
      </Button>
      <Confirm
        isDanger
        isOpen={isAsking}
        title={t.sources.deleteTitle(source.name)}
        body={t.sources.deleteBody}
        action={t.common.delete}
        onClose={() => setAsking(false)}
        onConfirm={async () => {
          try {
            await deleteSource(source.id)
          } catch (error) {
            toasts.fail(error)
            throw error
          }
          toasts.say(t.sources.deleted(source.name))
          await navigate({ to: '/sources' })
          await refresh()
        }}
      />
    </>
  )
}
