/** Events: what arrives, what it means, who answers for it; several changed at once. */
import { useQuery } from '@tanstack/react-query'
import { Database } from 'lucide-react'
import { useState } from 'react'
import { type PlannedEvent, plannedEventsQuery, STATUSES } from '~/api/plan'
import { eventWords } from '~/builder/event-words'
import { useFormat, useT } from '~/i18n'
import { matches } from '~/lib/match'
import { LinkButton, RowLink } from '~/ui/button'
import { TickBox } from '~/ui/check'
import { Dialog } from '~/ui/dialog'
import { SearchField } from '~/ui/field'
import { Card } from '~/ui/page'
import { useSearchText } from '~/ui/search-text'
import { Select } from '~/ui/select'
import { Sparkline } from '~/ui/sparkline'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'
import { BulkBar } from './bulk-bar'
import { EventForm } from './event-form'
import { StatusBadge, statusOf } from './status'
import type { TabProps } from './tab'

export function EventsTab({ search, status, event, onChange }: TabProps & { status: string }) {
  const t = useT()
  const [text, setText] = useSearchText(search, it => onChange({ search: it }))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { data, error, refetch } = useQuery(plannedEventsQuery)
  const wanted = STATUSES.find(it => it === status)
  const shown = data
    ?.filter(it => (wanted ? statusOf(it) === wanted : statusOf(it) !== 'hidden'))
    .filter(it => matches(wordsOf(it, eventWords(it.name, t)), text))
    .sort((a, b) => b.count - a.count)
  const chosen = data?.find(it => it.name === event)
  const names = shown?.filter(it => selected.has(it.name)).map(it => it.name) ?? []
  return (
    <Card flush>
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <SearchField
          label={t.plan.search}
          clearLabel={t.common.clear}
          value={text}
          onChange={setText}
          className="w-72 max-w-full"
        />
        <Select
          label={t.plan.status}
          hideLabel
          value={wanted ?? 'any'}
          onChange={it => onChange({ status: it === 'any' ? undefined : it })}
          options={[
            { id: 'any', label: t.plan.anyStatus },
            ...STATUSES.map(it => ({ id: it as string, label: t.plan.statuses[it] })),
          ]}
        />
        {names.length > 0 && (
          <BulkBar names={names} events={data ?? []} onDone={() => setSelected(new Set())} />
        )}
      </div>
      {error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : !shown ? (
        <SkeletonRows />
      ) : shown.length === 0 ? (
        <Empty
          icon={<Database size={20} aria-hidden />}
          title={data?.length === 0 ? t.events.none : t.common.nothingFound}
          action={
            data?.length === 0 && (
              <LinkButton to="/sources/new" look="primary">
                {t.sources.connect}
              </LinkButton>
            )
          }
        >
          {data?.length === 0 && t.events.noneBody}
        </Empty>
      ) : (
        <EventTable
          events={shown}
          selected={selected}
          onSelect={setSelected}
          search={search}
          status={status}
        />
      )}
      <Dialog
        side="right"
        title={chosen?.display_name || chosen?.name || ''}
        subtitle={chosen?.display_name ? chosen.name : undefined}
        isOpen={chosen !== undefined}
        onClose={() => onChange({ event: undefined })}
      >
        {chosen && <EventForm key={chosen.name} event={chosen} events={data ?? []} />}
      </Dialog>
    </Card>
  )
}

const wordsOf = (it: PlannedEvent, own: string | null) =>
  [it.name, it.display_name, it.description, own, ...(it.tags ?? [])].filter(Boolean).join(' ')

interface EventTableProps {
  events: PlannedEvent[]
  selected: ReadonlySet<string>
  onSelect: (selected: ReadonlySet<string>) => void
  search: string
  status: string
}

function EventTable({ events, selected, onSelect, search, status }: EventTableProps) {
  const t = useT()
  const format = useFormat()
  const count = events.filter(it => selected.has(it.name)).length
  const toggle = (name: string) => {
    const next = new Set(selected)
    if (!next.delete(name)) next.add(name)
    onSelect(next)
  }
  const kept = { ...(search ? { search } : {}), ...(status ? { status } : {}) }
  return (
    <Table label={t.plan.tabs.events}>
      <thead>
        <tr>
          <Th className="w-8">
            <TickBox
              label={t.plan.selectAll}
              isSelected={count === events.length}
              isIndeterminate={count > 0 && count < events.length}
              onChange={all => onSelect(new Set(all ? events.map(it => it.name) : []))}
            />
          </Th>
          <Th>{t.plan.event}</Th>
          <Th>{t.plan.status}</Th>
          <Th>{t.plan.owner}</Th>
          <Th>{t.plan.volume}</Th>
          <Th right>{t.plan.count}</Th>
          <Th>{t.plan.lastSeen}</Th>
        </tr>
      </thead>
      <tbody>
        {events.map(it => {
          const own = eventWords(it.name, t)
          return (
            <Tr key={it.name}>
              <Td>
                <TickBox
                  label={t.plan.selectOne(it.name)}
                  isSelected={selected.has(it.name)}
                  onChange={() => toggle(it.name)}
                />
              </Td>
              <Td className="max-w-96 min-w-48">
                <RowLink to="/plan" search={{ ...kept, event: it.name }} className="break-words">
                  {it.display_name || it.name}
                </RowLink>
                <span className="block text-xs text-ink3">
                  {[it.display_name ? it.name : own, it.description].filter(Boolean).join(' · ')}
                </span>
              </Td>
              <Td>
                <StatusBadge status={statusOf(it)} />
              </Td>
              <Td muted className="max-w-40 truncate">
                {it.owner || '–'}
              </Td>
              <Td>
                {it.volume && it.volume.length > 1 ? (
                  <Sparkline
                    values={it.volume}
                    label={t.plan.volumeOf(it.name)}
                    width={96}
                    height={24}
                    isOpenEnded
                  />
                ) : (
                  <span className="text-ink3">–</span>
                )}
              </Td>
              <Td right>{format.number(it.count)}</Td>
              <Td muted className="whitespace-nowrap">
                {it.last_seen ? format.ago(it.last_seen) : '–'}
              </Td>
            </Tr>
          )
        })}
      </tbody>
    </Table>
  )
}
