/** Everything on one page before it leaves. */
import { useQuery } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, Rocket } from 'lucide-react'
import { useState } from 'react'
import { previewAudience } from '~/api/cohorts'
import { describeAudience, describeSelector, useWords } from '~/builder/describe'
import { useFormat, useT } from '~/i18n'
import { cohortOf, EVERYONE, isEveryone } from '~/lib/audience'
import { type EditorState, type Missing, type Step, stepOf } from '~/lib/campaign-draft'
import { isPlaceholder, linksOf } from '~/lib/mail-links'
import { Button } from '~/ui/button'
import { Confirm } from '~/ui/dialog'
import { Card } from '~/ui/page'
import { Notice } from '~/ui/state'

interface ReviewProps {
  state: EditorState
  missing: readonly Missing[]
  onStep: (step: Step) => void
  onLaunch: () => Promise<void>
}

/** Sends above this size are confirmed by typing their number. */
const TYPED_ABOVE = 1_000
/** In characters; mail programs cut what is longer. */
const SUBJECT_LONG = 80

export function ReviewStep({ state, missing, onStep, onLaunch }: ReviewProps) {
  const t = useT()
  const format = useFormat()
  const words = useWords()
  const [asking, setAsking] = useState(false)
  const { data } = useQuery({
    ...previewAudience(state.audience ?? EVERYONE),
    enabled: state.audience !== null,
  })
  const size = data?.size ?? 0
  const reachable = data?.reachable.email ?? 0
  const held = Math.round((reachable * state.control) / 10_000)
  const cohort = state.audience ? cohortOf(state.audience) : null
  const to =
    state.audience === null
      ? '–'
      : cohort
        ? words.cohortName(cohort)
        : isEveryone(state.audience)
          ? t.editor.toEveryone
          : describeAudience(state.audience, words)
  const rows: { name: string; value: string; step: Step }[] = [
    { name: t.editor.from, value: state.from || '–', step: 'compose' },
    { name: t.editor.subject, value: state.subject || '–', step: 'compose' },
    {
      name: t.editor.audience,
      value: data ? t.editor.toWhom(to, format.number(size)) : to,
      step: 'audience',
    },
    {
      name: t.editor.reachable,
      value: data ? t.people(format.number(reachable), reachable) : '…',
      step: 'audience',
    },
    {
      name: t.editor.control,
      value:
        state.control > 0
          ? t.editor.controlShare(format.percent(state.control / 10_000), format.number(held))
          : t.editor.noControl,
      step: 'audience',
    },
    {
      name: t.editor.goal,
      value: state.goal
        ? t.editor.goalSummary(
            describeSelector(state.goal.select, words),
            t.duration(state.goal.within.n, state.goal.within.unit),
          )
        : t.editor.noGoal,
      step: 'audience',
    },
  ]
  const links = linksOf(state.html)
  const checks: { id: keyof typeof t.editor.checked; ok: boolean }[] = [
    { id: 'link', ok: links.length > 0 },
    { id: 'realLinks', ok: !links.some(isPlaceholder) },
    { id: 'subject', ok: state.subject.length > 0 && state.subject.length <= SUBJECT_LONG },
    { id: 'reach', ok: reachable > 0 },
  ]
  return (
    <div className="flex flex-col gap-4">
      {missing.length > 0 && (
        <Notice tone="warn">
          <p className="font-semibold">{t.editor.stillMissing}</p>
          <ul className="mt-1 flex flex-col items-start gap-0.5">
            {missing.map(it => (
              <li key={it}>
                <button
                  type="button"
                  className="min-h-7 rounded-sm underline underline-offset-2"
                  onClick={() => onStep(stepOf(it))}
                >
                  {t.editor.missing[it]}
                </button>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <Card title={t.editor.summary}>
        <dl className="divide-y divide-line text-sm">
          {rows.map(it => (
            <div key={it.name} className="flex items-baseline gap-4 py-2">
              <dt className="w-32 shrink-0 text-ink3">{it.name}</dt>
              <dd className="min-w-0 flex-1 break-words">{it.value}</dd>
              <dd>
                <Button
                  size="sm"
                  look="ghost"
                  aria-label={t.editor.editField(it.name)}
                  onPress={() => onStep(it.step)}
                >
                  {t.common.edit}
                </Button>
              </dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title={t.editor.checks}>
        <ul className="flex flex-col gap-1.5 text-sm">
          {checks.map(it => (
            <li key={it.id} className="flex items-start gap-2">
              {it.ok ? (
                <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-good" />
              ) : (
                <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-warn" />
              )}
              <span>
                {it.ok ? t.editor.checked[it.id] : t.editor.toCheck[it.id]}{' '}
                <span className="sr-only">{it.ok ? t.editor.checkPassed : t.editor.checkOpen}</span>
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <div className="flex items-center justify-end gap-3">
        {missing.length === 0 && data && (
          <p className="text-sm text-ink2">{t.editor.goesTo(format.number(Math.max(reachable - held, 0)))}</p>
        )}
        <Button
          look="primary"
          className="h-10 px-5"
          isDisabled={missing.length > 0 || !data}
          onPress={() => setAsking(true)}
        >
          <Rocket size={16} aria-hidden />
          {t.editor.launch}
        </Button>
      </div>
      <Confirm
        isOpen={asking}
        title={t.editor.launchTitle}
        body={
          <>
            <p>{t.editor.launchBody(state.name, to, format.number(size))}</p>
            {held > 0 && <p className="mt-2">{t.editor.launchControl(format.number(held))}</p>}
          </>
        }
        action={t.editor.launchNow}
        typed={
          size > TYPED_ABOVE
            ? { label: t.editor.typeCount(format.number(size)), text: String(size) }
            : undefined
        }
        onClose={() => setAsking(false)}
        onConfirm={onLaunch}
      />
    </div>
  )
}
