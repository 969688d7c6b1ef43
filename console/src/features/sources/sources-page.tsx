/** Every source and how it fares. */
import { useQuery } from '@tanstack/react-query'
import { Plug, Plus, ShieldAlert, Webhook } from 'lucide-react'
import { type Source, sourcesQuery } from '~/api/sources'
import { useFormat, useT } from '~/i18n'
import { LinkButton, RowLink, TextLink } from '~/ui/button'
import { Card, Page } from '~/ui/page'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'
import { HealthBadge } from './health'

export function SourcesPage() {
  const t = useT()
  const { data, error, refetch } = useQuery(sourcesQuery)
  return (
    <Page
      title={t.sources.title}
      intro={t.sources.intro}
      actions={
        <>
          <LinkButton to="/quarantine" look="ghost">
            <ShieldAlert size={15} aria-hidden />
            {t.nav.quarantine}
          </LinkButton>
          <LinkButton to="/sources/new" search={{ kind: 'webhook' }}>
            <Webhook size={15} aria-hidden />
            {t.sources.newWebhook}
          </LinkButton>
          <LinkButton to="/sources/new" look="primary">
            <Plus size={15} aria-hidden />
            {t.sources.connect}
          </LinkButton>
        </>
      }
    >
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows />
        ) : data.length === 0 ? (
          <Empty
            icon={<Plug size={20} aria-hidden />}
            title={t.sources.none}
            action={
              <LinkButton to="/sources/new" look="primary">
                {t.sources.connect}
              </LinkButton>
            }
          >
            {t.sources.noneBody}
          </Empty>
        ) : (
          <SourceTable sources={data} />
        )}
      </Card>
    </Page>
  )
}

function SourceTable({ sources }: { sources: Source[] }) {
  const t = useT()
  return (
    <Table label={t.sources.title}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th>{t.imports.state}</Th>
          <Th>{t.sources.lastEvent}</Th>
          <Th right>{t.sources.hour}</Th>
          <Th right>{t.sources.day}</Th>
          <Th right>{t.sources.quarantined}</Th>
          <Th right>{t.sources.warnings}</Th>
          <Th>{t.sources.dialects}</Th>
        </tr>
      </thead>
      <tbody>
        {sources.map(it => (
          <SourceRow key={it.id} source={it} />
        ))}
      </tbody>
    </Table>
  )
}

function SourceRow({ source }: { source: Source }) {
  const t = useT()
  const format = useFormat()
  const { health } = source
  // Refused events are listed by dialect; a source with one of its own finds its list narrowed.
  const only = health.dialects.length === 1 ? health.dialects[0] : undefined
  return (
    <Tr>
      <Td className="max-w-72 min-w-40">
        <RowLink to="/sources/$id" params={{ id: source.id }} className="break-words">
          {source.name}
        </RowLink>
        <span className="block text-xs text-ink3">
          {t.sources.kinds[source.kind]}
          {source.key_prefix && <span className="ml-1.5 font-mono">{source.key_prefix}…</span>}
        </span>
      </Td>
      <Td>
        <HealthBadge source={source} />
      </Td>
      <Td muted className="whitespace-nowrap">
        {health.last_event_at ? format.ago(health.last_event_at) : t.sources.never}
      </Td>
      <Td right>{format.number(health.events_hour)}</Td>
      <Td right>{format.number(health.events_day)}</Td>
      <Td right muted={health.quarantined_day === 0}>
        {health.quarantined_day > 0 ? (
          <TextLink to="/quarantine" search={only ? { source: only.dialect } : {}}>
            {format.number(health.quarantined_day)}
          </TextLink>
        ) : (
          0
        )}
      </Td>
      <Td right muted={health.warnings_day === 0}>
        {health.warnings_day > 0 ? (
          <TextLink to="/warnings">{format.number(health.warnings_day)}</TextLink>
        ) : (
          0
        )}
      </Td>
      <Td muted className="max-w-56 truncate">
        {health.dialects.map(it => it.dialect).join(', ') || '–'}
      </Td>
    </Tr>
  )
}
