/** Inspect: who is behind a number, and what to do with them. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Mail, UsersRound } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { cellPeopleQuery } from '~/api/charts'
import { cohortsQuery, saveCell } from '~/api/cohorts'
import type { Cell, Cohort, PersonRef } from '~/api/types'
import { personLabel } from '~/builder/person-picker'
import { useFormat, useT } from '~/i18n'
import { Button, LinkButton, RowLink } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Dialog } from '~/ui/dialog'
import { TextField } from '~/ui/field'
import { RadioCards } from '~/ui/select'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { More } from '~/ui/table'
import { useToasts } from '~/ui/toast'

export interface InspectTarget {
  cell: string
  /** Who they are, in a few words. */
  title: string
  /** Where the number stands: the row, the date. */
  detail?: string
  /** Proposed name of a cohort of them. */
  name: string
}

const Context = createContext<(target: InspectTarget) => void>(() => {})

/** Opens the panel for a cell. */
export const useInspect = () => useContext(Context)

export function InspectProvider({ children }: { children: ReactNode }) {
  const [target, setTarget] = useState<InspectTarget | null>(null)
  const [isOpen, setOpen] = useState(false)
  const open = useCallback((next: InspectTarget) => {
    setTarget(next)
    setOpen(true)
  }, [])
  return (
    <Context value={open}>
      {children}
      <Dialog
        side="right"
        title={target?.title ?? ''}
        subtitle={target?.detail}
        isOpen={isOpen && target !== null}
        onClose={() => setOpen(false)}
      >
        {target && <Panel key={target.cell} target={target} onClose={() => setOpen(false)} />}
      </Dialog>
    </Context>
  )
}

function Panel({ target, onClose }: { target: InspectTarget; onClose: () => void }) {
  const t = useT()
  const format = useFormat()
  const [saved, setSaved] = useState<Cohort | null>(null)
  const people = useInfiniteQuery(cellPeopleQuery(target.cell))
  const first = people.data?.pages[0]
  if (people.isError) return <Failed error={people.error} onRetry={() => void people.refetch()} />
  return (
    <div className="flex flex-col gap-5">
      <div>
        <p className="text-2xl font-semibold tabular-nums">
          {first ? t.people(format.number(first.total), first.total) : '…'}
        </p>
        {first && first.units !== first.total && first.units !== undefined && (
          <p className="text-sm text-ink2">{t.inspect.units(format.number(first.units))}</p>
        )}
      </div>
      {saved ? (
        <Saved cohort={saved} onLeave={onClose} />
      ) : (
        <SaveForm target={target} isEmpty={first?.total === 0} onSaved={setSaved} />
      )}
      <section aria-label={t.inspect.who} className="-mx-5 border-t border-line">
        <h3 className="px-5 pt-3 pb-1 text-sm font-semibold">{t.inspect.who}</h3>
        {!first ? (
          <SkeletonRows />
        ) : first.total === 0 ? (
          <p className="px-5 py-3 text-sm text-ink2">{t.inspect.noOne}</p>
        ) : (
          <ul>
            {people.data?.pages.flatMap(page =>
              page.people.map(it => (
                <li
                  key={`${it.person}-${it.entered_at}`}
                  className="flex items-baseline gap-3 px-5 py-1.5 hover:bg-bg"
                >
                  <PersonLine person={it} onLeave={onClose} />
                  {it.entered_at && (
                    <span className="shrink-0 text-xs text-ink3 tabular-nums">
                      {format.dateTime(it.entered_at)}
                    </span>
                  )}
                </li>
              )),
            )}
          </ul>
        )}
        <More
          label={t.common.more}
          hasMore={people.hasNextPage}
          isLoading={people.isFetchingNextPage}
          onMore={() => void people.fetchNextPage()}
        />
      </section>
    </div>
  )
}

function PersonLine({ person, onLeave }: { person: PersonRef; onLeave: () => void }) {
  return (
    <span className="min-w-0 flex-1">
      <RowLink
        to="/people/$id"
        params={{ id: person.external_id ?? person.person }}
        onClick={onLeave}
        className="block truncate text-sm"
      >
        {personLabel(person)}
      </RowLink>
      {person.name && person.email && (
        <span className="block truncate text-xs text-ink3">{person.email}</span>
      )}
    </span>
  )
}

interface SaveFormProps {
  target: InspectTarget
  isEmpty: boolean
  onSaved: (cohort: Cohort) => void
}

function SaveForm({ target, isEmpty, onSaved }: SaveFormProps) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [name, setName] = useState(target.name)
  const [kind, setKind] = useState<'live' | 'static'>('live')
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      const cohort = await saveCell(name.trim(), target.cell, kind === 'live')
      void queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey })
      onSaved(cohort)
    } catch (error) {
      toasts.fail(error)
      setBusy(false)
    }
  }
  return (
    <form
      aria-label={t.inspect.save}
      className="flex flex-col gap-3"
      onSubmit={event => {
        event.preventDefault()
        void save()
      }}
    >
      <TextField label={t.inspect.name} value={name} onChange={setName} />
      <RadioCards
        label={t.inspect.kind}
        hideLabel
        columns={2}
        value={kind}
        onChange={setKind}
        options={[
          { id: 'live', label: t.cohorts.kinds.live, note: t.inspect.liveNote },
          { id: 'static', label: t.cohorts.kinds.static, note: t.inspect.staticNote },
        ]}
      />
      <Button
        type="submit"
        look="primary"
        isDisabled={busy || isEmpty || name.trim() === ''}
        isPending={busy}
      >
        <UsersRound size={15} aria-hidden />
        {t.inspect.save}
      </Button>
    </form>
  )
}

function Saved({ cohort, onLeave }: { cohort: Cohort; onLeave: () => void }) {
  const t = useT()
  const format = useFormat()
  const next = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The button that saved is gone; the next step gets the keyboard, and Escape still closes the panel.
    next.current?.querySelector('a')?.focus()
  }, [])
  return (
    <div className="flex flex-col gap-3">
      <Notice tone="good">{t.inspect.saved(cohort.name, format.number(cohort.size))}</Notice>
      <div ref={next} className="grid gap-2">
        <LinkButton to="/campaigns/new" search={{ cohort: cohort.id }} look="primary" onClick={onLeave}>
          <Mail size={15} aria-hidden />
          {t.inspect.message}
        </LinkButton>
        <LinkButton to="/cohorts/$id" params={{ id: cohort.id }} onClick={onLeave}>
          {t.inspect.openCohort}
        </LinkButton>
      </div>
    </div>
  )
}

interface CellButtonProps extends Omit<InspectTarget, 'cell'> {
  cell: Cell | null | undefined
  children: ReactNode
  className?: string
}

/** A counted number; one with people behind it opens Inspect. */
export function CellButton({ cell, children, className, ...target }: CellButtonProps) {
  const inspect = useInspect()
  const token = cell?.cell
  if (!token || !cell.value) return <span className={cx('tabular-nums', className)}>{children}</span>
  return (
    <AriaButton
      onPress={() => inspect({ ...target, cell: token })}
      className={cx(
        'rounded-sm tabular-nums underline decoration-line2/60 decoration-dotted decoration-1 underline-offset-4 hover:text-accent hover:decoration-accent',
        className,
      )}
    >
      {children}
    </AriaButton>
  )
}
