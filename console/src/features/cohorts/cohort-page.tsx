/** One cohort: who, how many, since when, and what to do with them. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { cohortHistoryQuery, cohortPeopleQuery, cohortQuery, previewAudience } from '~/api/cohorts'
import type { Cohort } from '~/api/types'
import { describeAudience, useWords } from '~/builder/describe'
import { personLabel } from '~/builder/person-picker'
import { useFormat, useT } from '~/i18n'
import { RowLink } from '~/ui/button'
import { Badge, Card, Facts, Page } from '~/ui/page'
import { Sparkline } from '~/ui/sparkline'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { More, Table, Td, Th, Tr } from '~/ui/table'
import { Actions } from './cohort-actions'

export function CohortPage() {
  const { id } = useParams({ from: '/shell/cohorts/$id' })
  const t = useT()
  const { data: cohort, error, refetch } = useQuery({ ...cohortQuery(id), refetchInterval: 30_000 })
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!cohort) return <SkeletonRows />
  return (
    <Page
      title={cohort.name}
      crumb={{ to: '/cohorts', label: t.cohorts.title }}
      heading={
        <div className="flex flex-wrap items-center gap-2">
          <h1 className="text-xl font-semibold break-words">{cohort.name}</h1>
          <Badge tone={cohort.kind === 'live' ? 'accent' : 'neutral'}>{t.cohorts.kinds[cohort.kind]}</Badge>
        </div>
      }
      actions={<Actions cohort={cohort} />}
    >
      {cohort.error && (
        <Notice tone="bad" className="mb-4">
          {t.cohorts.failedBody(cohort.error)}
        </Notice>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="flex flex-col gap-4">
          <SizeCard cohort={cohort} />
          <DefinitionCard cohort={cohort} />
        </div>
        <Members cohort={cohort} />
      </div>
    </Page>
  )
}

function SizeCard({ cohort }: { cohort: Cohort }) {
  const t = useT()
  const format = useFormat()
  const { data: history = [] } = useQuery(cohortHistoryQuery(cohort.id))
  const reach = useQuery(previewAudience({ cohort: cohort.id }))
  const sizes = [...history].sort((a, b) => (a.as_of < b.as_of ? -1 : 1)).map(it => it.size)
  return (
    <Card>
      <p className="text-xs font-medium text-ink3">{t.cohorts.size}</p>
      <p className="text-2xl font-semibold tabular-nums">
        {t.people(format.number(cohort.size), cohort.size)}
      </p>
      {sizes.length > 1 && (
        <Sparkline
          values={sizes}
          width={280}
          height={44}
          className="mt-2 h-11 w-full"
          label={t.cohorts.history(format.number(sizes[0] ?? 0), format.number(sizes.at(-1) ?? 0))}
        />
      )}
      <div className="mt-3 border-t border-line pt-3">
        <Facts
          items={[
            [t.cohorts.byEmail, reach.data ? format.number(reach.data.reachable.email ?? 0) : '…'],
            [t.cohorts.refreshed, format.dateTime(cohort.refreshed_at)],
            ...(cohort.kind === 'live' && cohort.next_refresh_at
              ? [[t.cohorts.nextRefresh, format.dateTime(cohort.next_refresh_at)] as const]
              : []),
            [t.common.created, format.dateTime(cohort.created_at)],
          ]}
        />
      </div>
    </Card>
  )
}

function DefinitionCard({ cohort }: { cohort: Cohort }) {
  const t = useT()
  const words = useWords()
  return (
    <Card title={t.cohorts.definition}>
      <p className="text-sm text-ink2">
        {cohort.definition
          ? t.sentence.people(describeAudience(cohort.definition, words))
          : cohort.kind === 'live'
            ? t.cohorts.fromCellLive
            : t.cohorts.fromCell}
      </p>
    </Card>
  )
}

function Members({ cohort }: { cohort: Cohort }) {
  const t = useT()
  const format = useFormat()
  const people = useInfiniteQuery(cohortPeopleQuery(cohort.id))
  const rows = people.data?.pages.flatMap(it => it.people)
  return (
    <Card flush title={t.cohorts.members}>
      {people.error ? (
        <Failed error={people.error} onRetry={() => void people.refetch()} />
      ) : !rows ? (
        <SkeletonRows />
      ) : rows.length === 0 ? (
        <p className="px-4 pb-6 text-sm text-ink2">{t.cohorts.noMembers}</p>
      ) : (
        <Table label={t.cohorts.members}>
          <thead>
            <tr>
              <Th>{t.common.name}</Th>
              <Th>{t.people_.email}</Th>
              <Th>{t.people_.id}</Th>
            </tr>
          </thead>
          <tbody>
            {rows.map(it => (
              <Tr key={it.person}>
                <Td className="whitespace-nowrap">
                  <RowLink to="/people/$id" params={{ id: it.external_id ?? it.person }}>
                    {personLabel(it)}
                  </RowLink>
                </Td>
                <Td muted className="whitespace-nowrap">
                  {it.email ?? '–'}
                </Td>
                <Td muted className="font-mono text-xs whitespace-nowrap">
                  {it.external_id ?? it.person}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      <More
        label={t.common.moreOf(
          format.number(rows?.length ?? 0),
          format.number(people.data?.pages[0]?.total ?? 0),
        )}
        hasMore={people.hasNextPage}
        isLoading={people.isFetchingNextPage}
        onMore={() => void people.fetchNextPage()}
      />
    </Card>
  )
}
