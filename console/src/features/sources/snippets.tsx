/** The first lines for each SDK with the key in place, and whether an event has come. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { CircleCheck, LoaderCircle } from 'lucide-react'
import { useState } from 'react'
import { sessionQuery } from '~/api/session'
import type { SourceHealth } from '~/api/sources'
import { useFormat, useT } from '~/i18n'
import { SNIPPETS } from '~/lib/snippets'
import { LinkButton } from '~/ui/button'
import { CodeBlock } from '~/ui/copyable'
import { Select } from '~/ui/select'

/** Stands where the key goes while nobody knows it. */
const NO_KEY = 'YOUR_WRITE_KEY'

export function Snippets({ secret }: { secret: string | null }) {
  const t = useT()
  const { data: session } = useSuspenseQuery(sessionQuery)
  const [id, setId] = useState(SNIPPETS[0]?.id ?? '')
  const chosen = SNIPPETS.find(it => it.id === id) ?? SNIPPETS[0]
  if (!chosen) return null
  const url = session.public_url.replace(/\/$/, '')
  return (
    <div className="flex flex-col gap-3">
      <Select
        label={t.sources.sdk}
        value={chosen.id}
        onChange={setId}
        className="max-w-72"
        options={SNIPPETS.map(it => ({ id: it.id, label: it.name }))}
      />
      {chosen.install && <CodeBlock label={t.sources.install} text={chosen.install} />}
      <CodeBlock label={t.sources.copyCode} text={chosen.code(url, secret ?? NO_KEY)} />
      <p className="text-xs text-ink3">{t.sources.manual}</p>
    </div>
  )
}

interface WaitingProps {
  health: SourceHealth | undefined
  /** The source was made on this page: what comes now is its first. */
  isNew?: boolean
}

export function Waiting({ health, isNew }: WaitingProps) {
  const t = useT()
  const format = useFormat()
  const last = health?.last_event_at ?? null
  return (
    <div
      role="status"
      className={`flex flex-wrap items-center gap-3 rounded-lg border px-4 py-3 text-sm ${
        last ? 'border-good/50 bg-good-bg text-good' : 'border-line bg-bg text-ink2'
      }`}
    >
      {last ? (
        <CircleCheck size={18} aria-hidden className="shrink-0" />
      ) : (
        <LoaderCircle size={18} aria-hidden className="shrink-0 animate-spin motion-reduce:animate-none" />
      )}
      <span className="min-w-0 flex-1">
        <span className="font-medium">
          {last
            ? isNew
              ? t.sources.arrived(format.time(last))
              : t.sources.newest(format.ago(last))
            : t.sources.waiting}
        </span>
        {!last && <span className="block text-xs text-ink3">{t.sources.waitingHint}</span>}
      </span>
      {last && (
        <LinkButton to="/live" size="sm">
          {t.sources.seeLive}
        </LinkButton>
      )}
    </div>
  )
}
