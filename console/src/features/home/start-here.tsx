/** The loop in four steps, each linked to where it is done. */
import { useQuery } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import { campaignsQuery } from '~/api/campaigns'
import { eventsQuery } from '~/api/catalog'
import { cohortsQuery } from '~/api/cohorts'
import { useT } from '~/i18n'
import { funnelLink, segmentationLink } from '~/lib/charts'
import { RowLink } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Card } from '~/ui/page'

const ORDER = 'Order Completed'

export function StartHere() {
  const t = useT()
  const events = useQuery(eventsQuery)
  const cohorts = useQuery(cohortsQuery)
  const campaigns = useQuery(campaignsQuery)
  const launched = campaigns.data?.find(it => it.launched_at)
  const shop = ['Product Viewed', 'Product Added', ORDER]
  const hasShop = shop.every(name => events.data?.some(it => it.name === name))
  const steps = [
    {
      name: t.home.steps.funnel,
      note: t.home.steps.funnelNote,
      done: false,
      link: {
        to: '/explore/funnel' as const,
        search: hasShop ? { q: funnelLink({ steps: shop.map(event => ({ event })) }) } : {},
      },
    },
    {
      name: t.home.steps.cohort,
      note: t.home.steps.cohortNote,
      done: (cohorts.data?.length ?? 0) > 0,
      link: { to: '/cohorts' as const },
    },
    {
      name: t.home.steps.campaign,
      note: t.home.steps.campaignNote,
      done: launched !== undefined,
      link: { to: '/campaigns/new' as const },
    },
    {
      name: t.home.steps.results,
      note: t.home.steps.resultsNote,
      done: false,
      link: launched
        ? { to: '/campaigns/$id' as const, params: { id: launched.id } }
        : {
            to: '/explore/segmentation' as const,
            search: { q: segmentationLink({ series: [{ select: { any_event: true }, measure: 'people' }] }) },
          },
    },
  ]
  return (
    <Card title={t.home.start}>
      <ol className="flex flex-col gap-3">
        {steps.map((step, index) => (
          <li key={step.name} className="flex gap-3">
            <span
              aria-hidden
              className={cx(
                'mt-px grid size-5 shrink-0 place-items-center rounded-full text-xs font-semibold',
                step.done ? 'bg-good-bg text-good' : 'bg-sunken text-ink2',
              )}
            >
              {step.done ? <Check size={12} /> : index + 1}
            </span>
            <div className="min-w-0">
              <RowLink {...step.link} className="text-sm">
                {step.name}
              </RowLink>
              {step.done && <span className="sr-only">{t.home.doneStep}</span>}
              <p className="text-xs text-ink2">{step.note}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  )
}
