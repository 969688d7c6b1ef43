/** Why a message was sent or not: every step of it, oldest first. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { messageQuery } from '~/api/campaigns'
import type { LedgerRow } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Dialog } from '~/ui/dialog'
import { Failed, SkeletonRows } from '~/ui/state'
import { MessageState } from './message-state'

/** The state of a message; pressed, it tells how it came to be. */
export function MessageStateButton({ row }: { row: LedgerRow }) {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  const who = row.external_id ?? row.person
  return (
    <>
      <AriaButton
        aria-haspopup="dialog"
        onPress={() => setOpen(true)}
        className="rounded-sm text-left hover:brightness-95 dark:hover:brightness-125"
      >
        <MessageState state={row.state} reason={row.reason} />
      </AriaButton>
      <Dialog
        title={t.campaigns.why}
        subtitle={t.campaigns.whyFor(who)}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
      >
        <Steps id={row.message_id} />
      </Dialog>
    </>
  )
}

function Steps({ id }: { id: string }) {
  const t = useT()
  const format = useFormat()
  const { data, error, refetch } = useQuery(messageQuery(id))
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows rows={4} />
  if (data.timeline.length === 0) return <p className="text-sm text-ink2">{t.campaigns.noSteps}</p>
  return (
    <ol className="flex flex-col gap-3 border-l border-line pl-4">
      {data.timeline.map(it => (
        <li key={`${it.at}-${it.verb}`} className="relative">
          <span aria-hidden className="absolute top-1.5 -left-[21px] size-2.5 rounded-full bg-accent" />
          <p className="text-sm font-medium">{wordFor(t.verbs, it.verb, it.verb)}</p>
          {it.reason && <p className="text-sm text-ink2">{wordFor(t.reasons, it.reason, it.reason)}</p>}
          <p className="text-xs text-ink3 tabular-nums">
            {format.date(it.at)} {format.time(it.at)}
          </p>
        </li>
      ))}
    </ol>
  )
}
