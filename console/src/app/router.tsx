/** Every page of the console, its address and its typed search parameters. */
import { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { Problem } from '~/api/problem'
import { sessionQuery } from '~/api/session'
import { SignInPage } from '~/features/session/sign-in-page'
import { RouteError } from './error-page'
import { NotFoundPage } from './not-found-page'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      retry: (count, error) =>
        count < 2 && (!(error instanceof Problem) || error.status === 0 || error.status >= 500),
    },
  },
})

/** Keeps the named search parameters that are texts. */
function texts<K extends string>(...keys: K[]) {
  return (search: Record<string, unknown>) => {
    const kept: Partial<Record<K, string>> = {}
    for (const key of keys) {
      const value = search[key]
      if (typeof value === 'string' && value !== '') kept[key] = value
    }
    return kept
  }
}

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: texts('to'),
  component: SignInPage,
})

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: lazyRouteComponent(() => import('./shell'), 'Shell'),
  errorComponent: RouteError,
  notFoundComponent: NotFoundPage,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery)
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        throw redirect({ to: '/signin', search: location.href === '/' ? {} : { to: location.href } })
      }
      throw error
    }
  },
})

const page = <P extends string>(path: P) => ({
  getParentRoute: () => shell,
  path,
  errorComponent: RouteError,
})

const pages = [
  createRoute({
    ...page('/'),
    component: lazyRouteComponent(() => import('~/features/home/home-page'), 'HomePage'),
  }),
  createRoute({
    ...page('/explore/funnel'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(() => import('~/features/charts/funnel/funnel-page'), 'FunnelPage'),
  }),
  createRoute({
    ...page('/explore/segmentation'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(
      () => import('~/features/charts/segmentation/segmentation-page'),
      'SegmentationPage',
    ),
  }),
  createRoute({
    ...page('/explore/retention'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(
      () => import('~/features/charts/retention/retention-page'),
      'RetentionPage',
    ),
  }),
  createRoute({
    ...page('/explore/lifecycle'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(
      () => import('~/features/charts/lifecycle/lifecycle-page'),
      'LifecyclePage',
    ),
  }),
  createRoute({
    ...page('/explore/stickiness'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(
      () => import('~/features/charts/stickiness/stickiness-page'),
      'StickinessPage',
    ),
  }),
  createRoute({
    ...page('/explore/usage_interval'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(() => import('~/features/charts/usage/usage-page'), 'UsagePage'),
  }),
  createRoute({
    ...page('/explore/sessions'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(() => import('~/features/charts/sessions/sessions-page'), 'SessionsPage'),
  }),
  createRoute({
    ...page('/explore/paths'),
    validateSearch: texts('q'),
    component: lazyRouteComponent(() => import('~/features/charts/paths/paths-page'), 'PathsPage'),
  }),
  createRoute({
    ...page('/cohorts'),
    validateSearch: texts('search'),
    component: lazyRouteComponent(() => import('~/features/cohorts/cohorts-page'), 'CohortsPage'),
  }),
  createRoute({
    ...page('/cohorts/new'),
    validateSearch: texts('from'),
    component: lazyRouteComponent(() => import('~/features/cohorts/new-cohort-page'), 'NewCohortPage'),
  }),
  createRoute({
    ...page('/cohorts/$id'),
    component: lazyRouteComponent(() => import('~/features/cohorts/cohort-page'), 'CohortPage'),
  }),
  createRoute({
    ...page('/people'),
    validateSearch: texts('search'),
    component: lazyRouteComponent(() => import('~/features/people/people-page'), 'PeoplePage'),
  }),
  createRoute({
    ...page('/people/$id'),
    validateSearch: texts('event', 'tab'),
    component: lazyRouteComponent(() => import('~/features/people/person-page'), 'PersonPage'),
  }),
  createRoute({
    ...page('/campaigns'),
    validateSearch: texts('search', 'state'),
    component: lazyRouteComponent(() => import('~/features/campaigns/campaigns-page'), 'CampaignsPage'),
  }),
  createRoute({
    ...page('/campaigns/$id'),
    validateSearch: texts('tab', 'state'),
    component: lazyRouteComponent(() => import('~/features/campaigns/report-page'), 'ReportPage'),
  }),
  createRoute({
    ...page('/events'),
    validateSearch: texts('search', 'event'),
    component: lazyRouteComponent(() => import('~/features/events/events-page'), 'EventsPage'),
  }),
  createRoute({
    ...page('/live'),
    validateSearch: texts('event', 'id', 'outcome'),
    component: lazyRouteComponent(() => import('~/features/live/live-page'), 'LivePage'),
  }),
  createRoute({
    ...page('/quarantine'),
    validateSearch: texts('reason', 'source', 'since'),
    component: lazyRouteComponent(() => import('~/features/quarantine/quarantine-page'), 'QuarantinePage'),
  }),
  createRoute({
    ...page('/imports'),
    validateSearch: texts('tab'),
    component: lazyRouteComponent(() => import('~/features/imports/imports-page'), 'ImportsPage'),
  }),
  createRoute({
    ...page('/imports/new'),
    component: lazyRouteComponent(() => import('~/features/imports/new-import-page'), 'NewImportPage'),
  }),
  createRoute({
    ...page('/imports/$id'),
    component: lazyRouteComponent(() => import('~/features/imports/import-page'), 'ImportPage'),
  }),
  createRoute({
    ...page('/lookups'),
    beforeLoad: () => {
      throw redirect({ to: '/imports', search: { tab: 'lookups' }, replace: true })
    },
  }),
  createRoute({
    ...page('/lookups/$name'),
    component: lazyRouteComponent(() => import('~/features/imports/lookup-page'), 'LookupPage'),
  }),
  createRoute({
    ...page('/plan'),
    validateSearch: texts('tab', 'search', 'event', 'status'),
    component: lazyRouteComponent(() => import('~/features/plan/plan-page'), 'PlanPage'),
  }),
  createRoute({
    ...page('/sources'),
    component: lazyRouteComponent(() => import('~/features/sources/sources-page'), 'SourcesPage'),
  }),
  createRoute({
    ...page('/sources/new'),
    validateSearch: texts('kind'),
    component: lazyRouteComponent(() => import('~/features/sources/new-source-page'), 'NewSourcePage'),
  }),
  createRoute({
    ...page('/sources/$id'),
    component: lazyRouteComponent(() => import('~/features/sources/source-page'), 'SourcePage'),
  }),
  createRoute({
    ...page('/warnings'),
    validateSearch: texts('since'),
    component: lazyRouteComponent(() => import('~/features/warnings/warnings-page'), 'WarningsPage'),
  }),
  createRoute({
    ...page('/inbox'),
    validateSearch: texts('message'),
    component: lazyRouteComponent(() => import('~/features/inbox/inbox-page'), 'InboxPage'),
  }),
  createRoute({
    ...page('/settings'),
    validateSearch: texts('tab'),
    component: lazyRouteComponent(() => import('~/features/settings/settings-page'), 'SettingsPage'),
  }),
  createRoute({ ...page('$'), component: NotFoundPage }),
] as const

// One component over both addresses: a new draft keeps its page when it gets its own address.
const editor = createRoute({
  getParentRoute: () => shell,
  id: 'editor',
  errorComponent: RouteError,
  component: lazyRouteComponent(() => import('~/features/campaigns/editor-page'), 'EditorPage'),
})
const editorPages = [
  createRoute({
    getParentRoute: () => editor,
    path: '/campaigns/new',
    validateSearch: texts('cohort', 'step'),
  }),
  createRoute({
    getParentRoute: () => editor,
    path: '/campaigns/$id/edit',
    validateSearch: texts('step'),
  }),
] as const

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren([...pages, editor.addChildren(editorPages)])]),
  context: { queryClient },
  // Every search parameter is a text, so the address reads as it was written: no JSON, no quotes.
  parseSearch: text => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: search => {
    const entries = Object.entries(search).filter(([, it]) => it !== undefined && it !== '')
    const text = new URLSearchParams(entries.map(([key, it]) => [key, String(it)])).toString()
    return text === '' ? '' : `?${text}`
  },
  defaultPreload: 'intent',
  // Data is cached by the query client; the router keeps none of its own.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
