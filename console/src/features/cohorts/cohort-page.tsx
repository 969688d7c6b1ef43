/** One cohort: who, how many, since when, and what to do with them. */
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Copy, EllipsisVertical, LineChart, Mail, Pencil, RefreshCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import {
  cohortHistoryQuery,
  cohortPeopleQuery,
  cohortQuery,
  cohortsQuery,
  deleteCohort,
  previewAudience,
  refreshCohort,
  renameCohort,
} from '~/api/cohorts'
import type { Cohort } from '~/api/types'
import { describeAudience, useWords } from '~/builder/describe'
import { personLabel } from '~/builder/person-picker'
import { useFormat, useT } from '~/i18n'
import { funnelLink } from '~/lib/charts'
import { Button, LinkButton, RowLink } from '~/ui/button'
import { Confirm, Dialog } from '~/ui/dialog'
import { TextField } from '~/ui/field'
import { Menu } from '~/ui/menu'
import { Badge, Card, Facts, Page } from '~/ui/page'
import { Sparkline } from '~/ui/sparkline'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { More, Table, Td, Th, Tr } from '~/ui/table'
import { useToasts } from '~/ui/toast'

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

function Actions({ cohort }: { cohort: Cohort }) {
  const t = useT()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [asking, setAsking] = useState<'rename' | 'delete' | null>(null)
  const [busy, setBusy] = useState(false)
  const reload = () => queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey })
  const refresh = async () => {
    setBusy(true)
    try {
      await refreshCohort(cohort.id)
      await reload()
      toasts.say(t.cohorts.refreshedNow)
    } catch (error) {
      toasts.fail(error)
    }
    setBusy(false)
  }
  return (
    <>
      <Button onPress={refresh} isPending={busy}>
        <RefreshCw size={14} aria-hidden className={busy ? 'animate-spin' : ''} />
        {t.cohorts.refresh}
      </Button>
      <LinkButton to="/campaigns/new" search={{ cohort: cohort.id }} look="primary">
        <Mail size={15} aria-hidden />
        {t.inspect.message}
      </LinkButton>
      <Menu
        trigger={
          <Button look="ghost" size="icon" aria-label={t.common.moreActions}>
            <EllipsisVertical size={16} aria-hidden />
          </Button>
        }
        actions={[
          {
            id: 'funnel',
            label: t.cohorts.compare,
            icon: <LineChart size={14} aria-hidden />,
            onAction: () => {
              const segments = [
                { name: t.charts.everyone, people: { all: [] } },
                { name: cohort.name, people: { cohort: cohort.id } },
              ]
              void navigate({ to: '/explore/funnel', search: { q: funnelLink({ segments }) } })
            },
          },
          {
            id: 'rename',
            label: t.cohorts.rename,
            icon: <Pencil size={14} aria-hidden />,
            onAction: () => setAsking('rename'),
          },
          {
            id: 'copy',
            label: t.cohorts.copy,
            icon: <Copy size={14} aria-hidden />,
            isDisabled: !cohort.definition,
            onAction: () => void navigate({ to: '/cohorts/new', search: { from: cohort.id } }),
          },
          {
            id: 'delete',
            label: t.common.delete,
            icon: <Trash2 size={14} aria-hidden />,
            isDanger: true,
            onAction: () => setAsking('delete'),
          },
        ]}
      />
      {asking === 'rename' && <Rename cohort={cohort} onClose={() => setAsking(null)} />}
      <Confirm
        isDanger
        isOpen={asking === 'delete'}
        title={t.cohorts.deleteTitle(cohort.name)}
        body={t.cohorts.deleteBody}
        action={t.common.delete}
        onClose={() => setAsking(null)}
        onConfirm={async () => {
          try {
            await deleteCohort(cohort.id)
          } catch (error) {
            toasts.fail(error)
            throw error
          }
          await navigate({ to: '/cohorts' })
          queryClient.removeQueries({ queryKey: cohortQuery(cohort.id).queryKey })
          void reload()
          toasts.say(t.cohorts.deleted(cohort.name))
        }}
      />
    </>
  )
}

function Rename({ cohort, onClose }: { cohort: Cohort; onClose: () => void }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [name, setName] = useState(cohort.name)
  const save = async () => {
    try {
      await renameCohort(cohort.id, name.trim())
      await queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey })
      onClose()
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <Dialog
      title={t.cohorts.rename}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button look="primary" isDisabled={name.trim() === ''} onPress={save}>
            {t.common.save}
          </Button>
        </>
      }
    >
      <TextField
        label={t.common.name}
        value={name}
        onChange={setName}
        autoFocus
        onKeyDown={event => {
          if (event.key === 'Enter' && !event.nativeEvent.isComposing && name.trim() !== '') void save()
        }}
      />
    </Dialog>
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
                <Td>
                  <RowLink to="/people/$id" params={{ id: it.external_id ?? it.person }}>
                    {personLabel(it)}
                  </RowLink>
                </Td>
                <Td muted>{it.email ?? '–'}</Td>
                <Td muted className="font-mono text-xs">
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
