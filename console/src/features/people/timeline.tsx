/** What a person did and what was sent to them, newest first, day by day. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { ChevronRight, Clock, Mail, ShoppingBag, X } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { timelineQuery } from '~/api/people'
import type { TimelineEvent } from '~/api/types'
import { EventPicker } from '~/builder/event-picker'
import { eventWords } from '~/builder/event-words'
import { type Format, useFormat, useT } from '~/i18n'
import { IconButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Source } from '~/ui/scroll'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More } from '~/ui/table'

interface TimelineProps {
  person: string
  event: string
  onEvent: (event: string) => void
}

export function Timeline({ person, event, onEvent }: TimelineProps) {
  const t = useT()
  const format = useFormat()
  const timeline = useInfiniteQuery(timelineQuery(person, event))
  const events = timeline.data?.pages.flatMap(it => it.events)
  return (
    <>
      <div className="flex items-center gap-1 border-b border-line px-4 pb-3">
        <EventPicker
          label={t.people_.filterEvents}
          value={{ event }}
          placeholder={t.people_.everyEvent}
          onChange={it => onEvent('event' in it ? it.event : '')}
          className="max-w-72"
        />
        {event && (
          <IconButton label={t.people_.allEvents} onPress={() => onEvent('')}>
            <X size={14} aria-hidden />
          </IconButton>
        )}
      </div>
      {timeline.error ? (
        <Failed error={timeline.error} onRetry={() => void timeline.refetch()} />
      ) : !events ? (
        <SkeletonRows />
      ) : events.length === 0 ? (
        <Empty icon={<Clock size={20} aria-hidden />} title={t.people_.noEvents} />
      ) : (
        byDay(events, format).map(([day, list]) => (
          <section key={day} aria-label={day}>
            <h3 className="sticky top-12 bg-surface px-4 pt-4 pb-1 text-xs font-semibold text-ink3">{day}</h3>
            <ul>
              {list.map(it => (
                <EventItem key={it.id} event={it} />
              ))}
            </ul>
          </section>
        ))
      )}
      <More
        label={t.common.more}
        hasMore={timeline.hasNextPage}
        isLoading={timeline.isFetchingNextPage}
        onMore={() => void timeline.fetchNextPage()}
      />
    </>
  )
}

function byDay(events: TimelineEvent[], format: Format): [string, TimelineEvent[]][] {
  const days = new Map<string, TimelineEvent[]>()
  for (const event of events) {
    const day = format.day(event.time)
    const list = days.get(day)
    if (list) list.push(event)
    else days.set(day, [event])
  }
  return [...days]
}

const SUMMARY_KEYS = 3

/** The few properties that tell one event from the next. */
function summary(event: TimelineEvent, format: Format): string {
  const plain = Object.entries(event.properties).filter(
    ([key, value]) => value !== null && typeof value !== 'object' && !/_?id$/.test(key),
  )
  return plain
    .slice(0, SUMMARY_KEYS)
    .map(([key, value]) => `${key}: ${format.value(value)}`)
    .join(' · ')
}

function EventItem({ event }: { event: TimelineEvent }) {
  const t = useT()
  const format = useFormat()
  const [isOpen, setOpen] = useState(false)
  const isMessage = event.event.startsWith('message.')
  const words = eventWords(event.event, t)
  const icon = { size: 14, 'aria-hidden': true } as const
  return (
    <li>
      <AriaButton
        aria-expanded={isOpen}
        onPress={() => setOpen(!isOpen)}
        className="flex w-full items-center gap-3 px-4 py-1.5 text-left hover:bg-bg focus-visible:-outline-offset-2"
      >
        <span
          className={cx(
            'grid size-7 shrink-0 place-items-center rounded-full',
            isMessage ? 'bg-accent-bg text-accent dark:text-ink' : 'bg-sunken text-ink2',
          )}
        >
          {isMessage ? (
            <Mail {...icon} />
          ) : event.event.startsWith('Order') ? (
            <ShoppingBag {...icon} />
          ) : (
            <Clock {...icon} />
          )}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium">
            {words ?? event.event}
            {words !== null && <span className="ml-2 text-xs font-normal text-ink3">{event.event}</span>}
          </span>
          <span className="block truncate text-xs text-ink2">{summary(event, format)}</span>
        </span>
        <span className="shrink-0 text-xs text-ink3 tabular-nums">{format.time(event.time)}</span>
        <ChevronRight
          {...icon}
          className={cx('shrink-0 text-ink3 transition-transform', isOpen && 'rotate-90')}
        />
      </AriaButton>
      {isOpen && (
        <div className="px-4 pb-2 pl-14">
          <Source
            label={t.people_.raw}
            text={JSON.stringify(
              { event: event.event, time: event.time, properties: event.properties, context: event.context },
              null,
              2,
            )}
          />
        </div>
      )}
    </li>
  )
}
