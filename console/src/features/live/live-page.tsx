/** Events as they arrive: for whoever sets up an SDK and asks where the event is. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Pause, Play, Radio } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { type LiveFilter, useLiveEvents } from '~/api/live'
import type { LiveEvent, LiveOutcome } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Button, LinkButton } from '~/ui/button'
import { useDebounced } from '~/ui/debounce'
import { Dialog } from '~/ui/dialog'
import { SearchField } from '~/ui/field'
import { Badge, Card, Facts, Page, type Tone } from '~/ui/page'
import { Source } from '~/ui/scroll'
import { useSearchText } from '~/ui/search-text'
import { Select } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

const TONES: Record<LiveOutcome, Tone> = { accepted: 'good', repeated: 'neutral', rejected: 'warn' }
const OUTCOMES: readonly LiveOutcome[] = ['accepted', 'repeated', 'rejected']

export function LivePage() {
  const t = useT()
  const navigate = useNavigate()
  const search = useSearch({ from: '/shell/live' })
  const [isPaused, setPaused] = useState(false)
  const [chosen, setChosen] = useState<LiveEvent | null>(null)
  const outcome = OUTCOMES.find(it => it === search.outcome) ?? ''
  const filter: LiveFilter = {
    event: useDebounced(search.event ?? '', 300),
    id: useDebounced(search.id ?? '', 300),
    outcome,
  }
  const { events, error, retry } = useLiveEvents(filter, isPaused)
  const change = (it: { event?: string; id?: string; outcome?: string }) => {
    const all = { event: search.event, id: search.id, outcome: search.outcome, ...it }
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value))
    void navigate({ to: '.', search: kept, replace: true })
  }
  const isFiltered = filter.event !== '' || filter.id !== '' || outcome !== ''
  return (
    <Page
      title={t.live.title}
      intro={t.live.intro}
      actions={
        <>
          <span role="status" className="text-sm text-ink2">
            {isPaused ? t.live.paused : error ? '' : t.live.listening}
          </span>
          <Button onPress={() => setPaused(!isPaused)}>
            {isPaused ? <Play size={14} aria-hidden /> : <Pause size={14} aria-hidden />}
            {isPaused ? t.live.resume : t.live.pause}
          </Button>
        </>
      }
    >
      <Card flush>
        <div className="flex flex-wrap items-end gap-2 border-b border-line p-3">
          <FilterText
            label={t.live.event}
            value={search.event ?? ''}
            onChange={it => change({ event: it })}
          />
          <FilterText label={t.live.id} value={search.id ?? ''} onChange={it => change({ id: it })} />
          <Select
            label={t.live.outcome}
            hideLabel
            value={outcome === '' ? 'all' : outcome}
            onChange={it => change({ outcome: it === 'all' ? '' : it })}
            options={[
              { id: 'all', label: t.live.all },
              ...OUTCOMES.map(it => ({ id: it, label: t.live.outcomes[it] })),
            ]}
          />
        </div>
        {error && events === null ? (
          <Failed error={error} onRetry={retry} />
        ) : events === null ? (
          <SkeletonRows />
        ) : events.length === 0 ? (
          <Empty
            icon={<Radio size={20} aria-hidden />}
            title={isFiltered ? t.live.nonePassed : t.live.none}
            action={
              !isFiltered && (
                <LinkButton to="/settings" search={{ tab: 'keys' }} look="primary">
                  {t.events.openKeys}
                </LinkButton>
              )
            }
          >
            {isFiltered ? t.live.nonePassedBody : t.live.noneBody}
          </Empty>
        ) : (
          <LiveTable events={events} onChoose={setChosen} />
        )}
      </Card>
      <Dialog
        side="right"
        title={chosen ? nameOf(chosen, t.live.unreadable) : ''}
        isOpen={chosen !== null}
        onClose={() => setChosen(null)}
      >
        {chosen && <LiveDetail event={chosen} />}
      </Dialog>
    </Page>
  )
}

function nameOf(it: LiveEvent, unreadable: string): string {
  return it.event ?? unreadable
}

/** A text of the address that is typed here. */
function FilterText(props: { label: string; value: string; onChange: (text: string) => void }) {
  const t = useT()
  const [text, setText] = useSearchText(props.value, props.onChange)
  return (
    <SearchField
      label={props.label}
      clearLabel={t.common.clear}
      value={text}
      onChange={setText}
      className="w-56 max-sm:w-full"
    />
  )
}

function LiveTable({ events, onChoose }: { events: LiveEvent[]; onChoose: (it: LiveEvent) => void }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.live.title}>
      <thead>
        <tr>
          <Th>{t.live.received}</Th>
          <Th>{t.live.outcome}</Th>
          <Th>{t.live.event}</Th>
          <Th>{t.live.id}</Th>
          <Th>{t.live.source}</Th>
          <Th>{t.live.properties}</Th>
        </tr>
      </thead>
      <tbody>
        {events.map(it => (
          <Tr key={`${it.number} ${it.received_at}`}>
            <Td muted className="whitespace-nowrap tabular-nums">
              {format.time(it.received_at)}
            </Td>
            <Td>
              <Badge tone={TONES[it.outcome]}>{t.live.outcomes[it.outcome]}</Badge>
            </Td>
            <Td className="max-w-72">
              <AriaButton
                onPress={() => onChoose(it)}
                className="block max-w-full truncate rounded-sm text-left font-medium text-ink hover:underline"
              >
                {nameOf(it, t.live.unreadable)}
              </AriaButton>
            </Td>
            <Td muted className="max-w-48 truncate">
              {it.user_id ?? it.device_id}
            </Td>
            <Td muted className="whitespace-nowrap">
              {it.source}
            </Td>
            <Td muted className="max-w-96 min-w-40 truncate">
              {it.detail ??
                Object.entries(it.properties)
                  .slice(0, 6)
                  .map(([name, value]) => `${name}: ${format.value(value)}`)
                  .join(' · ')}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

function LiveDetail({ event }: { event: LiveEvent }) {
  const t = useT()
  const format = useFormat()
  const whole =
    event.outcome === 'rejected'
      ? event.raw
      : { properties: event.properties, context: event.context, insert_id: event.insert_id }
  return (
    <div className="flex flex-col gap-4">
      <div>
        <Badge tone={TONES[event.outcome]}>{t.live.outcomes[event.outcome]}</Badge>
      </div>
      {event.reason && (
        <p className="text-sm text-ink2">
          {wordFor(t.rejections, event.reason, event.reason)}: {event.detail}
        </p>
      )}
      <Facts
        items={[
          [t.live.received, format.dateTime(event.received_at)],
          ...(event.time ? [[t.live.happened, format.dateTime(event.time)] as const] : []),
          ...(event.user_id ? [[t.live.userId, event.user_id] as const] : []),
          ...(event.device_id ? [[t.live.deviceId, event.device_id] as const] : []),
          [t.live.source, event.source],
        ]}
      />
      {event.person && (
        <LinkButton to="/people/$id" params={{ id: event.person }}>
          {t.live.openPerson}
        </LinkButton>
      )}
      <Source
        label={t.people_.raw}
        text={typeof whole === 'string' ? whole : JSON.stringify(whole, null, 2)}
      />
    </div>
  )
}
