/** What a page shows when it has nothing to show yet: loading, empty, failed. */

import { RefreshCw, ServerOff, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { asProblem, UNREACHABLE } from '~/api/problem'
import { useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Button } from './button'
import { cx } from './cx'

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx('skeleton after-delay rounded-md', className)} />
}

/** Grey lines in the place of a list. */
export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  const t = useT()
  return (
    <div role="status" className="flex flex-col gap-3 p-4">
      <span className="sr-only">{t.common.loading}</span>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <Skeleton key={index} className="h-5" />
      ))}
    </div>
  )
}

interface EmptyProps {
  icon: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
  className?: string
}

export function Empty({ icon, title, children, action, className }: EmptyProps) {
  return (
    <div className={cx('flex flex-col items-center justify-center px-6 py-14 text-center', className)}>
      <div className="mb-3 grid size-11 place-items-center rounded-xl bg-sunken text-ink3">{icon}</div>
      <h2 className="text-lg font-semibold">{title}</h2>
      {children && <div className="mt-1 max-w-xl text-sm text-ink2">{children}</div>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

interface FailedProps {
  error: unknown
  onRetry?: () => void
  className?: string
  /** What the reader calls the part of the question at a pointer such as `/steps/1`. */
  nameOf?: (pointer: string) => string | null
}

/** What went wrong in the reader's language, the server's own words, and what to do. */
export function Failed({ error, onRetry, className, nameOf }: FailedProps) {
  const t = useT()
  const problem = asProblem(error)
  const away = problem.code === UNREACHABLE
  // The detail of a problem with several parts repeats the first of them.
  const parts = problem.errors.length > 0 ? problem.errors : [{ pointer: undefined, detail: problem.detail }]
  return (
    <div role="alert" className={cx('flex flex-col items-center px-6 py-12 text-center', className)}>
      <div className="mb-3 grid size-11 place-items-center rounded-xl bg-bad-bg text-bad">
        {away ? <ServerOff size={20} aria-hidden /> : <TriangleAlert size={20} aria-hidden />}
      </div>
      <h2 className="text-lg font-semibold">{wordFor(t.problems, problem.code, problem.message)}</h2>
      {!away &&
        parts
          .filter(it => it.detail)
          .map(it => {
            const name = it.pointer ? (nameOf?.(it.pointer) ?? it.pointer) : null
            return (
              <p key={`${it.pointer}-${it.detail}`} className="mt-1 max-w-lg text-sm text-ink2">
                {name && <span className="font-medium text-ink">{name}: </span>}
                <span lang="en">{it.detail}</span>
              </p>
            )
          })}
      {problem.requestId && (
        <p className="mt-1 font-mono text-xs text-ink3">{t.common.requestId(problem.requestId)}</p>
      )}
      {onRetry && (
        <Button className="mt-4" onPress={onRetry}>
          <RefreshCw size={14} aria-hidden />
          {t.common.retry}
        </Button>
      )}
    </div>
  )
}

/** A complaint inside a form. */
export function Notice({
  tone,
  children,
  className,
}: {
  tone: 'bad' | 'warn' | 'good' | 'plain'
  children: ReactNode
  className?: string
}) {
  const tones = {
    bad: 'bg-bad-bg text-bad',
    warn: 'bg-warn-bg text-warn',
    good: 'bg-good-bg text-good',
    plain: 'bg-sunken text-ink2',
  }
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={cx('rounded-md px-3 py-2 text-sm', tones[tone], className)}
    >
      {children}
    </div>
  )
}
