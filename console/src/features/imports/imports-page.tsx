/** Imports and what they have come to, and the lookup tables. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { FileUp, Plus, Table2 } from 'lucide-react'
import { type Import, importsQuery, type Lookup, lookupsQuery } from '~/api/imports'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { LinkButton, RowLink } from '~/ui/button'
import { Card, Page } from '~/ui/page'
import { Segmented } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More, Table, Td, Th, Tr } from '~/ui/table'
import { ImportStateBadge } from './state-badge'

export function ImportsPage() {
  const t = useT()
  const { tab } = useSearch({ from: '/shell/imports' })
  const navigate = useNavigate()
  const shown = tab === 'lookups' ? 'lookups' : 'history'
  return (
    <Page
      title={t.imports.title}
      intro={t.imports.intro}
      actions={
        <>
          <Segmented
            label={t.imports.tabs}
            value={shown}
            onChange={it => void navigate({ to: '.', search: it === 'lookups' ? { tab: it } : {} })}
            options={[
              { id: 'history', label: t.imports.history },
              { id: 'lookups', label: t.imports.lookups },
            ]}
          />
          <LinkButton to="/imports/new" look="primary">
            <Plus size={15} aria-hidden />
            {t.imports.create}
          </LinkButton>
        </>
      }
    >
      <Card flush>{shown === 'lookups' ? <Lookups /> : <History />}</Card>
    </Page>
  )
}

function History() {
  const t = useT()
  const list = useInfiniteQuery(importsQuery)
  const rows = list.data?.pages.flatMap(it => it.imports)
  if (list.error) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (!rows) return <SkeletonRows />
  if (rows.length === 0) {
    return (
      <Empty
        icon={<FileUp size={20} aria-hidden />}
        title={t.imports.none}
        action={
          <LinkButton to="/imports/new" look="primary">
            {t.imports.create}
          </LinkButton>
        }
      >
        {t.imports.noneBody}
      </Empty>
    )
  }
  return (
    <>
      <Table label={t.imports.history}>
        <thead>
          <tr>
            <Th>{t.common.name}</Th>
            <Th>{t.imports.state}</Th>
            <Th>{t.imports.format}</Th>
            <Th right>{t.imports.accepted}</Th>
            <Th right>{t.imports.rejected}</Th>
            <Th>{t.common.created}</Th>
          </tr>
        </thead>
        <tbody>
          {rows.map(it => (
            <HistoryRow key={it.id} row={it} />
          ))}
        </tbody>
      </Table>
      <More
        label={t.common.more}
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </>
  )
}

function HistoryRow({ row }: { row: Import }) {
  const t = useT()
  const format = useFormat()
  return (
    <Tr>
      <Td className="max-w-80 min-w-44">
        <RowLink to="/imports/$id" params={{ id: row.id }} className="break-words">
          {row.name}
        </RowLink>
        <span className="block text-xs text-ink3">{t.imports.intos[row.into]}</span>
      </Td>
      <Td>
        <ImportStateBadge state={row.state} />
      </Td>
      <Td muted className="whitespace-nowrap">
        {wordFor(t.imports.formats, row.format, row.format)}
      </Td>
      <Td right>{format.number(row.rows_accepted)}</Td>
      <Td right muted={row.rows_rejected === 0} className={row.rows_rejected > 0 ? 'text-warn' : undefined}>
        {format.number(row.rows_rejected)}
      </Td>
      <Td muted className="whitespace-nowrap">
        {format.dateTime(row.created_at)}
      </Td>
    </Tr>
  )
}

function Lookups() {
  const t = useT()
  const { data, error, refetch } = useQuery(lookupsQuery)
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows />
  if (data.length === 0) {
    return (
      <Empty icon={<Table2 size={20} aria-hidden />} title={t.imports.noLookups}>
        {t.imports.noLookupsBody}
      </Empty>
    )
  }
  return (
    <Table label={t.imports.lookups}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th>{t.imports.key}</Th>
          <Th>{t.imports.columns}</Th>
          <Th right>{t.imports.rows}</Th>
          <Th>{t.imports.updated}</Th>
        </tr>
      </thead>
      <tbody>
        {data.map(it => (
          <LookupRow key={it.name} lookup={it} />
        ))}
      </tbody>
    </Table>
  )
}

function LookupRow({ lookup }: { lookup: Lookup }) {
  const format = useFormat()
  return (
    <Tr>
      <Td>
        <RowLink to="/lookups/$name" params={{ name: lookup.name }}>
          {lookup.name}
        </RowLink>
      </Td>
      <Td muted className="font-mono text-xs">
        {lookup.key}
      </Td>
      <Td muted className="max-w-96 truncate">
        {lookup.columns.map(it => it.name).join(', ')}
      </Td>
      <Td right>{format.number(lookup.rows)}</Td>
      <Td muted className="whitespace-nowrap">
        {format.ago(lookup.updated_at)}
      </Td>
    </Tr>
  )
}
