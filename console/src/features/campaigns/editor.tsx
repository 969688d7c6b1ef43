/** The editor's frame: steps, save state, test send, launch. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Check, Send, Trash2 } from 'lucide-react'
import { useRef, useState } from 'react'
import { actOnCampaign, campaignsQuery, deleteCampaign } from '~/api/campaigns'
import type { Campaign } from '~/api/types'
import { useT } from '~/i18n'
import {
  type EditorState,
  messageOf,
  missing as missingOf,
  STEPS,
  type Step,
  stepOf,
  toMessage,
} from '~/lib/campaign-draft'
import { Button, IconButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Confirm } from '~/ui/dialog'
import { Page } from '~/ui/page'
import { useToasts } from '~/ui/toast'
import { AudienceStep } from './audience-step'
import { ComposeStep } from './compose-step'
import { Preview } from './preview'
import { ReviewStep } from './review-step'
import { TestSend } from './test-send'
import { type SaveState, useDraft } from './use-draft'

interface EditorProps {
  start: EditorState
  campaign?: Campaign
  titleFallback?: string
  onBorn?: (id: string) => void
}

export function Editor({ start, campaign, onBorn }: EditorProps) {
  const t = useT()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const search = useSearch({ strict: false })
  const step: Step = STEPS.find(it => it === search.step) ?? 'compose'
  const [state, setState] = useState(start)
  const { id, save, saveState, problem } = useDraft({ state, campaign, onBorn })
  const [isTesting, setTesting] = useState(false)
  const [isDeleting, setDeleting] = useState(false)
  const seen = useRef(new Set<Step>())
  const missing = missingOf(state)
  const change = (part: Partial<EditorState>) => setState(it => ({ ...it, ...part }))
  const go = (next: Step) => {
    seen.current.add(step)
    void navigate({
      to: '.',
      search: it => ({ ...it, step: next === 'compose' ? undefined : next }),
    })
  }
  // A field is called missing only after its step was left, or at the review.
  const complained = missing.filter(it => step === 'review' || seen.current.has(stepOf(it)))

  const launch = async () => {
    try {
      const saved = await save()
      if (saved === null) return
      await actOnCampaign(saved, 'launch')
      void queryClient.invalidateQueries({ queryKey: campaignsQuery.queryKey })
      await navigate({ to: '/campaigns/$id', params: { id: saved } })
    } catch (error) {
      toasts.fail(error)
      throw error
    }
  }
  const next = STEPS[STEPS.indexOf(step) + 1]
  const message = toMessage(state, messageOf(campaign))
  return (
    <Page
      wide
      title={state.name.trim() || t.editor.untitled}
      crumb={{ to: '/campaigns', label: t.campaigns.title }}
      heading={
        <div className="flex flex-wrap items-baseline gap-x-3">
          <h1 className="text-xl font-semibold break-words">{state.name.trim() || t.editor.untitled}</h1>
          <SaveNote state={saveState} />
        </div>
      }
      actions={
        <>
          {id && (
            <IconButton label={t.editor.deleteDraft} onPress={() => setDeleting(true)}>
              <Trash2 size={15} aria-hidden />
            </IconButton>
          )}
          <Button onPress={() => setTesting(true)} isDisabled={missing.some(it => stepOf(it) === 'compose')}>
            <Send size={14} aria-hidden />
            {t.editor.test}
          </Button>
          {next && (
            <Button look="primary" onPress={() => go(next)}>
              {t.editor.continueTo(t.editor.steps[next])}
            </Button>
          )}
        </>
      }
    >
      <Steps step={step} missing={missing} onStep={go} />
      <div
        className={cx(
          'grid grid-cols-[minmax(0,1fr)] items-start gap-4',
          step === 'audience' ? 'max-w-4xl' : 'xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]',
        )}
      >
        {step === 'compose' && (
          <ComposeStep state={state} change={change} problem={problem} missing={complained} />
        )}
        {step === 'audience' && <AudienceStep state={state} change={change} missing={complained} />}
        {step === 'review' && <ReviewStep state={state} missing={missing} onStep={go} onLaunch={launch} />}
        {step !== 'audience' && (
          <div className="xl:sticky xl:top-16">
            <Preview message={message} audience={state.audience} />
          </div>
        )}
      </div>
      {isTesting && <TestSend audience={state.audience} onSave={save} onClose={() => setTesting(false)} />}
      <Confirm
        isDanger
        isOpen={isDeleting}
        title={t.editor.deleteTitle}
        body={t.editor.deleteBody}
        action={t.common.delete}
        onClose={() => setDeleting(false)}
        onConfirm={async () => {
          if (!id) return
          try {
            await deleteCampaign(id)
          } catch (error) {
            toasts.fail(error)
            throw error
          }
          void queryClient.invalidateQueries({ queryKey: campaignsQuery.queryKey })
          await navigate({ to: '/campaigns' })
        }}
      />
    </Page>
  )
}

function SaveNote({ state }: { state: SaveState }) {
  const t = useT()
  return (
    <p role="status" className={cx('text-xs', state === 'failed' ? 'font-medium text-bad' : 'text-ink3')}>
      {t.editor.saveStates[state]}
    </p>
  )
}

function Steps({
  step,
  missing,
  onStep,
}: {
  step: Step
  missing: ReturnType<typeof missingOf>
  onStep: (step: Step) => void
}) {
  const t = useT()
  return (
    <nav aria-label={t.editor.stepsLabel} className="mb-4 border-b border-line">
      <ol className="flex gap-1">
        {STEPS.map((it, index) => {
          const open = missing.filter(field => stepOf(field) === it).length
          const isDone = it !== 'review' && open === 0
          return (
            <li key={it}>
              <button
                type="button"
                aria-current={it === step ? 'step' : undefined}
                onClick={() => onStep(it)}
                className={cx(
                  '-mb-px flex h-10 items-center gap-2 rounded-t-md border-b-2 px-3 text-sm focus-visible:-outline-offset-2 max-sm:px-2',
                  it === step
                    ? 'border-accent font-semibold text-ink'
                    : 'border-transparent text-ink2 hover:text-ink',
                )}
              >
                <span
                  aria-hidden
                  className={cx(
                    'grid size-5 place-items-center rounded-full text-xs font-semibold',
                    isDone
                      ? 'bg-good-bg text-good'
                      : it === step
                        ? 'bg-accent text-on-accent'
                        : 'bg-sunken text-ink2',
                  )}
                >
                  {isDone ? <Check size={12} /> : index + 1}
                </span>
                {t.editor.steps[it]}
                {it !== 'review' && open > 0 && (
                  <span className="text-xs font-normal text-ink3 max-sm:sr-only">
                    {t.editor.openFields(open)}
                  </span>
                )}
              </button>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
