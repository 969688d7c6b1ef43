/** All cohorts. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus, UsersRound } from 'lucide-react'
import { cohortsQuery } from '~/api/cohorts'
import type { Cohort } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { matches } from '~/lib/match'
import { LinkButton, RowLink } from '~/ui/button'
import { SearchField } from '~/ui/field'
import { Badge, Card, Page } from '~/ui/page'
import { useSearchText } from '~/ui/search-text'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

export function CohortsPage() {
  const t = useT()
  const { search = '' } = useSearch({ from: '/shell/cohorts' })
  const navigate = useNavigate()
  const [text, setText] = useSearchText(search, it => {
    void navigate({ to: '.', search: it ? { search: it } : {}, replace: true })
  })
  const { data: cohorts, error, refetch } = useQuery({ ...cohortsQuery, refetchInterval: 30_000 })
  const shown = cohorts?.filter(it => matches(it.name, text))
  return (
    <Page
      title={t.cohorts.title}
      intro={t.cohorts.intro}
      actions={
        <LinkButton to="/cohorts/new" look="primary">
          <Plus size={15} aria-hidden />
          {t.cohorts.create}
        </LinkButton>
      }
    >
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !cohorts || !shown ? (
          <SkeletonRows />
        ) : cohorts.length === 0 ? (
          <Empty
            icon={<UsersRound size={20} aria-hidden />}
            title={t.cohorts.none}
            action={
              <>
                <LinkButton to="/explore/funnel">{t.cohorts.fromFunnel}</LinkButton>
                <LinkButton to="/cohorts/new" look="primary">
                  {t.cohorts.create}
                </LinkButton>
              </>
            }
          >
            {t.cohorts.noneBody}
          </Empty>
        ) : (
          <>
            <div className="border-b border-line p-3">
              <SearchField
                label={t.cohorts.search}
                clearLabel={t.common.clear}
                value={text}
                onChange={setText}
                className="max-w-72"
              />
            </div>
            {shown.length === 0 ? (
              <Empty icon={<UsersRound size={20} aria-hidden />} title={t.common.nothingFound} />
            ) : (
              <CohortTable cohorts={shown} />
            )}
          </>
        )}
      </Card>
    </Page>
  )
}

function CohortTable({ cohorts }: { cohorts: Cohort[] }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.cohorts.title}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th right>{t.cohorts.size}</Th>
          <Th>{t.cohorts.kind}</Th>
          <Th>{t.cohorts.refreshed}</Th>
          <Th>{t.common.created}</Th>
        </tr>
      </thead>
      <tbody>
        {cohorts.map(it => (
          <Tr key={it.id}>
            <Td className="min-w-44 max-w-96">
              <RowLink to="/cohorts/$id" params={{ id: it.id }} className="line-clamp-2">
                {it.name}
              </RowLink>
            </Td>
            <Td right>{format.number(it.size)}</Td>
            <Td>
              <span className="flex gap-1.5">
                <Badge tone={it.kind === 'live' ? 'accent' : 'neutral'}>{t.cohorts.kinds[it.kind]}</Badge>
                {it.error && <Badge tone="bad">{t.cohorts.failed}</Badge>}
              </span>
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.ago(it.refreshed_at)}
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.date(it.created_at)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
