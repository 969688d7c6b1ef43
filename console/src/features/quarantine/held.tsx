/** Which refused events are shown, and what becomes of them: read again, or deleted. */
import { useQueryClient } from '@tanstack/react-query'
import { RotateCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import {
  deleteRefused,
  type QuarantineFilter,
  type Refused,
  replayRefused,
  SPANS,
  type Span,
} from '~/api/data'
import type { Rejection } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Button } from '~/ui/button'
import { TickBox } from '~/ui/check'
import { Confirm } from '~/ui/dialog'
import { Select } from '~/ui/select'
import { useToasts } from '~/ui/toast'

interface FiltersProps {
  reason: string
  source: string
  span: Span
  /** What is on the page: its reasons are offered too. */
  seen: Rejection[]
  onChange: (part: { reason?: string; source?: string; since?: string }) => void
}

/** How events arrive: the dialects of the server. */
const DIALECTS = [
  'gyre',
  'amplitude',
  'segment',
  'posthog',
  'mixpanel',
  'braze',
  'snowplow',
  'jitsu',
  'webhook',
]

/** Stands for no choice. */
const ANY = 'any'

export function Filters({ reason, source, span, seen, onChange }: FiltersProps) {
  const t = useT()
  const dialects = [...new Set([...DIALECTS, ...seen.map(it => it.dialect), source])].filter(it => it !== '')
  const reasons = [...new Set([...Object.keys(t.rejections), ...seen.map(it => it.reason), reason])]
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
      <Select
        label={t.held.reason}
        hideLabel
        value={reason || ANY}
        onChange={it => onChange({ reason: it === ANY ? undefined : it })}
        options={[
          { id: ANY, label: t.held.anyReason },
          ...reasons
            .filter(it => it !== '')
            .map(it => ({ id: it, label: wordFor<string>(t.rejections, it, it), note: it })),
        ]}
      />
      <Select
        label={t.held.source}
        hideLabel
        value={source || ANY}
        onChange={it => onChange({ source: it === ANY ? undefined : it })}
        options={[{ id: ANY, label: t.held.anySource }, ...dialects.map(it => ({ id: it, label: it }))]}
      />
      <Select
        label={t.held.since}
        hideLabel
        value={span}
        onChange={it => onChange({ since: it === 'all' ? undefined : it })}
        options={SPANS.map(it => ({ id: it, label: t.held.spans[it] }))}
      />
    </div>
  )
}

interface ActionsProps {
  filter: QuarantineFilter
  /** Those that are ticked. */
  ids: string[]
  /** All on the page. */
  shown: string[]
  isAll: boolean
  onSelectAll: (all: boolean) => void
  onDone: () => void
}

export function Actions({ filter, ids, shown, isAll, onSelectAll, onDone }: ActionsProps) {
  const t = useT()
  const format = useFormat()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [isDeleting, setDeleting] = useState(false)
  const [busy, setBusy] = useState(false)
  const { reason } = filter
  const refresh = async () => {
    onDone()
    await queryClient.invalidateQueries({ queryKey: ['quarantine'] })
  }
  // Without a choice everything that passes the filters is meant; time is none that the server replays by.
  const meant = (): Refused => {
    if (ids.length > 0) return { ids }
    const isNamed = (reason || filter.source) && filter.since === undefined
    return isNamed ? { reason, source: filter.source } : { ids: shown }
  }
  const replay = async () => {
    setBusy(true)
    try {
      const done = await replayRefused(meant())
      const [n, ok, bad] = [done.replayed, done.accepted, done.still_refused].map(it => format.number(it))
      toasts.say(t.held.replayed(n ?? '', ok ?? '', bad ?? ''))
      await refresh()
    } catch (error) {
      toasts.fail(error)
    } finally {
      setBusy(false)
    }
  }
  const remove = async () => {
    try {
      await deleteRefused(ids.length > 0 ? { ids } : { reason: reason ?? '' })
    } catch (error) {
      toasts.fail(error)
      throw error
    }
    toasts.say(t.held.removed)
    await refresh()
  }
  const reasonName = reason ? wordFor<string>(t.rejections, reason, reason) : ''
  return (
    <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2">
      <TickBox
        label={t.plan.selectAll}
        isSelected={isAll}
        isIndeterminate={ids.length > 0 && !isAll}
        onChange={onSelectAll}
      />
      <span role="status" className="min-w-24 text-sm text-ink2 tabular-nums">
        {ids.length > 0 ? t.held.selected(format.number(ids.length)) : format.number(shown.length)}
      </span>
      <Button size="sm" isDisabled={busy} isPending={busy} onPress={() => void replay()}>
        <RotateCw size={14} aria-hidden />
        {ids.length > 0 ? t.held.replay : t.held.replayAll}
      </Button>
      <Button
        size="sm"
        look="danger"
        isDisabled={
          ids.length === 0 && (!reason || filter.source !== undefined || filter.since !== undefined)
        }
        onPress={() => setDeleting(true)}
      >
        <Trash2 size={14} aria-hidden />
        {t.held.remove}
      </Button>
      <span className="text-xs text-ink3 max-md:hidden">{t.held.replayNote}</span>
      <Confirm
        isDanger
        isOpen={isDeleting}
        title={
          ids.length > 0
            ? t.held.removeTitle(format.number(ids.length))
            : t.held.removeReasonTitle(reasonName)
        }
        body={t.held.removeBody}
        action={t.held.remove}
        onClose={() => setDeleting(false)}
        onConfirm={remove}
      />
    </div>
  )
}
