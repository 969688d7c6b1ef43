/** One event: what people know about it, and whether it is hidden, blocked or counted as another. */
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { changeEvent, type PlannedEvent } from '~/api/plan'
import { useFormat, useT } from '~/i18n'
import { segmentationLink } from '~/lib/charts'
import { LinkButton } from '~/ui/button'
import { TickBox } from '~/ui/check'
import { FieldLabel } from '~/ui/field'
import { Facts } from '~/ui/page'
import { Picker } from '~/ui/picker'
import { DescribedForm } from './described-fields'
import { StatusBadge, statusOf } from './status'

/** Stands for no other event in the list. */
const SELF = '\u0000self'

export function EventForm({ event, events }: { event: PlannedEvent; events: PlannedEvent[] }) {
  const t = useT()
  const format = useFormat()
  const queryClient = useQueryClient()
  const status = statusOf(event)
  const [hidden, setHidden] = useState(event.hidden ?? status === 'hidden')
  const [blocked, setBlocked] = useState(event.blocked ?? status === 'blocked')
  const [into, setInto] = useState(event.merge_into ?? null)
  return (
    <div className="flex flex-col gap-5">
      <Facts
        items={[
          [t.plan.status, <StatusBadge key="status" status={status} />],
          [t.plan.count, format.number(event.count)],
          [t.events.firstSeen, format.dateTime(event.first_seen)],
          [t.plan.lastSeen, format.dateTime(event.last_seen)],
        ]}
      />
      <div className="flex flex-wrap gap-2">
        <LinkButton
          size="sm"
          to="/explore/segmentation"
          search={{ q: segmentationLink({ series: [{ select: { event: event.name }, measure: 'people' }] }) }}
        >
          {t.plan.explore}
        </LinkButton>
        <LinkButton size="sm" to="/plan" search={{ tab: 'properties', event: event.name }}>
          {t.plan.seeProperties}
        </LinkButton>
        <LinkButton size="sm" to="/plan" search={{ tab: 'schemas', event: event.name }}>
          {t.plan.tabs.schemas}
        </LinkButton>
      </div>
      <DescribedForm
        value={event}
        extra={{ hidden, blocked, merge_into: into }}
        onSave={async change => {
          await changeEvent(event.name, change)
          await queryClient.invalidateQueries({ queryKey: ['catalog'] })
        }}
      >
        <div className="flex flex-col gap-1">
          <FieldLabel>{t.plan.mergedInto}</FieldLabel>
          <Picker
            label={t.plan.mergedInto}
            value={into ?? SELF}
            items={[
              { id: SELF, label: t.plan.notMerged },
              ...events.filter(it => it.name !== event.name).map(it => ({ id: it.name, label: it.name })),
            ]}
            onChange={it => setInto(it === SELF ? null : it)}
            placeholder={t.plan.notMerged}
            searchLabel={t.builder.searchEvents}
          />
        </div>
        <Line label={t.plan.isHidden} isSelected={hidden} onChange={setHidden} />
        <Line label={t.plan.isBlocked} isSelected={blocked} onChange={setBlocked} />
      </DescribedForm>
    </div>
  )
}

interface LineProps {
  label: string
  isSelected: boolean
  onChange: (isSelected: boolean) => void
}

function Line(props: LineProps) {
  return (
    <div className="flex items-center gap-1.5 text-sm">
      <TickBox {...props} />
      <span aria-hidden>{props.label}</span>
    </div>
  )
}
