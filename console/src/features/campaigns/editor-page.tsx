/** Writing a campaign: compose, audience, review, in any order; saved as it is written. */
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useRef } from 'react'
import { campaignQuery } from '~/api/campaigns'
import { cohortQuery } from '~/api/cohorts'
import { sessionQuery } from '~/api/session'
import type { Campaign } from '~/api/types'
import { useT } from '~/i18n'
import { CONTROL_DEFAULT, type EditorState, fromCampaign, isEditable, senderOf } from '~/lib/campaign-draft'
import { LinkButton } from '~/ui/button'
import { Page } from '~/ui/page'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { Editor } from './editor'

/** Stays mounted when a new draft gets its address, so that nobody loses the field they type in. */
export function EditorPage() {
  const { id } = useParams({ strict: false })
  const { cohort } = useSearch({ strict: false })
  const born = useRef<string | null>(null)
  if (id === undefined || id === born.current) {
    return (
      <NewCampaign
        cohort={cohort}
        onBorn={it => {
          born.current = it
        }}
      />
    )
  }
  return <EditCampaign key={id} id={id} />
}

function NewCampaign({ cohort, onBorn }: { cohort: string | undefined; onBorn: (id: string) => void }) {
  const t = useT()
  const first = useRef(cohort)
  const wanted = first.current
  const { data: session } = useSuspenseQuery(sessionQuery)
  const source = useQuery({ ...cohortQuery(wanted ?? ''), enabled: wanted !== undefined })
  if (wanted !== undefined && source.isPending) return <SkeletonRows />
  const domain = session.user.email.split('@')[1] ?? 'example.com'
  const start: EditorState = {
    name: source.data ? t.editor.nameFor(source.data.name) : t.editor.untitled,
    from: senderOf(session.workspace.name, domain),
    subject: '',
    preheader: '',
    html: t.editor.starter,
    audience: source.data ? { cohort: source.data.id } : null,
    control: CONTROL_DEFAULT,
    goal: null,
  }
  return <Editor start={start} onBorn={onBorn} />
}

function EditCampaign({ id }: { id: string }) {
  const t = useT()
  const {
    data: campaign,
    error,
    refetch,
  } = useQuery({ ...campaignQuery(id), staleTime: 0, refetchOnWindowFocus: false })
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!campaign) return <SkeletonRows />
  if (campaign.state !== 'draft' || !isEditable(campaign)) return <CannotEdit campaign={campaign} />
  return <Editor start={fromCampaign(campaign)} campaign={campaign} titleFallback={t.editor.untitled} />
}

function CannotEdit({ campaign }: { campaign: Campaign }) {
  const t = useT()
  return (
    <Page
      title={campaign.name}
      crumb={{ to: '/campaigns', label: t.campaigns.title }}
      actions={
        <LinkButton to="/campaigns/$id" params={{ id: campaign.id }}>
          {t.campaigns.report}
        </LinkButton>
      }
    >
      <Notice tone="plain">
        {campaign.state === 'draft' ? t.editor.severalVariants : t.editor.notDraft}
      </Notice>
    </Page>
  )
}
