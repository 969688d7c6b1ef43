/** Building a cohort from sentences, with its size at hand. */
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus, UsersRound } from 'lucide-react'
import { useMemo, useState } from 'react'
import { cohortQuery, cohortsQuery, createCohort, previewAudience } from '~/api/cohorts'
import { asProblem } from '~/api/problem'
import type { Audience, Cohort, CohortKind } from '~/api/types'
import { describeAudience, useWords } from '~/builder/describe'
import { personLabel } from '~/builder/person-picker'
import { useFormat, useT } from '~/i18n'
import { type AudienceState, EMPTY_AUDIENCE, EVERYONE, fromAudience, toAudience } from '~/lib/audience'
import { canonical } from '~/lib/canonical'
import { Button, RowLink } from '~/ui/button'
import { useDebounced } from '~/ui/debounce'
import { TextField } from '~/ui/field'
import { Card, Page } from '~/ui/page'
import { RadioCards } from '~/ui/select'
import { Failed, Notice, Skeleton, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { ClauseList } from './clause-list'

const REST_MS = 400

export function NewCohortPage() {
  const { from } = useSearch({ from: '/shell/cohorts/new' })
  const source = useQuery({ ...cohortQuery(from ?? ''), enabled: from !== undefined })
  if (from === undefined) return <Builder />
  if (source.error) return <Failed error={source.error} onRetry={() => void source.refetch()} />
  if (!source.data) return <SkeletonRows />
  return <Builder source={source.data} />
}

function Builder({ source }: { source?: Cohort }) {
  const t = useT()
  const words = useWords()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const copied = source?.definition ? fromAudience(source.definition) : null
  const [state, setState] = useState<AudienceState>(copied ?? EMPTY_AUDIENCE)
  const [name, setName] = useState(source ? t.cohorts.copyOf(source.name) : '')
  const [kind, setKind] = useState<CohortKind>('live')
  const [busy, setBusy] = useState(false)
  const definition = toAudience(state)
  const save = async () => {
    if (!definition) return
    setBusy(true)
    try {
      const cohort = await createCohort({ name: name.trim(), definition, kind })
      void queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey })
      await navigate({ to: '/cohorts/$id', params: { id: cohort.id } })
    } catch (error) {
      toasts.fail(error)
      setBusy(false)
    }
  }
  return (
    <Page title={t.cohorts.create} crumb={{ to: '/cohorts', label: t.cohorts.title }}>
      {source?.definition && !copied && (
        <Notice tone="warn" className="mb-4">
          {t.cohorts.cannotEdit}
        </Notice>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
        <div className="flex flex-col gap-4">
          <Card title={t.cohorts.who}>
            <ClauseList
              match={state.match}
              items={state.items}
              onChange={(match, items) => setState({ match, items })}
            />
          </Card>
          {definition && (
            <Card>
              <p className="text-xs font-medium text-ink3">{t.cohorts.inWords}</p>
              <p className="mt-1 text-base">{t.sentence.people(describeAudience(definition, words))}</p>
            </Card>
          )}
        </div>
        <div className="flex flex-col gap-4 lg:sticky lg:top-16">
          <Estimate definition={definition} />
          <Card title={t.common.save}>
            <form
              className="flex flex-col gap-3"
              onSubmit={event => {
                event.preventDefault()
                void save()
              }}
            >
              <TextField
                label={t.common.name}
                value={name}
                onChange={setName}
                placeholder={t.cohorts.namePlaceholder}
              />
              <RadioCards
                label={t.cohorts.kind}
                value={kind}
                onChange={setKind}
                options={[
                  { id: 'live', label: t.cohorts.kinds.live, note: t.cohorts.liveNote },
                  { id: 'static', label: t.cohorts.kinds.static, note: t.cohorts.staticNote },
                ]}
              />
              <Button
                type="submit"
                look="primary"
                isDisabled={busy || !definition || name.trim() === ''}
                isPending={busy}
              >
                <Plus size={15} aria-hidden />
                {t.cohorts.saveNew}
              </Button>
              {(!definition || name.trim() === '') && (
                <p className="text-xs text-ink3">
                  {!definition ? t.cohorts.needsCondition : t.cohorts.needsName}
                </p>
              )}
            </form>
          </Card>
        </div>
      </div>
    </Page>
  )
}

/** How many people fit right now, and a few of them. */
function Estimate({ definition }: { definition: Audience | null }) {
  const t = useT()
  const format = useFormat()
  const rested = useDebounced(definition ? canonical(definition) : '', REST_MS)
  const asked = useMemo(() => (rested === '' ? EVERYONE : (JSON.parse(rested) as Audience)), [rested])
  const { data, error, isFetching } = useQuery({
    ...previewAudience(asked),
    placeholderData: keepPreviousData,
  })
  const problem = error ? asProblem(error) : null
  return (
    <Card>
      <p className="flex items-center gap-1.5 text-xs font-medium text-ink3">
        <UsersRound size={14} aria-hidden />
        {definition ? t.cohorts.estimate : t.cohorts.everyone}
      </p>
      <div aria-live="polite" aria-busy={isFetching} className={isFetching ? 'opacity-60' : ''}>
        {problem ? (
          <p className="mt-1 text-sm text-bad">
            {problem.errors[0]?.detail ?? (problem.detail || problem.message)}
          </p>
        ) : data ? (
          <>
            <p className="text-2xl font-semibold tabular-nums">
              {t.people(format.number(data.size), data.size)}
            </p>
            <p className="text-sm text-ink2 tabular-nums">
              {t.cohorts.shareOf(
                format.percent(data.of > 0 ? data.size / data.of : 0),
                format.number(data.of),
              )}
            </p>
            <div className="mt-3 flex items-center justify-between border-t border-line pt-3 text-sm">
              <span className="text-ink2">{t.cohorts.byEmail}</span>
              <span className="font-semibold tabular-nums">{format.number(data.reachable.email ?? 0)}</span>
            </div>
          </>
        ) : (
          <Skeleton className="mt-2 h-9 w-32" />
        )}
      </div>
      {definition && data && !problem && data.examples.length > 0 && (
        <div className="mt-3 border-t border-line pt-3">
          <p className="mb-1 text-xs font-medium text-ink3">{t.cohorts.examples}</p>
          <ul className="flex flex-col gap-0.5 text-sm">
            {data.examples.slice(0, 5).map(it => (
              <li key={it.person} className="min-w-0">
                <RowLink to="/people/$id" params={{ id: it.external_id ?? it.person }} target="_blank">
                  {personLabel(it)}
                </RowLink>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Card>
  )
}
