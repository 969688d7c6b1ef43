/** Which refused events are shown, and what becomes of them: read again, or deleted. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { RotateCw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { deleteRefused, type QuarantineFilter, replayRefused, SPANS, type Span } from '~/api/data'
import { sourcesQuery } from '~/api/sources'
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

/** Stands for no choice. */
const ANY = 'any'

export function Filters({ reason, source, span, seen, onChange }: FiltersProps) {
  const t = useT()
  // Names of sources are asked for once somebody is about to choose one.
  const [isTouched, setTouched] = useState(source !== '')
  const { data: sources = [] } = useQuery({ ...sourcesQuery, enabled: isTouched, refetchInterval: false })
  const reasons = [...new Set([...Object.keys(t.rejections), ...seen.map(it => it.reason), reason])]
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done here, only made ready
    <div
      className="flex flex-wrap items-center gap-2 border-b border-line p-3"
      onPointerEnter={() => setTouched(true)}
      onFocus={() => setTouched(true)}
    >
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
        options={[
          { id: ANY, label: t.held.anySource },
          ...(source && !sources.some(it => it.id === source) ? [{ id: source, label: source }] : []),
          ...sources.map(it => ({ id: it.id, label: it.name })),
        ]}
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
  ids: string[]
  count: number
  isAll: boolean
  onSelectAll: (all: boolean) => void
  onDone: () => void
}

export function Actions({ filter, ids, count, isAll, onSelectAll, onDone }: ActionsProps) {
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
  const replay = async () => {
    setBusy(true)
    try {
      // Without a choice everything that passes the filters is meant.
      const done = await replayRefused(ids.length > 0 ? { ids } : { reason, source: filter.source })
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
        {ids.length > 0 ? t.held.selected(format.number(ids.length)) : format.number(count)}
      </span>
      <Button
        size="sm"
        // By time alone nothing is named that the server could replay.
        isDisabled={busy || (ids.length === 0 && filter.since !== undefined)}
        isPending={busy}
        onPress={() => void replay()}
      >
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
