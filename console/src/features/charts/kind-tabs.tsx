/** The kinds of charts as links: events, conditions and days go along. */
import { Link } from '@tanstack/react-router'
import { useLayoutEffect, useRef } from 'react'
import type { ChartKind } from '~/api/types'
import { useT } from '~/i18n'
import { CHART_KINDS, CHART_PATHS, linkTo, type Question } from '~/lib/chart-switch'
import { cx } from '~/ui/cx'

export function KindTabs({ kind, question }: { kind: ChartKind; question: Question }) {
  const t = useT()
  const nav = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    // On a phone the current one may stand beyond the edge.
    const [box, current] = [nav.current, nav.current?.querySelector<HTMLElement>(`[data-kind="${kind}"]`)]
    if (box && current) box.scrollLeft = current.offsetLeft - (box.clientWidth - current.offsetWidth) / 2
  }, [kind])
  return (
    <nav
      ref={nav}
      aria-label={t.explore.kinds}
      className="relative -mx-4 mb-4 overflow-x-auto px-4 sm:-mx-6 sm:px-6"
    >
      <ul className="flex min-w-max gap-1 border-b border-line">
        {CHART_KINDS.map(it => {
          const isCurrent = it === kind
          return (
            <li key={it} data-kind={it}>
              <Link
                to={CHART_PATHS[it]}
                search={search(it, question)}
                activeOptions={{ includeSearch: false }}
                aria-current={isCurrent ? 'page' : undefined}
                className={cx(
                  'block border-b-2 px-2.5 py-1.5 text-sm whitespace-nowrap focus-visible:-outline-offset-2',
                  isCurrent
                    ? 'border-accent font-semibold text-ink'
                    : 'border-transparent text-ink2 hover:border-line2 hover:text-ink',
                )}
              >
                {t.explore.kindNames[it]}
              </Link>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

function search(kind: ChartKind, question: Question) {
  const q = linkTo(kind, question)
  return q ? { q } : {}
}
