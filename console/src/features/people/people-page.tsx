/** Finding people. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { UserRound } from 'lucide-react'
import { peopleQuery } from '~/api/people'
import type { PersonRow } from '~/api/types'
import { personLabel } from '~/builder/person-picker'
import { useFormat, useT } from '~/i18n'
import { RowLink } from '~/ui/button'
import { useDebounced } from '~/ui/debounce'
import { SearchField } from '~/ui/field'
import { Card, Page } from '~/ui/page'
import { useSearchText } from '~/ui/search-text'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More, Table, Td, Th, Tr } from '~/ui/table'

export function PeoplePage() {
  const t = useT()
  const { search = '' } = useSearch({ from: '/shell/people' })
  const navigate = useNavigate()
  const [text, setText] = useSearchText(search, it => {
    void navigate({ to: '.', search: it ? { search: it } : {}, replace: true })
  })
  const asked = useDebounced(text.trim(), 250)
  const people = useInfiniteQuery({ ...peopleQuery(asked), placeholderData: keepPreviousData })
  const rows = people.data?.pages.flatMap(it => it.people)
  return (
    <Page title={t.people_.title} intro={t.people_.intro}>
      <Card flush>
        <div className="border-b border-line p-3">
          <SearchField
            label={t.people_.search}
            clearLabel={t.common.clear}
            value={text}
            onChange={setText}
            className="max-w-96"
          />
        </div>
        {people.error ? (
          <Failed error={people.error} onRetry={() => void people.refetch()} />
        ) : !rows ? (
          <SkeletonRows />
        ) : rows.length === 0 ? (
          <Empty
            icon={<UserRound size={20} aria-hidden />}
            title={asked ? t.common.nothingFound : t.people_.none}
          >
            {asked ? t.people_.searchHint : t.people_.noneBody}
          </Empty>
        ) : (
          <PeopleTable rows={rows} />
        )}
        <More
          label={t.common.more}
          hasMore={people.hasNextPage}
          isLoading={people.isFetchingNextPage}
          onMore={() => void people.fetchNextPage()}
        />
      </Card>
    </Page>
  )
}

function PeopleTable({ rows }: { rows: PersonRow[] }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.people_.title}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th>{t.people_.email}</Th>
          <Th>{t.people_.country}</Th>
          <Th right>{t.people_.events}</Th>
          <Th>{t.people_.firstSeen}</Th>
          <Th>{t.people_.lastSeen}</Th>
        </tr>
      </thead>
      <tbody>
        {rows.map(it => (
          <Tr key={it.person}>
            <Td className="max-w-64 truncate">
              <RowLink to="/people/$id" params={{ id: it.external_id ?? it.person }}>
                {personLabel(it)}
              </RowLink>
              {!it.external_id && <span className="ml-2 text-xs text-ink3">{t.people_.anonymous}</span>}
            </Td>
            <Td muted className="max-w-64 truncate">
              {it.email ?? '–'}
            </Td>
            <Td muted className="whitespace-nowrap">
              {it.country ?? '–'}
            </Td>
            <Td right>{format.number(it.events)}</Td>
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
