/** Messages to one person: where each stands. */

import { useQuery } from '@tanstack/react-query'
import { Mail } from 'lucide-react'
import { campaignsQuery } from '~/api/campaigns'
import { personMessagesQuery } from '~/api/people'
import { MessageStateButton } from '~/builder/message-detail'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { TextLink } from '~/ui/button'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

export function PersonMessages({ person }: { person: string }) {
  const t = useT()
  const format = useFormat()
  const { data, error, refetch } = useQuery(personMessagesQuery(person))
  const { data: campaigns } = useQuery(campaignsQuery)
  const nameOf = (id: string) => campaigns?.find(it => it.id === id)?.name ?? t.campaigns.campaign
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows />
  if (data.messages.length === 0)
    return <Empty icon={<Mail size={20} aria-hidden />} title={t.people_.noMessages} />
  return (
    <Table label={t.people_.messages}>
      <thead>
        <tr>
          <Th>{t.campaigns.campaign}</Th>
          <Th>{t.campaigns.channel}</Th>
          <Th>{t.campaigns.state}</Th>
          <Th>{t.campaigns.updated}</Th>
        </tr>
      </thead>
      <tbody>
        {data.messages.map(it => (
          <Tr key={it.message_id}>
            <Td className="min-w-44">
              {it.campaign_id ? (
                <TextLink to="/campaigns/$id" params={{ id: it.campaign_id }}>
                  {it.campaign_name ?? nameOf(it.campaign_id)}
                </TextLink>
              ) : (
                (it.campaign_name ?? '–')
              )}
            </Td>
            <Td muted>{wordFor(t.channels, it.channel, it.channel)}</Td>
            <Td>
              <MessageStateButton row={it} />
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.dateTime(it.updated_at)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
