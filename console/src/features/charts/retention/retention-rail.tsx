/** The left side of a retention: who begins, what counts as coming back, and how it is counted. */
import { Plus, X } from 'lucide-react'
import type { Interval, RetentionValue } from '~/api/types'
import { PropertyPicker } from '~/builder/property-picker'
import { useT } from '~/i18n'
import {
  type Bracket,
  DAY_ZEROS,
  RETENTION_CLOCKS,
  RETENTION_INTERVALS,
  RETENTION_INTERVALS_MAX,
  RETENTION_MODES,
  type RetentionState,
  START_RULES,
} from '~/lib/chart-kinds'
import { eventOf } from '~/lib/filters'
import { Button, IconButton } from '~/ui/button'
import { NumberField } from '~/ui/field'
import { useHeir } from '~/ui/focus'
import { Select } from '~/ui/select'
import { ChartWhere, GroupBy, RailSection, Segments } from '../builder-rail'
import { Choice } from '../rail-choice'
import { SelectSection } from '../select-card'

interface RailProps {
  state: RetentionState
  change: (part: Partial<RetentionState>) => void
}

export type CohortUnit = (typeof RETENTION_INTERVALS)[number]
export const unitOf = (interval: Interval): CohortUnit =>
  RETENTION_INTERVALS.find(it => it === interval) ?? 'day'

export function RetentionRail({ state, change }: RailProps) {
  const t = useT()
  const unit = unitOf(state.interval)
  return (
    <>
      <SelectSection
        title={t.explore.start}
        hint={t.explore.startHint}
        value={state.start}
        onChange={start => change({ start })}
      />
      <SelectSection title={t.explore.back} value={state.back} onChange={back => change({ back })} />
      <RailSection title={t.explore.mode}>
        <div className="flex flex-col gap-3">
          <Select
            label={t.explore.mode}
            hideLabel
            value={state.mode}
            onChange={mode => change({ mode })}
            className="w-full"
            options={RETENTION_MODES.map(it => ({ id: it, label: t.explore.modes[it] }))}
          />
          {state.mode === 'brackets' ? (
            <Brackets value={state.brackets} onChange={brackets => change({ brackets })} />
          ) : (
            <NumberField
              label={t.explore.intervals}
              value={state.intervals}
              minValue={0}
              maxValue={RETENTION_INTERVALS_MAX}
              onChange={intervals => change({ intervals })}
            />
          )}
          <Choice
            label={t.explore.clock}
            value={state.clock}
            options={RETENTION_CLOCKS}
            names={t.explore.clockOf[unit]}
            onChange={clock => change({ clock })}
          />
          <Choice
            label={t.explore.startRule}
            value={state.start_rule}
            options={START_RULES}
            names={t.explore.startRules}
            onChange={start_rule => change({ start_rule })}
          />
          <Choice
            label={t.explore.dayZero}
            value={state.day_zero}
            options={DAY_ZEROS}
            names={t.explore.dayZeros}
            onChange={day_zero => change({ day_zero })}
          />
        </div>
      </RailSection>
      <RailSection title={t.explore.value}>
        <ValueOf event={eventOf(state.back)} value={state.value} onChange={value => change({ value })} />
      </RailSection>
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.groupBy}>
        <GroupBy
          event={eventOf(state.start) || undefined}
          value={state.group_by}
          onChange={group_by => change({ group_by })}
        />
      </RailSection>
      <RailSection title={t.charts.segments}>
        <Segments value={state.segments} onChange={segments => change({ segments })} />
      </RailSection>
    </>
  )
}

const BRACKETS_MAX = 20

function Brackets({ value, onChange }: { value: Bracket[]; onChange: (value: Bracket[]) => void }) {
  const t = useT()
  const [add, focusAdd] = useHeir()
  const put = (index: number, from: number, to: number) =>
    onChange(value.map((it, i): Bracket => (i === index ? [from, Math.max(from, to)] : it)))
  const end = value.at(-1)?.[1] ?? -1
  return (
    <ul aria-label={t.explore.brackets} className="flex flex-col gap-1.5">
      {value.map(([from, to], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a bracket is its place
        <li key={index} className="flex items-center gap-1.5">
          <NumberField
            label={t.explore.bracketFrom(index + 1)}
            hideLabel
            value={from}
            minValue={0}
            maxValue={RETENTION_INTERVALS_MAX}
            className="w-16"
            onChange={it => put(index, it, to)}
          />
          <span aria-hidden className="text-ink3">
            –
          </span>
          <NumberField
            label={t.explore.bracketTo(index + 1)}
            hideLabel
            value={to}
            minValue={from}
            maxValue={RETENTION_INTERVALS_MAX}
            className="w-16"
            onChange={it => put(index, from, it)}
          />
          {value.length > 1 && (
            <IconButton
              size="sm"
              label={t.charts.remove(`${from}–${to}`)}
              onPress={() => {
                onChange(value.filter((_, i) => i !== index))
                focusAdd()
              }}
            >
              <X size={14} aria-hidden />
            </IconButton>
          )}
        </li>
      ))}
      {value.length < BRACKETS_MAX && end < RETENTION_INTERVALS_MAX && (
        <li>
          <Button
            ref={add}
            look="ghost"
            size="sm"
            onPress={() => onChange([...value, [end + 1, Math.min(end + 7, RETENTION_INTERVALS_MAX)]])}
          >
            <Plus size={14} aria-hidden />
            {t.explore.addBracket}
          </Button>
        </li>
      )}
    </ul>
  )
}

interface ValueOfProps {
  event: string
  value: RetentionValue | null
  onChange: (value: RetentionValue | null) => void
}

function ValueOf({ event, value, onChange }: ValueOfProps) {
  const t = useT()
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <Select
        label={t.explore.value}
        hideLabel
        value={value?.fn ?? 'none'}
        onChange={it => {
          if (it === 'none') onChange(null)
          else onChange({ fn: it, property: value?.property ?? '' })
        }}
        options={[
          { id: 'none', label: t.explore.noValue },
          { id: 'sum', label: t.explore.valueFns.sum },
          { id: 'avg', label: t.explore.valueFns.avg },
        ]}
      />
      {value && (
        <PropertyPicker
          label={t.charts.measuredProperty}
          event={event}
          value={typeof value.property === 'string' ? value.property || null : value.property.name}
          isOpenAtStart={value.property === ''}
          filter={it => it.type === 'number'}
          className="max-w-44"
          onChange={property => onChange({ fn: value.fn, property })}
        />
      )}
    </div>
  )
}
