/** The left side of a funnel: its steps, how long people have, what else must hold. */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { BreakdownAt, FunnelStepQuery, Selector } from '~/api/types'
import { DurationField } from '~/builder/duration-field'
import { useT } from '~/i18n'
import { canBeOptional, type FunnelState, STEPS_MAX, withoutStep } from '~/lib/charts'
import { eventOf } from '~/lib/filters'
import { Button } from '~/ui/button'
import { useHeir } from '~/ui/focus'
import { Select } from '~/ui/select'
import { ChartWhere, GroupBy, RailSection, Segments, SelectorCard } from '../builder-rail'
import { FunnelOptions } from './funnel-options'
import { StepMenu, StepNotes } from './step-menu'

interface FunnelRailProps {
  state: FunnelState
  change: (part: Partial<FunnelState>) => void
}

/** Another event in the place of a step: what the step says of its place stays. */
function withEvent(step: FunnelStepQuery, next: Selector): FunnelStepQuery {
  const { optional, occurrence } = step
  return { ...(occurrence ? { occurrence } : {}), ...(optional ? { optional } : {}), ...next }
}

export function FunnelRail({ state, change }: FunnelRailProps) {
  const t = useT()
  const [added, setAdded] = useState(-1)
  const [add, focusAdd] = useHeir()
  const { steps } = state
  const setSteps = (next: FunnelStepQuery[]) => change({ steps: next })
  const put = (index: number, next: FunnelStepQuery) =>
    setSteps(steps.map((it, place) => (place === index ? next : it)))
  const swap = (a: number, b: number) => {
    const next = [...steps]
    const [left, right] = [next[a], next[b]]
    if (!left || !right) return
    next[a] = right
    next[b] = left
    setSteps(next)
  }
  return (
    <>
      <RailSection title={t.charts.steps}>
        <ol className="flex flex-col gap-2">
          {steps.map((step, index) => {
            const label = t.charts.stepN(index + 1)
            const own = {
              step,
              canBeOptional: canBeOptional(state, index),
              onChange: (next: FunnelStepQuery) => put(index, next),
            }
            return (
              <SelectorCard
                // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
                key={index}
                label={label}
                mark={
                  <span
                    aria-hidden
                    className="grid size-5 shrink-0 place-items-center rounded bg-sunken text-xs font-semibold text-ink2"
                  >
                    {index + 1}
                  </span>
                }
                value={step}
                isNew={index === added && eventOf(step) === ''}
                onChange={next => put(index, withEvent(step, next))}
                onRemove={() => {
                  change(withoutStep(state, index))
                  focusAdd()
                }}
                menu={
                  <StepMenu
                    {...own}
                    label={label}
                    onUp={index > 0 ? () => swap(index, index - 1) : undefined}
                    onDown={index < steps.length - 1 ? () => swap(index, index + 1) : undefined}
                  />
                }
              >
                <StepNotes {...own} />
              </SelectorCard>
            )
          })}
        </ol>
        {steps.length < STEPS_MAX && (
          <Button
            ref={add}
            size="sm"
            className="mt-2"
            onPress={() => {
              setAdded(steps.length)
              setSteps([...steps, { event: '' }])
            }}
          >
            <Plus size={14} aria-hidden />
            {t.charts.addStep}
          </Button>
        )}
      </RailSection>
      <RailSection title={t.charts.window} hint={t.charts.windowHint}>
        <DurationField
          label={t.charts.window}
          value={state.window}
          units={['minute', 'hour', 'day', 'week', 'month']}
          maxValue={300}
          onChange={window => change({ window })}
        />
      </RailSection>
      <FunnelOptions state={state} change={change} />
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.groupBy}>
        <GroupBy
          event={steps[0] ? eventOf(steps[0]) : undefined}
          value={state.group_by}
          onChange={group_by => change({ group_by })}
        />
        {state.group_by.length > 0 && state.order !== 'any' && (
          <Breakdown state={state} onChange={breakdown_at => change({ breakdown_at })} />
        )}
      </RailSection>
      <RailSection title={t.charts.segments}>
        <Segments value={state.segments} onChange={segments => change({ segments })} />
      </RailSection>
    </>
  )
}

const RULES = ['first_defined', 'last_defined', 'per_value'] as const

interface BreakdownProps {
  state: FunnelState
  onChange: (at: BreakdownAt | null) => void
}

/** Whose value groups the people. */
function Breakdown({ state, onChange }: BreakdownProps) {
  const t = useT()
  const at = state.breakdown_at ?? 1
  const value = typeof at === 'number' && at > state.steps.length ? '1' : String(at)
  return (
    <Select
      label={t.options.breakdown}
      className="mt-2 w-full"
      value={value}
      onChange={id => {
        const rule = RULES.find(it => it === id)
        onChange(rule ?? (id === '1' ? null : Number(id)))
      }}
      options={[
        ...state.steps.map((it, index) => ({
          id: String(index + 1),
          label: t.options.breakdownStep(index + 1, eventOf(it)),
        })),
        ...RULES.map(it => ({ id: it as string, label: t.options.breakdowns[it] })),
      ]}
    />
  )
}
