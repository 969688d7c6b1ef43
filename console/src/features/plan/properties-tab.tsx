/** Properties: their types as seen, how often they are missing, what they mean. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Tags } from 'lucide-react'
import { useState } from 'react'
import { changeProperty, type PlannedProperty, plannedEventsQuery, plannedPropertiesQuery } from '~/api/plan'
import { useFormat, useT } from '~/i18n'
import { propertyName, propertyScope } from '~/lib/filters'
import { matches } from '~/lib/match'
import { wordFor } from '~/lib/words'
import { Button } from '~/ui/button'
import { Dialog } from '~/ui/dialog'
import { SearchField } from '~/ui/field'
import { Badge, Card, Facts } from '~/ui/page'
import { Picker } from '~/ui/picker'
import { useSearchText } from '~/ui/search-text'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'
import { DescribedForm } from './described-fields'
import { StatusBadge } from './status'
import type { TabProps } from './tab'

/** Stands for the properties of all events. */
const ALL = '\u0000all'

export function PropertiesTab({ search, event, onChange }: TabProps) {
  const t = useT()
  const [text, setText] = useSearchText(search, it => onChange({ search: it }))
  const [chosen, setChosen] = useState<PlannedProperty | null>(null)
  const { data: events = [] } = useQuery(plannedEventsQuery)
  const { data, error, refetch } = useQuery(plannedPropertiesQuery(event))
  const shown = data
    ?.filter(it => !event || propertyScope(it.ref) === 'event')
    .filter(it => matches([it.ref, it.display_name, it.description].filter(Boolean).join(' '), text))
  return (
    <Card flush>
      <div className="flex flex-wrap items-center gap-2 border-b border-line p-3">
        <SearchField
          label={t.plan.searchProperties}
          clearLabel={t.common.clear}
          value={text}
          onChange={setText}
          className="w-72 max-w-full"
        />
        <Picker
          label={t.plan.event}
          value={event ?? ALL}
          items={[
            { id: ALL, label: t.builder.anyEvent },
            ...events.map(it => ({ id: it.name, label: it.name })),
          ]}
          onChange={it => onChange({ event: it === ALL ? undefined : it })}
          placeholder={t.builder.anyEvent}
          searchLabel={t.builder.searchEvents}
          className="max-w-72"
        />
      </div>
      {error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : !shown ? (
        <SkeletonRows />
      ) : shown.length === 0 ? (
        <Empty icon={<Tags size={20} aria-hidden />} title={t.common.nothingFound} />
      ) : (
        <PropertyTable properties={shown} onChoose={setChosen} />
      )}
      <Dialog
        side="right"
        title={chosen ? propertyName(chosen.ref) : ''}
        subtitle={event}
        isOpen={chosen !== null}
        onClose={() => setChosen(null)}
      >
        {chosen && <PropertyForm key={chosen.ref} property={chosen} event={event} />}
      </Dialog>
    </Card>
  )
}

interface PropertyTableProps {
  properties: PlannedProperty[]
  onChoose: (property: PlannedProperty) => void
}

function PropertyTable({ properties, onChoose }: PropertyTableProps) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.plan.tabs.properties}>
      <thead>
        <tr>
          <Th>{t.plan.property}</Th>
          <Th>{t.plan.types}</Th>
          <Th right>{t.plan.distinct}</Th>
          <Th right>{t.plan.missing}</Th>
          <Th>{t.plan.samples}</Th>
          <Th />
        </tr>
      </thead>
      <tbody>
        {properties.map(it => (
          <Tr key={it.ref}>
            <Td className="max-w-80 min-w-40">
              <span className="flex flex-wrap items-baseline gap-x-2">
                <span className="font-medium break-words">{it.display_name || propertyName(it.ref)}</span>
                <span className="text-xs text-ink3">{t.builder.scopes[propertyScope(it.ref)]}</span>
                {it.status && it.status !== 'live' && <StatusBadge status={it.status} />}
              </span>
              {it.description && <span className="block text-xs text-ink3">{it.description}</span>}
            </Td>
            <Td>
              <Types property={it} />
            </Td>
            <Td right muted>
              {format.number(it.distinct)}
            </Td>
            <Td right muted>
              {format.percent(it.null_rate)}
            </Td>
            <Td muted className="max-w-72 truncate">
              {it.samples
                .slice(0, 4)
                .map(sample => format.value(sample))
                .join(', ')}
            </Td>
            <Td right>
              <Button
                size="sm"
                look="ghost"
                aria-label={`${t.plan.edit}: ${propertyName(it.ref)}`}
                onPress={() => onChoose(it)}
              >
                {t.plan.edit}
              </Button>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

/** One type is as it should be; several are worth a second look, so their shares stand beside them. */
function Types({ property }: { property: PlannedProperty }) {
  const t = useT()
  const format = useFormat()
  const types = Object.entries(property.types ?? {}).filter(([, n]) => n > 0)
  const all = types.reduce((sum, [, n]) => sum + n, 0)
  if (types.length < 2) return <span className="text-ink2">{t.types[property.type]}</span>
  return (
    <span className="flex flex-wrap gap-1">
      {types
        .sort((a, b) => b[1] - a[1])
        .map(([type, n]) => (
          <Badge key={type} tone="warn">
            {wordFor(t.types, type, wordFor(t.plan.schemaTypes, type, type))} {format.percent(n / all)}
          </Badge>
        ))}
    </span>
  )
}

function PropertyForm({ property, event }: { property: PlannedProperty; event?: string }) {
  const t = useT()
  const format = useFormat()
  const queryClient = useQueryClient()
  return (
    <div className="flex flex-col gap-5">
      <Facts
        items={[
          [t.plan.types, <Types key="types" property={property} />],
          [t.plan.distinct, format.number(property.distinct)],
          [t.plan.missing, format.percent(property.null_rate)],
          [t.plan.samples, property.samples.map(it => format.value(it)).join(', ') || '–'],
        ]}
      />
      <DescribedForm
        value={property}
        onSave={async change => {
          const name = property.ref.slice(property.ref.indexOf('.') + 1)
          await changeProperty(name, event, change)
          await queryClient.invalidateQueries({ queryKey: ['catalog'] })
        }}
      />
    </div>
  )
}
