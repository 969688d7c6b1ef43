/** Every message of a campaign: to whom, where it stands, why. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Mail } from 'lucide-react'
import { ledgerQuery } from '~/api/campaigns'
import { MessageStateButton } from '~/builder/message-detail'
import { useFormat, useT } from '~/i18n'
import { RowLink } from '~/ui/button'
import { Card } from '~/ui/page'
import { Select } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More, Table, Td, Th, Tr } from '~/ui/table'

/** The variant of people who were sent nothing, to compare with. */
const CONTROL = 'control'

interface LedgerProps {
  id: string
  state: string
  onState: (state: string) => void
  refetchInterval: number
}

export function Ledger({ id, state, onState, refetchInterval }: LedgerProps) {
  const t = useT()
  const format = useFormat()
  const list = useInfiniteQuery({ ...ledgerQuery(id, state), refetchInterval })
  const rows = list.data?.pages.flatMap(it => it.messages)
  const states = Object.entries(t.messageStates)
  return (
    <Card flush>
      <div className="border-b border-line p-3">
        <Select
          label={t.campaigns.state}
          hideLabel
          value={state || 'all'}
          onChange={it => onState(it === 'all' ? '' : it)}
          options={[
            { id: 'all', label: t.campaigns.allStates },
            ...states.map(([key, label]) => ({ id: key, label })),
          ]}
        />
      </div>
      {list.error ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : !rows ? (
        <SkeletonRows />
      ) : rows.length === 0 ? (
        <Empty
          icon={<Mail size={20} aria-hidden />}
          title={state ? t.common.nothingFound : t.campaigns.noMessages}
        />
      ) : (
        <Table label={t.campaigns.messages}>
          <thead>
            <tr>
              <Th>{t.campaigns.person}</Th>
              <Th>{t.campaigns.state}</Th>
              <Th>{t.campaigns.variant}</Th>
              <Th>{t.campaigns.plannedAt}</Th>
              <Th>{t.campaigns.updated}</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map(it => (
              <Tr key={it.message_id}>
                <Td>
                  <RowLink
                    to="/people/$id"
                    params={{ id: it.external_id ?? it.person }}
                    search={{ tab: 'messages' }}
                  >
                    {it.external_id ?? it.person}
                  </RowLink>
                </Td>
                <Td>
                  <MessageStateButton row={it} />
                </Td>
                <Td muted className="whitespace-nowrap">
                  {it.variant === CONTROL ? t.campaigns.control : it.variant}
                </Td>
                <Td muted className="whitespace-nowrap">
                  {format.dateTime(it.planned_at)}
                </Td>
                <Td muted className="whitespace-nowrap">
                  {format.dateTime(it.updated_at)}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      <More
        label={t.common.more}
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </Card>
  )
}
