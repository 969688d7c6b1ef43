/** Every version of the plan that was ever in force. */
import { useQuery } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { planVersionsQuery } from '~/api/plan'
import { useFormat, useT } from '~/i18n'
import { Badge, Card } from '~/ui/page'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

export function VersionsTab() {
  const t = useT()
  const format = useFormat()
  const { data, error, refetch } = useQuery(planVersionsQuery)
  const newest = Math.max(0, ...(data ?? []).map(it => it.version))
  return (
    <Card flush>
      {error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows />
      ) : data.length === 0 ? (
        <Empty icon={<History size={20} aria-hidden />} title={t.plan.noVersions} />
      ) : (
        <Table label={t.plan.tabs.versions}>
          <thead>
            <tr>
              <Th>{t.plan.version}</Th>
              <Th>{t.common.created}</Th>
              <Th>{t.plan.versionMode}</Th>
              <Th right>{t.plan.versionEvents}</Th>
            </tr>
          </thead>
          <tbody>
            {data.map(it => (
              <Tr key={it.version}>
                <Td>
                  <span className="flex items-center gap-2">
                    {format.number(it.version)}
                    {it.version === newest && <Badge tone="good">{t.plan.current}</Badge>}
                  </span>
                </Td>
                <Td muted>{format.dateTime(it.created_at)}</Td>
                <Td muted>{it.mode ? t.plan.modes[it.mode] : '–'}</Td>
                <Td right>{format.number(it.events)}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  )
}
