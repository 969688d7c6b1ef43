/** The catalogue: every event the workspace has seen, and its properties. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Database } from 'lucide-react'
import { eventsQuery, propertiesQuery, statusQuery } from '~/api/catalog'
import type { CatalogEvent } from '~/api/types'
import { eventWords } from '~/builder/event-words'
import { useFormat, useT } from '~/i18n'
import { segmentationLink } from '~/lib/charts'
import { propertyName, propertyScope } from '~/lib/filters'
import { matches } from '~/lib/match'
import { LinkButton, RowLink } from '~/ui/button'
import { Dialog } from '~/ui/dialog'
import { SearchField } from '~/ui/field'
import { Badge, Card, Facts, Page } from '~/ui/page'
import { useSearchText } from '~/ui/search-text'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

export function EventsPage() {
  const t = useT()
  const { search = '', event } = useSearch({ from: '/shell/events' })
  const navigate = useNavigate()
  const [text, setText] = useSearchText(search, it => {
    void navigate({ to: '.', search: it ? { search: it } : {}, replace: true })
  })
  const { data: events, error, refetch } = useQuery(eventsQuery)
  const shown = events
    ?.filter(it => matches(`${it.name} ${eventWords(it.name, t) ?? ''}`, text))
    .sort((a, b) => b.count - a.count)
  const chosen = events?.find(it => it.name === event)
  const kept = search ? { search } : {}
  return (
    <Page title={t.events.title} intro={t.events.intro} actions={<Freshness />}>
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !shown ? (
          <SkeletonRows />
        ) : events?.length === 0 ? (
          <Empty
            icon={<Database size={20} aria-hidden />}
            title={t.events.none}
            action={
              <LinkButton to="/settings" search={{ tab: 'keys' }} look="primary">
                {t.events.openKeys}
              </LinkButton>
            }
          >
            {t.events.noneBody}
          </Empty>
        ) : (
          <>
            <div className="border-b border-line p-3">
              <SearchField
                label={t.builder.searchEvents}
                clearLabel={t.common.clear}
                value={text}
                onChange={setText}
                className="max-w-72"
              />
            </div>
            {shown.length === 0 ? (
              <Empty icon={<Database size={20} aria-hidden />} title={t.common.nothingFound} />
            ) : (
              <EventTable events={shown} kept={kept} />
            )}
          </>
        )}
      </Card>
      <Dialog
        side="right"
        title={chosen?.name ?? ''}
        isOpen={chosen !== undefined}
        onClose={() => void navigate({ to: '.', search: kept })}
      >
        {chosen && <EventDetail event={chosen} />}
      </Dialog>
    </Page>
  )
}

/** How much has arrived, and when the last of it. */
function Freshness() {
  const t = useT()
  const format = useFormat()
  const { data } = useQuery(statusQuery)
  if (!data) return null
  return (
    <p className="text-sm text-ink2 tabular-nums">
      {t.events.status(format.number(data.events), format.number(data.people))}
      {data.last_event_at && (
        <span className="text-ink3"> · {t.events.newest(format.ago(data.last_event_at))}</span>
      )}
    </p>
  )
}

function OwnWords({ name }: { name: string }) {
  const t = useT()
  const words = eventWords(name, t)
  return words === null ? null : <span className="truncate text-xs text-ink3">{words}</span>
}

function EventTable({ events, kept }: { events: CatalogEvent[]; kept: { search?: string } }) {
  const t = useT()
  const format = useFormat()
  const most = Math.max(...events.map(it => it.count), 1)
  return (
    <Table label={t.events.title}>
      <thead>
        <tr>
          <Th>{t.events.event}</Th>
          <Th right>{t.events.count}</Th>
          <Th className="w-40" />
          <Th>{t.events.firstSeen}</Th>
          <Th>{t.events.lastSeen}</Th>
        </tr>
      </thead>
      <tbody>
        {events.map(it => (
          <Tr key={it.name}>
            <Td className="max-w-96">
              <span className="flex flex-wrap items-center gap-x-2">
                <RowLink to="/events" search={{ ...kept, event: it.name }} className="min-w-0 break-words">
                  {it.name}
                </RowLink>
                <OwnWords name={it.name} />
                {!it.active && <Badge>{t.events.inactive}</Badge>}
              </span>
            </Td>
            <Td right>{format.number(it.count)}</Td>
            <Td>
              <span aria-hidden className="block h-1.5 rounded-full bg-sunken">
                <span
                  className="block h-full rounded-full bg-accent/70"
                  style={{ width: `${Math.max((it.count / most) * 100, 1)}%` }}
                />
              </span>
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.date(it.first_seen)}
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.ago(it.last_seen)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

function EventDetail({ event }: { event: CatalogEvent }) {
  const t = useT()
  const format = useFormat()
  const { data, error, refetch } = useQuery(propertiesQuery(event.name))
  const own = data?.filter(it => propertyScope(it.ref) === 'event')
  return (
    <div className="flex flex-col gap-5">
      <Facts
        items={[
          [t.events.count, format.number(event.count)],
          ...(event.people != null ? [[t.events.people, format.number(event.people)] as const] : []),
          [t.events.firstSeen, format.dateTime(event.first_seen)],
          [t.events.lastSeen, format.dateTime(event.last_seen)],
        ]}
      />
      <LinkButton
        to="/explore/segmentation"
        search={{ q: segmentationLink({ series: [{ select: { event: event.name }, measure: 'people' }] }) }}
      >
        {t.events.explore}
      </LinkButton>
      <section aria-label={t.events.properties}>
        <h3 className="mb-2 text-sm font-semibold">{t.events.properties}</h3>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !own ? (
          <SkeletonRows rows={4} />
        ) : own.length === 0 ? (
          <p className="text-sm text-ink2">{t.events.noProperties}</p>
        ) : (
          <ul className="divide-y divide-line">
            {own.map(it => (
              <li key={it.ref} className="py-2">
                <p className="flex items-baseline justify-between gap-3">
                  <span className="min-w-0 text-sm font-medium break-words">{propertyName(it.ref)}</span>
                  <span className="shrink-0 text-xs text-ink3">{t.types[it.type]}</span>
                </p>
                <p className="truncate text-xs text-ink2">
                  {it.samples
                    .slice(0, 5)
                    .map(sample => format.value(sample))
                    .join(', ')}
                </p>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}
