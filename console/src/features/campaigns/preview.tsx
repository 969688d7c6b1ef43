/** The mail as one person will get it. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight, Mail } from 'lucide-react'
import { useMemo, useState } from 'react'
import { previewMessage } from '~/api/campaigns'
import { cohortPeopleQuery } from '~/api/cohorts'
import { findPeople } from '~/api/people'
import { asProblem } from '~/api/problem'
import type { Audience, EmailMessage, PersonRef } from '~/api/types'
import { PersonPicker } from '~/builder/person-picker'
import { useT } from '~/i18n'
import { cohortOf } from '~/lib/audience'
import { canonical } from '~/lib/canonical'
import { IconButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { useDebounced } from '~/ui/debounce'
import { Card } from '~/ui/page'
import { Segmented } from '~/ui/select'
import { Empty, Notice, Skeleton } from '~/ui/state'

const REST_MS = 350
const EXAMPLES = 10

/** People to look through the eyes of: the first members of the cohort, else the first people at all. */
function useExamples(audience: Audience | null): { people: PersonRef[]; isLoading: boolean } {
  const cohort = audience ? cohortOf(audience) : null
  const members = useInfiniteQuery({ ...cohortPeopleQuery(cohort ?? '', EXAMPLES), enabled: cohort !== null })
  const anyone = useQuery({
    queryKey: ['people', 'find', ''],
    queryFn: ({ signal }) => findPeople('', EXAMPLES, signal),
    enabled: cohort === null,
  })
  return cohort === null
    ? { people: anyone.data ?? [], isLoading: anyone.isLoading }
    : { people: members.data?.pages[0]?.people ?? [], isLoading: members.isLoading }
}

export function useExamplePerson(audience: Audience | null) {
  const { people: examples, isLoading } = useExamples(audience)
  const [chosen, setChosen] = useState<PersonRef | null>(null)
  // Someone who can be written to shows more than someone who cannot.
  const person = chosen ?? examples.find(it => it.email) ?? examples[0] ?? null
  const at = examples.findIndex(it => it.person === person?.person)
  const step = (by: number) => {
    if (examples.length > 0) setChosen(examples[(at + by + examples.length) % examples.length] ?? null)
  }
  return { person, choose: setChosen, step, hasSeveral: examples.length > 1, isLoading }
}

interface PreviewProps {
  message: EmailMessage
  audience: Audience | null
}

export function Preview({ message, audience }: PreviewProps) {
  const t = useT()
  const { person, choose, step, hasSeveral, isLoading } = useExamplePerson(audience)
  const [size, setSize] = useState<'desktop' | 'phone'>('desktop')
  const rested = useDebounced(canonical(message), REST_MS)
  const asked = useMemo(() => JSON.parse(rested) as EmailMessage, [rested])
  const ready = asked.html !== '' && asked.from !== ''
  const isAsked = person !== null && ready
  const { data, error, isFetching } = useQuery({
    queryKey: ['preview', rested, person?.person ?? null],
    queryFn: ({ signal }) => previewMessage(asked, person?.external_id ?? person?.person ?? '', signal),
    enabled: isAsked,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  })
  return (
    <Card
      flush
      title={t.editor.preview}
      className="overflow-hidden"
      actions={
        <Segmented
          label={t.editor.previewSize}
          value={size}
          onChange={setSize}
          options={[
            { id: 'desktop', label: t.editor.desktop },
            { id: 'phone', label: t.editor.phone },
          ]}
        />
      }
    >
      <div className="flex items-center gap-1.5 border-b border-line px-4 pb-3">
        <span className="shrink-0 text-sm text-ink2">{t.editor.as}</span>
        <PersonPicker
          label={t.editor.previewPerson}
          value={person}
          onChange={choose}
          className="min-w-0 flex-1"
        />
        <IconButton label={t.editor.previousPerson} isDisabled={!hasSeveral} onPress={() => step(-1)}>
          <ChevronLeft size={16} aria-hidden />
        </IconButton>
        <IconButton label={t.editor.nextPerson} isDisabled={!hasSeveral} onPress={() => step(1)}>
          <ChevronRight size={16} aria-hidden />
        </IconButton>
      </div>
      {error ? (
        <Complaints error={error} />
      ) : data ? (
        <div className={cx('transition-opacity', isFetching && 'opacity-60')}>
          {data.aborted && (
            <Notice tone="warn" className="m-4">
              {t.editor.aborted(data.aborted)}
            </Notice>
          )}
          <div className="border-b border-line px-4 py-3">
            <p className="truncate text-xs text-ink3">{data.fields.from}</p>
            <p data-testid="preview-subject" className="text-base font-semibold break-words">
              {data.fields.subject || <span className="font-normal text-ink3">{t.editor.noSubject}</span>}
            </p>
            {data.fields.preheader && <p className="truncate text-sm text-ink2">{data.fields.preheader}</p>}
          </div>
          <div className="flex justify-center bg-sunken">
            {data.html_url ? (
              <iframe
                title={t.editor.previewBody}
                src={data.html_url}
                sandbox=""
                className={cx('h-[32rem] bg-white', size === 'phone' ? 'w-[375px]' : 'w-full')}
              />
            ) : (
              <pre className="w-full p-4 font-mono text-xs whitespace-pre-wrap">{data.fields.text}</pre>
            )}
          </div>
        </div>
      ) : isAsked || isLoading ? (
        <Skeleton className="m-4 h-[35rem]" />
      ) : (
        <Empty
          className="py-16"
          icon={<Mail size={20} aria-hidden />}
          title={person === null ? t.editor.noPerson : t.editor.nothingYet}
        />
      )}
    </Card>
  )
}

/** What the template language complains about, with the place. */
function Complaints({ error }: { error: unknown }) {
  const t = useT()
  const problem = asProblem(error)
  const list = problem.errors.length > 0 ? problem.errors : [{ detail: problem.detail || problem.message }]
  return (
    <div className="p-4">
      <Notice tone="bad">
        <p className="font-semibold">{t.editor.cannotRender}</p>
        <ul className="mt-1 flex flex-col gap-0.5">
          {list.map(it => (
            <li key={`${it.pointer}-${it.line}-${it.column}-${it.detail}`}>
              {it.line != null
                ? `${t.editor.place(it.line, it.column ?? 1)} `
                : it.pointer
                  ? `${it.pointer} `
                  : ''}
              {it.detail}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  )
}
