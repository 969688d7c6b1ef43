/** Events that were taken although something about them looks wrong. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { CircleCheck } from 'lucide-react'
import { useMemo } from 'react'
import { isSpan, SPANS, sinceOf, type Warning, warningsQuery } from '~/api/data'
import { useFormat, useT } from '~/i18n'
import { Card, Page } from '~/ui/page'
import { Select } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

export function WarningsPage() {
  const t = useT()
  const { since = 'week' } = useSearch({ from: '/shell/warnings' })
  const navigate = useNavigate()
  const span = isSpan(since) ? since : 'week'
  const from = useMemo(() => sinceOf(span, Date.now()), [span])
  const { data, error, refetch } = useQuery(warningsQuery(from))
  return (
    <Page
      title={t.warnings.title}
      intro={t.warnings.intro}
      actions={
        <Select
          label={t.held.since}
          hideLabel
          value={span}
          onChange={it => void navigate({ to: '.', search: it === 'week' ? {} : { since: it } })}
          options={SPANS.map(it => ({ id: it, label: t.held.spans[it] }))}
        />
      }
    >
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows />
        ) : data.length === 0 ? (
          <Empty icon={<CircleCheck size={20} aria-hidden />} title={t.warnings.none}>
            {t.warnings.noneBody}
          </Empty>
        ) : (
          <WarningTable warnings={data} />
        )}
      </Card>
    </Page>
  )
}

function WarningTable({ warnings }: { warnings: Warning[] }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.warnings.title}>
      <thead>
        <tr>
          <Th>{t.warnings.code}</Th>
          <Th>{t.warnings.event}</Th>
          <Th>{t.warnings.source}</Th>
          <Th right>{t.warnings.count}</Th>
          <Th>{t.warnings.first}</Th>
          <Th>{t.warnings.last}</Th>
          <Th>{t.warnings.sample}</Th>
        </tr>
      </thead>
      <tbody>
        {warnings.map(it => (
          <Tr key={[it.code, it.event, it.source, it.dialect, it.detail].join('\n')}>
            <Td className="max-w-80 min-w-52">
              <code className="font-mono text-xs">{it.code}</code>
              <span lang="en" className="block text-xs text-ink2">
                {it.detail}
              </span>
            </Td>
            <Td>{it.event ?? '–'}</Td>
            <Td muted className="whitespace-nowrap">
              {[it.source, it.dialect].filter(Boolean).join(' · ') || '–'}
            </Td>
            <Td right>{format.number(it.count)}</Td>
            <Td muted className="whitespace-nowrap">
              {format.ago(it.first_at)}
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.ago(it.last_at)}
            </Td>
            <Td muted className="max-w-60 truncate font-mono text-xs">
              {it.sample === undefined || it.sample === null ? '–' : JSON.stringify(it.sample)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
