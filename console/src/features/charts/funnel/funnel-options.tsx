/** The options of a funnel beyond its steps: order, what counts, what must stay the same, what must not happen. */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useWords } from '~/builder/describe'
import { useT } from '~/i18n'
import {
  EXCLUSIONS_MAX,
  type ExclusionState,
  FUNNEL_COUNTS,
  FUNNEL_ENTRIES,
  FUNNEL_ORDERS,
  type FunnelState,
  HOLD_MAX,
  inForce,
  TOLERANCE_MS_MAX,
} from '~/lib/charts'
import { eventOf } from '~/lib/filters'
import { Button } from '~/ui/button'
import { Disclosure } from '~/ui/disclosure'
import { FieldLabel, NumberField } from '~/ui/field'
import { useHeir } from '~/ui/focus'
import { Select } from '~/ui/select'
import { PropertyList, SelectorCard } from '../builder-rail'
import { Choice } from '../rail-choice'
import { optionWords } from './funnel-words'

interface OptionsProps {
  state: FunnelState
  change: (part: Partial<FunnelState>) => void
}

export function FunnelOptions({ state, change }: OptionsProps) {
  const t = useT()
  const said = optionWords(state, useWords())
  const own = inForce(state)
  const isAny = state.order === 'any'
  const first = state.steps[0]
  return (
    <section aria-label={t.options.title} className="border-b border-line px-4 py-3.5">
      <Disclosure title={t.options.title} summary={said.join(' · ') || t.options.usual}>
        <div className="flex flex-col gap-4">
          <Choice
            label={t.options.order}
            value={state.order}
            options={FUNNEL_ORDERS}
            names={t.options.orders}
            onChange={order => change({ order })}
          />
          {isAny ? (
            <p className="text-xs text-ink3">{t.options.anyNote}</p>
          ) : (
            <Choice
              label={t.options.count}
              value={state.count}
              options={FUNNEL_COUNTS}
              names={t.options.counts}
              onChange={count => change({ count })}
            />
          )}
          {own.count === 'people' && (
            <Choice
              label={t.options.entry}
              value={state.entry}
              options={FUNNEL_ENTRIES}
              names={t.options.entries}
              onChange={entry => change({ entry })}
            />
          )}
          {!isAny && (
            <>
              <Titled title={t.options.hold} hint={t.options.holdHint}>
                <PropertyList
                  label={t.options.hold}
                  addLabel={t.options.addHold}
                  event={first ? eventOf(first) : undefined}
                  max={HOLD_MAX}
                  value={state.hold}
                  onChange={hold => change({ hold })}
                />
              </Titled>
              <Titled title={t.options.exclude} hint={t.options.excludeHint}>
                <Exclusions state={state} onChange={exclude => change({ exclude })} />
              </Titled>
              <NumberField
                label={t.options.tolerance}
                hint={t.options.toleranceHint}
                value={state.tolerance_ms / 1_000}
                minValue={0}
                maxValue={TOLERANCE_MS_MAX / 1_000}
                formatOptions={{ useGrouping: false, maximumFractionDigits: 3 }}
                onChange={seconds => change({ tolerance_ms: Math.round(seconds * 1_000) })}
              />
            </>
          )}
        </div>
      </Disclosure>
    </section>
  )
}

function Titled({ title, hint, children }: { title: string; hint: string; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring its own frame
    <div role="group" aria-label={title}>
      <FieldLabel className="block">{title}</FieldLabel>
      <p className="mt-0.5 mb-1.5 text-xs text-ink3">{hint}</p>
      {children}
    </div>
  )
}

interface ExclusionsProps {
  state: FunnelState
  onChange: (exclude: ExclusionState[]) => void
}

function Exclusions({ state, onChange }: ExclusionsProps) {
  const t = useT()
  const [added, setAdded] = useState(-1)
  const [add, focusAdd] = useHeir()
  const { exclude } = state
  const put = (index: number, next: Partial<ExclusionState>) =>
    onChange(exclude.map((it, place) => (place === index ? { ...it, ...next } : it)))
  return (
    <ul className="flex flex-col gap-2">
      {exclude.map((it, index) => (
        <SelectorCard
          // biome-ignore lint/suspicious/noArrayIndexKey: an exclusion is its place
          key={index}
          mark={null}
          label={t.options.excluded(index + 1)}
          value={it.select}
          isNew={index === added && eventOf(it.select) === ''}
          onChange={select => put(index, { select })}
          onRemove={() => {
            onChange(exclude.filter((_, place) => place !== index))
            focusAdd()
          }}
        >
          <Between steps={state.steps.length} value={it} onChange={next => put(index, next)} />
        </SelectorCard>
      ))}
      {exclude.length < EXCLUSIONS_MAX && (
        <li>
          <Button
            ref={add}
            look="ghost"
            size="sm"
            onPress={() => {
              setAdded(exclude.length)
              onChange([...exclude, { select: { event: '' }, after: null, before: null }])
            }}
          >
            <Plus size={14} aria-hidden />
            {t.options.addExclude}
          </Button>
        </li>
      )}
    </ul>
  )
}

interface BetweenProps {
  steps: number
  value: ExclusionState
  onChange: (value: Partial<ExclusionState>) => void
}

/** Stands for "any step" in the lists. */
const ANYWHERE = 'any'

/** Between which steps; what would turn around is taken along. */
function Between({ steps, value, onChange }: BetweenProps) {
  const t = useT()
  const places = (from: number, to: number) =>
    Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => ({
      id: String(from + index),
      label: t.charts.stepN(from + index),
    }))
  const anyStep = { id: ANYWHERE, label: t.options.anyStep }
  const place = (id: string) => (id === ANYWHERE ? null : Number(id))
  const known = (it: number | null, last: number) => (it === null || it > last ? ANYWHERE : String(it))
  if (steps < 3) return null
  return (
    <div className="grid grid-cols-2 gap-2">
      <Select
        label={t.options.after}
        size="sm"
        value={known(value.after, steps - 1)}
        options={[anyStep, ...places(1, steps - 1)]}
        onChange={id => {
          const after = place(id)
          const isPast = after !== null && value.before !== null && value.before <= after
          onChange({ after, ...(isPast ? { before: after + 1 } : {}) })
        }}
      />
      <Select
        label={t.options.before}
        size="sm"
        value={known(value.before, steps)}
        options={[anyStep, ...places(2, steps)]}
        onChange={id => {
          const before = place(id)
          const isPast = before !== null && value.after !== null && before <= value.after
          onChange({ before, ...(isPast ? { after: before - 1 } : {}) })
        }}
      />
    </div>
  )
}
