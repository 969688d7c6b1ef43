/** The navigation: every place of the console, the current one marked. */
import { Link } from '@tanstack/react-router'
import { useT } from '~/i18n'
import { cx } from '~/ui/cx'
import { Mark } from '~/ui/mark'
import { usePlaceGroups } from './places'

export function Rail({ features, isExpanded }: { features: { inbox: boolean }; isExpanded?: boolean }) {
  const t = useT()
  const groups = usePlaceGroups(features)
  const words = isExpanded ? '' : 'max-lg:sr-only'
  return (
    <nav aria-label={t.shell.navigation} className="flex h-full flex-col overflow-y-auto px-2 pb-3">
      {!isExpanded && (
        <Link
          to="/"
          aria-label="Gyre"
          className="flex h-12 items-center gap-2.5 rounded-md px-2 focus-visible:-outline-offset-2"
        >
          <Mark />
          <span className="text-lg font-bold tracking-tight max-lg:hidden">Gyre</span>
        </Link>
      )}
      {groups.map(group => (
        <div key={group.name ?? group.places[0]?.to} className="mt-3 first-of-type:mt-1">
          {group.name && (
            <h2 className={cx('px-2 pb-1 text-xs font-medium text-ink3', words)}>{group.name}</h2>
          )}
          <ul className="flex flex-col gap-0.5">
            {group.places.map(it => (
              <li key={it.to}>
                <Link
                  to={it.to}
                  activeOptions={{ exact: it.exact ?? false, includeSearch: false }}
                  title={it.label}
                  className={cx(
                    'flex h-8 items-center gap-2.5 rounded-md px-2 text-sm',
                    !isExpanded && 'max-lg:justify-center',
                  )}
                  activeProps={{
                    className: 'bg-accent-bg font-semibold text-accent dark:text-ink',
                    'aria-current': 'page',
                  }}
                  inactiveProps={{ className: 'text-ink2 hover:bg-sunken hover:text-ink' }}
                >
                  {it.icon}
                  <span className={cx('truncate', words)}>{it.label}</span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
