/** The tracking plan: events and properties as they are, as they should be, and what lies between. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useT } from '~/i18n'
import { cx } from '~/ui/cx'
import { Page } from '~/ui/page'
import { EventsTab } from './events-tab'
import { PropertiesTab } from './properties-tab'
import { SchemasTab } from './schemas-tab'
import { VersionsTab } from './versions-tab'
import { ViolationsTab } from './violations-tab'

const TABS = ['events', 'properties', 'schemas', 'violations', 'versions'] as const
type Tab = (typeof TABS)[number]

export function PlanPage() {
  const t = useT()
  const search = useSearch({ from: '/shell/plan' })
  const navigate = useNavigate()
  const tab: Tab = TABS.find(it => it === search.tab) ?? 'events'
  const set = (part: Record<string, string | undefined>) => {
    const kept = Object.entries({ ...search, ...part }).filter(([, it]) => it)
    void navigate({ to: '.', search: Object.fromEntries(kept), replace: true })
  }
  return (
    <Page wide title={t.plan.title} intro={t.plan.intro}>
      <nav aria-label={t.plan.tabsLabel} className="-mx-4 mb-4 overflow-x-auto px-4 sm:-mx-6 sm:px-6">
        <ul className="flex min-w-max gap-1 border-b border-line">
          {TABS.map(it => (
            <li key={it}>
              <Link
                to="/plan"
                search={it === 'events' ? {} : { tab: it }}
                aria-current={it === tab ? 'page' : undefined}
                className={cx(
                  'block border-b-2 px-2.5 py-1.5 text-sm whitespace-nowrap focus-visible:-outline-offset-2',
                  it === tab
                    ? 'border-accent font-semibold text-ink'
                    : 'border-transparent text-ink2 hover:border-line2 hover:text-ink',
                )}
              >
                {t.plan.tabs[it]}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      {tab === 'events' && (
        <EventsTab
          search={search.search ?? ''}
          status={search.status ?? ''}
          event={search.event}
          onChange={set}
        />
      )}
      {tab === 'properties' && (
        <PropertiesTab search={search.search ?? ''} event={search.event} onChange={set} />
      )}
      {tab === 'schemas' && <SchemasTab event={search.event} onChange={set} />}
      {tab === 'violations' && <ViolationsTab />}
      {tab === 'versions' && <VersionsTab />}
    </Page>
  )
}
