/** Where the command palette looks: the console's places, and what the workspace has. */
import { useQuery } from '@tanstack/react-query'
import type { NavigateOptions } from '@tanstack/react-router'
import { Database, Mail, MailPlus, UserRound, UserRoundPlus, UsersRound } from 'lucide-react'
import type { ReactNode } from 'react'
import { campaignsQuery } from '~/api/campaigns'
import { eventsQuery } from '~/api/catalog'
import { cohortsQuery } from '~/api/cohorts'
import { findPeople } from '~/api/people'
import type { Session } from '~/api/types'
import { eventWords } from '~/builder/event-words'
import { personLabel } from '~/builder/person-picker'
import { useFormat, useT } from '~/i18n'
import { type Entry, type Kind, SHOWN_MAX, type Source } from '~/lib/palette'
import { useDebounced } from '~/ui/debounce'
import { useChartPlaces, useDataPlaces, usePlaceGroups, useSettingsPlaces } from './places'

export interface Goal extends Entry {
  to: NavigateOptions
  icon: ReactNode
  detail?: string
  note?: string
}

export interface Sources {
  sources: Source<Goal>[]
  /** Something that was asked for has not come yet. */
  isSearching: boolean
  /** Asks again for what failed. */
  retry: Partial<Record<Kind, () => void>>
}

const REST_MS = 200
const ICON = { size: 16, 'aria-hidden': true } as const

export function useSources(text: string, features: Session['features']): Sources {
  const t = useT()
  const format = useFormat()
  const groups = usePlaceGroups(features)
  const charts = useChartPlaces()
  const data = useDataPlaces()
  const settings = useSettingsPlaces()
  const asked = text.trim()
  const rested = useDebounced(asked, REST_MS)
  const campaigns = useQuery(campaignsQuery)
  const cohorts = useQuery(cohortsQuery)
  const events = useQuery(eventsQuery)
  const people = useQuery({
    queryKey: ['people', 'find', rested, SHOWN_MAX + 1],
    // One more than is shown, to know whether there are more.
    queryFn: ({ signal }) => findPeople(rested, SHOWN_MAX + 1, signal),
    enabled: rested !== '',
  })

  const places = [...groups.flatMap(it => it.places), ...data, ...charts, ...settings].map((it): Goal => {
    const { to, search, label, icon, also } = it
    return { id: `place-${to}-${search?.tab ?? ''}`, label, also, icon, to: { to, search: search ?? {} } }
  })
  const actions: Goal[] = [
    {
      id: 'new-campaign',
      label: t.campaigns.create,
      also: 'new create campaign mail 새 캠페인 만들기 메일 쓰기',
      icon: <MailPlus {...ICON} />,
      to: { to: '/campaigns/new' },
    },
    {
      id: 'new-cohort',
      label: t.cohorts.create,
      also: 'new create cohort audience 새 코호트 만들기',
      icon: <UserRoundPlus {...ICON} />,
      to: { to: '/cohorts/new' },
    },
  ]
  const foundPeople = rested === asked && asked !== '' ? (people.data ?? []) : []
  const sources: Source<Goal>[] = [
    { kind: 'places', search: 'here', state: 'ready', entries: places, isMenu: true },
    { kind: 'actions', search: 'here', state: 'ready', entries: actions, isMenu: true },
    {
      kind: 'campaigns',
      search: 'here',
      state: stateOf(campaigns),
      entries: (campaigns.data ?? []).map(it => ({
        id: `campaign-${it.id}`,
        label: it.name,
        note: t.campaignStates[it.state],
        icon: <Mail {...ICON} />,
        to:
          it.state === 'draft'
            ? { to: '/campaigns/$id/edit', params: { id: it.id } }
            : { to: '/campaigns/$id', params: { id: it.id } },
      })),
    },
    {
      kind: 'cohorts',
      search: 'here',
      state: stateOf(cohorts),
      entries: (cohorts.data ?? []).map(it => ({
        id: `cohort-${it.id}`,
        label: it.name,
        note: t.people(format.number(it.size), it.size),
        icon: <UsersRound {...ICON} />,
        to: { to: '/cohorts/$id', params: { id: it.id } },
      })),
    },
    {
      kind: 'events',
      search: 'here',
      state: stateOf(events),
      entries: (events.data ?? []).map(it => ({
        id: `event-${it.name}`,
        label: it.name,
        also: eventWords(it.name, t) ?? undefined,
        detail: eventWords(it.name, t) ?? undefined,
        note: format.compact(it.count),
        icon: <Database {...ICON} />,
        to: { to: '/events', search: { event: it.name } },
      })),
    },
    {
      kind: 'people',
      search: 'found',
      state: stateOf(people),
      entries: foundPeople.map(it => {
        const id = it.external_id ?? it.person
        const label = personLabel(it)
        return {
          id: `person-${it.person}`,
          label,
          detail: [it.email, id].filter(other => other && other !== label).join(' · '),
          icon: <UserRound {...ICON} />,
          to: { to: '/people/$id', params: { id } },
        }
      }),
    },
  ]
  return {
    sources,
    isSearching:
      asked !== '' &&
      (rested !== asked || [campaigns, cohorts, events, people].some(it => it.isFetching && !it.data)),
    retry: {
      campaigns: () => void campaigns.refetch(),
      cohorts: () => void cohorts.refetch(),
      events: () => void events.refetch(),
      people: () => void people.refetch(),
    },
  }
}

function stateOf(query: { isError: boolean; data: unknown }): Source<Goal>['state'] {
  return query.data ? 'ready' : query.isError ? 'failed' : 'loading'
}

/** Where all that was found of a kind is listed. */
export function listOf(kind: Kind, search: string): NavigateOptions {
  switch (kind) {
    case 'campaigns':
      return { to: '/campaigns', search: { search } }
    case 'cohorts':
      return { to: '/cohorts', search: { search } }
    case 'events':
      return { to: '/events', search: { search } }
    case 'people':
      return { to: '/people', search: { search } }
    case 'places':
    case 'actions':
      return { to: '/' }
  }
}
