/** The frame of a page: its heading, its actions, its cards. */
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { cx } from './cx'

interface PageProps {
  title: string
  /** Shown instead of the title as text, for example a field. */
  heading?: ReactNode
  crumb?: { to: string; search?: Record<string, string>; label: string }
  intro?: ReactNode
  actions?: ReactNode
  children: ReactNode
  /** Charts and editors use the whole width. */
  wide?: boolean
}

export function Page({ title, heading, crumb, intro, actions, children, wide }: PageProps) {
  useTitle(title)
  return (
    <div className={cx('mx-auto w-full px-4 py-5 sm:px-6', wide ? 'max-w-[1600px]' : 'max-w-[1200px]')}>
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-72">
          {crumb && (
            <nav className="mb-0.5 flex items-center gap-1 text-xs text-ink3">
              <Link
                to={crumb.to}
                search={crumb.search ?? {}}
                className="rounded-sm hover:text-ink hover:underline"
              >
                {crumb.label}
              </Link>
              <ChevronRight size={12} aria-hidden />
            </nav>
          )}
          {heading ?? <h1 className="text-xl font-semibold">{title}</h1>}
          {intro && <p className="mt-0.5 max-w-2xl text-sm text-ink2">{intro}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** The document's title, read first by a screen reader after a page change. */
export function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Gyre`
  }, [title])
}

interface CardProps {
  title?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
  /** The content brings its own padding, as tables do. */
  flush?: boolean
}

export function Card({ title, actions, children, className, flush }: CardProps) {
  return (
    <section className={cx('min-w-0 rounded-xl border border-line bg-surface', className)}>
      {title && (
        <header className="flex min-h-12 items-center justify-between gap-3 px-4 pt-2 pb-1">
          <h2 className="text-base font-semibold">{title}</h2>
          {actions && <div className="flex items-center gap-1.5">{actions}</div>}
        </header>
      )}
      <div className={cx(!flush && 'px-4 pb-4', !flush && !title && 'pt-4')}>{children}</div>
    </section>
  )
}

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad'
const TONES: Record<Tone, string> = {
  neutral: 'bg-sunken text-ink2',
  accent: 'bg-accent-bg text-accent dark:text-ink',
  good: 'bg-good-bg text-good',
  warn: 'bg-warn-bg text-warn',
  bad: 'bg-bad-bg text-bad',
}

export function Badge({
  tone = 'neutral',
  children,
  pulse,
}: {
  tone?: Tone
  children: ReactNode
  pulse?: boolean
}) {
  return (
    <span
      className={cx(
        'inline-flex items-center gap-1.5 rounded px-1.5 text-xs leading-5 font-medium whitespace-nowrap',
        TONES[tone],
      )}
    >
      {pulse && <span aria-hidden className="size-1.5 animate-pulse rounded-full bg-current" />}
      {children}
    </span>
  )
}

/** Name and value pairs. */
export function Facts({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(6rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {items.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-ink3">{name}</dt>
          <dd className="min-w-0 break-words text-ink">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
