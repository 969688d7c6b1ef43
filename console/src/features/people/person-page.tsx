/** One person: what is known at the left, what happened at the right. */

import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { personQuery } from '~/api/people'
import type { Person } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { TextLink } from '~/ui/button'
import { Badge, Card, Facts, Page } from '~/ui/page'
import { Segmented } from '~/ui/select'
import { Failed, SkeletonRows } from '~/ui/state'
import { PersonMessages } from './person-messages'
import { Timeline } from './timeline'

const text = (value: unknown) => (typeof value === 'string' ? value : '')

export function PersonPage() {
  const t = useT()
  const { id } = useParams({ from: '/shell/people/$id' })
  const { event = '', tab = 'timeline' } = useSearch({ from: '/shell/people/$id' })
  const navigate = useNavigate()
  const { data: person, error, refetch } = useQuery(personQuery(id))
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!person) return <SkeletonRows />
  const p = person.properties
  const name = [text(p.first_name), text(p.last_name)].filter(Boolean).join(' ')
  const title = name || text(p.email) || person.external_id || person.person
  return (
    <Page
      title={title}
      crumb={{ to: '/people', label: t.people_.title }}
      heading={<Heading person={person} title={title} />}
    >
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[21rem_minmax(0,1fr)]">
        <Known person={person} />
        <Card
          flush
          title={
            <Segmented
              label={t.people_.view}
              value={tab}
              onChange={it => void navigate({ to: '.', search: it === 'timeline' ? {} : { tab: it } })}
              options={[
                { id: 'timeline', label: t.people_.timeline },
                { id: 'messages', label: t.people_.messages },
              ]}
            />
          }
        >
          {tab === 'messages' ? (
            <PersonMessages person={id} />
          ) : (
            <Timeline
              person={id}
              event={event}
              onEvent={it => void navigate({ to: '.', search: it ? { event: it } : {}, replace: true })}
            />
          )}
        </Card>
      </div>
    </Page>
  )
}

function Heading({ person, title }: { person: Person; title: string }) {
  const t = useT()
  const email = text(person.properties.email)
  return (
    <div className="flex items-center gap-3">
      <span
        aria-hidden
        className="grid size-11 shrink-0 place-items-center rounded-full bg-accent-bg text-lg font-semibold text-accent dark:text-ink"
      >
        {[...title.replace(/^~/, '')][0]?.toUpperCase()}
      </span>
      <div className="min-w-0">
        <h1 className="truncate text-xl font-semibold">{title}</h1>
        <p className="truncate text-sm text-ink2">
          {[email !== title && email, person.external_id ?? t.people_.anonymous].filter(Boolean).join(' · ')}
        </p>
      </div>
    </div>
  )
}

function Known({ person }: { person: Person }) {
  const t = useT()
  const format = useFormat()
  const properties = Object.entries(person.properties).sort(([a], [b]) => (a < b ? -1 : 1))
  return (
    <div className="flex flex-col gap-4">
      <Card>
        <Facts
          items={[
            [t.people_.events, format.number(person.events)],
            [t.people_.firstSeen, format.dateTime(person.first_seen)],
            [t.people_.lastSeen, format.dateTime(person.last_seen)],
          ]}
        />
      </Card>
      <Card title={t.people_.properties}>
        {properties.length === 0 ? (
          <p className="text-sm text-ink2">{t.people_.noProperties}</p>
        ) : (
          <Facts items={properties.map(([key, value]) => [key, format.value(value)] as const)} />
        )}
      </Card>
      <Card title={t.people_.cohorts}>
        {person.cohorts.length === 0 ? (
          <p className="text-sm text-ink2">{t.people_.noCohorts}</p>
        ) : (
          <ul className="flex flex-col gap-1 text-sm">
            {person.cohorts.map(it => (
              <li key={it.id}>
                <TextLink to="/cohorts/$id" params={{ id: it.id }}>
                  {it.name}
                </TextLink>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t.people_.subscriptions}>
        {person.subscriptions.length === 0 ? (
          <p className="text-sm text-ink2">{t.people_.noSubscriptions}</p>
        ) : (
          <ul className="flex flex-col gap-2 text-sm">
            {person.subscriptions.map(it => (
              <li key={`${it.channel}-${it.address}`} className="flex items-center justify-between gap-2">
                <span className="min-w-0 truncate">{it.address}</span>
                <Badge
                  tone={it.state === 'unsubscribed' ? 'bad' : it.state === 'opted_in' ? 'good' : 'neutral'}
                >
                  {wordFor(t.subscriptionStates, it.state, it.state)}
                </Badge>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t.people_.identifiers}>
        <ul className="flex flex-col gap-1.5 text-sm">
          {person.identifiers.map(it => (
            <li key={`${it.kind}-${it.value}`} className="flex items-baseline gap-2">
              <span className="w-16 shrink-0 text-xs text-ink3">
                {wordFor(t.identifierKinds, it.kind, it.kind)}
              </span>
              <span className="min-w-0 font-mono text-xs break-all">{it.value}</span>
            </li>
          ))}
        </ul>
      </Card>
    </div>
  )
}
