/** The left side of paths: where they begin and end, what is left out and what is split. */
import { Plus, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { PathExpansion, Selector } from '~/api/types'
import { DurationField } from '~/builder/duration-field'
import { EventPicker } from '~/builder/event-picker'
import { PropertyPicker } from '~/builder/property-picker'
import { useT } from '~/i18n'
import {
  ANCHORS,
  NO_EVENT,
  PATH_COUNTS,
  PATH_STEPS_MAX,
  PATH_TOP_MAX,
  type PathsState,
} from '~/lib/chart-kinds'
import { eventOf } from '~/lib/filters'
import { Button, IconButton } from '~/ui/button'
import { NumberField } from '~/ui/field'
import { useHeir } from '~/ui/focus'
import { Select } from '~/ui/select'
import { ChartWhere, RailSection, Segments, SelectorCard } from '../builder-rail'
import { Choice, Tick } from '../rail-choice'

interface RailProps {
  state: PathsState
  change: (part: Partial<PathsState>) => void
}

const EXCLUDE_MAX = 100
const EXPAND_MAX = 20

export function PathsRail({ state, change }: RailProps) {
  const t = useT()
  const { anchor } = state
  return (
    <>
      <RailSection title={t.explore.anchor}>
        <Select
          label={t.explore.anchor}
          hideLabel
          value={anchor}
          onChange={it => change({ anchor: it })}
          className="mb-2 w-full"
          options={ANCHORS.map(it => ({ id: it, label: t.explore.anchors[it] }))}
        />
        {anchor !== 'none' && (
          <ul className="flex flex-col gap-2">
            <SelectorCard
              mark={null}
              label={anchor === 'end' ? t.explore.anchorTo : t.explore.anchorFrom}
              value={state.from}
              onChange={from => change({ from })}
            />
            {anchor === 'between' && (
              <SelectorCard
                mark={null}
                label={t.explore.anchorTo}
                value={state.to}
                onChange={to => change({ to })}
              />
            )}
          </ul>
        )}
      </RailSection>
      <RailSection title={t.charts.measure}>
        <div className="flex flex-col gap-3">
          <Choice
            label={t.explore.pathCount}
            value={state.count}
            options={PATH_COUNTS}
            names={t.explore.pathCounts}
            onChange={count => change({ count })}
          />
          <div className="grid grid-cols-2 gap-3">
            <NumberField
              label={t.explore.steps}
              value={state.steps}
              minValue={1}
              maxValue={PATH_STEPS_MAX}
              onChange={steps => change({ steps })}
            />
            <NumberField
              label={t.explore.top}
              value={state.top}
              minValue={1}
              maxValue={PATH_TOP_MAX}
              onChange={top => change({ top })}
            />
          </div>
          <Choice
            label={t.explore.per}
            value={state.per}
            options={['session', 'window'] as const}
            names={t.explore.pers}
            onChange={per => change({ per })}
          />
          {state.per === 'window' && (
            <DurationField
              label={t.explore.pers.window}
              value={state.gap}
              units={['minute', 'hour', 'day']}
              onChange={gap => change({ gap })}
            />
          )}
          <Tick
            label={t.explore.collapse}
            isSelected={state.collapse}
            onChange={collapse => change({ collapse })}
          />
        </div>
      </RailSection>
      <Excluded value={state.exclude} onChange={exclude => change({ exclude })} />
      <Expanded value={state.expand} onChange={expand => change({ expand })} />
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.segments}>
        <Segments value={state.segments} onChange={segments => change({ segments })} />
      </RailSection>
    </>
  )
}

interface ListProps<T> {
  value: T[]
  onChange: (value: T[]) => void
}

function Excluded({ value, onChange }: ListProps<Selector>) {
  const t = useT()
  const [added, setAdded] = useState(-1)
  const [add, focusAdd] = useHeir()
  return (
    <RailSection title={t.explore.exclude}>
      <ul className="flex flex-col gap-1.5">
        {value.map((it, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an event left out is its place
          <Row key={index} name={eventOf(it)} onRemove={() => without(value, index, onChange, focusAdd)}>
            <EventPicker
              label={t.explore.exclude}
              value={it}
              isOpenAtStart={index === added && eventOf(it) === ''}
              className="min-w-0 flex-1"
              onChange={next => onChange(value.map((old, i) => (i === index ? next : old)))}
            />
          </Row>
        ))}
      </ul>
      {value.length < EXCLUDE_MAX && (
        <Button
          ref={add}
          look="ghost"
          size="sm"
          onPress={() => {
            setAdded(value.length)
            onChange([...value, NO_EVENT])
          }}
        >
          <Plus size={14} aria-hidden />
          {t.explore.addExclude}
        </Button>
      )}
    </RailSection>
  )
}

function Expanded({ value, onChange }: ListProps<PathExpansion>) {
  const t = useT()
  const [added, setAdded] = useState(-1)
  const [add, focusAdd] = useHeir()
  const put = (index: number, next: PathExpansion) =>
    onChange(value.map((old, i) => (i === index ? next : old)))
  return (
    <RailSection title={t.explore.expand}>
      <ul className="flex flex-col gap-1.5">
        {value.map((it, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a split event is its place
          <Row key={index} name={it.event} onRemove={() => without(value, index, onChange, focusAdd)}>
            <span className="flex min-w-0 flex-1 flex-col gap-1">
              <EventPicker
                label={t.explore.expand}
                value={{ event: it.event }}
                isOpenAtStart={index === added && it.event === ''}
                onChange={next => put(index, { event: eventOf(next), by: '' })}
              />
              {it.event !== '' && (
                <PropertyPicker
                  label={t.explore.expandBy(it.event)}
                  event={it.event}
                  value={typeof it.by === 'string' ? it.by || null : it.by.name}
                  isOpenAtStart={it.by === ''}
                  onChange={by => put(index, { ...it, by })}
                />
              )}
            </span>
          </Row>
        ))}
      </ul>
      {value.length < EXPAND_MAX && (
        <Button
          ref={add}
          look="ghost"
          size="sm"
          onPress={() => {
            setAdded(value.length)
            onChange([...value, { event: '', by: '' }])
          }}
        >
          <Plus size={14} aria-hidden />
          {t.explore.addExpand}
        </Button>
      )}
    </RailSection>
  )
}

function without<T>(value: T[], index: number, onChange: (value: T[]) => void, focusAdd: () => void) {
  onChange(value.filter((_, i) => i !== index))
  focusAdd()
}

interface RowProps {
  name: string
  onRemove: () => void
  children: ReactNode
}

function Row({ name, onRemove, children }: RowProps) {
  const t = useT()
  return (
    <li className="flex items-start gap-1">
      {children}
      <IconButton size="sm" label={t.charts.remove(name || t.explore.event)} onPress={onRemove}>
        <X size={14} aria-hidden />
      </IconButton>
    </li>
  )
}
