/** One condition on people as a sentence of fields. */
import type { CountOp, CountTest, Selector, Unit, Window } from '~/api/types'
import { CohortPicker } from '~/builder/cohort-picker'
import { DurationField } from '~/builder/duration-field'
import { EventPicker } from '~/builder/event-picker'
import { Condition, FilterEditor } from '~/builder/filter-editor'
import { useFormat, useT } from '~/i18n'
import type { Clause } from '~/lib/audience'
import { eventOf } from '~/lib/filters'
import { plusDays, today } from '~/lib/time'
import { inputClass, NumberField } from '~/ui/field'
import { Select } from '~/ui/select'

interface ClauseRowProps {
  clause: Clause
  isNew: boolean
  onChange: (clause: Clause) => void
}

export function ClauseRow({ clause, isNew, onChange }: ClauseRowProps) {
  const t = useT()
  if (clause.kind === 'profile') {
    return (
      <Line>
        <Word>{t.cohorts.whose}</Word>
        <Condition
          isProfile
          isNew={isNew}
          property={clause.property}
          op={clause.op}
          values={clause.values}
          onChange={it =>
            onChange({ kind: 'profile', property: it.property, op: it.op, values: it.values ?? [] })
          }
        />
      </Line>
    )
  }
  if (clause.kind === 'cohort') {
    return (
      <Line>
        <Select
          label={t.cohorts.membership}
          hideLabel
          value={clause.inside ? 'in' : 'out'}
          onChange={it => onChange({ ...clause, inside: it === 'in' })}
          options={[
            { id: 'in', label: t.cohorts.inCohort },
            { id: 'out', label: t.cohorts.notInCohort },
          ]}
        />
        <CohortPicker
          label={t.cohorts.cohort}
          isOpenAtStart={isNew && clause.cohort === ''}
          value={clause.cohort || null}
          onChange={cohort => onChange({ ...clause, cohort })}
          className="max-w-72"
        />
      </Line>
    )
  }
  return <EventClause clause={clause} isNew={isNew} onChange={onChange} />
}

interface EventClauseProps {
  clause: Extract<Clause, { kind: 'did' | 'did_not' }>
  isNew: boolean
  onChange: (clause: Clause) => void
}

function EventClause({ clause, isNew, onChange }: EventClauseProps) {
  const t = useT()
  const { select, within } = clause
  const setSelect = (next: Selector) => onChange({ ...clause, select: next })
  return (
    <div className="flex flex-col gap-1.5">
      <Line>
        <Select
          label={t.cohorts.doing}
          hideLabel
          value={clause.kind}
          onChange={kind =>
            onChange(
              kind === 'did'
                ? { kind, select, within, count: { op: 'gte', value: 1 } }
                : { kind, select, within },
            )
          }
          options={[
            { id: 'did', label: t.cohorts.did },
            { id: 'did_not', label: t.cohorts.didNot },
          ]}
        />
        <EventPicker
          label={t.cohorts.event}
          value={select}
          withAny
          isOpenAtStart={isNew && eventOf(select) === '' && 'event' in select}
          onChange={setSelect}
          className="max-w-64"
        />
        {clause.kind === 'did' && (
          <CountField count={clause.count} onChange={count => onChange({ ...clause, count })} />
        )}
        <WindowField value={within} onChange={next => onChange({ ...clause, within: next })} />
      </Line>
      {('any_event' in select || eventOf(select) !== '') && (
        <FilterEditor
          event={eventOf(select)}
          value={select.where}
          onChange={where => {
            const { where: _, ...rest } = select
            setSelect(where ? { ...rest, where } : rest)
          }}
        />
      )}
    </div>
  )
}

const COUNT_OPS: CountOp[] = ['gte', 'lte', 'eq', 'gt', 'lt']

function CountField({ count, onChange }: { count: CountTest; onChange: (count: CountTest) => void }) {
  const t = useT()
  const value = Array.isArray(count.value) ? (count.value[0] ?? 1) : count.value
  return (
    <span className="flex items-center gap-1.5">
      <Select
        label={t.cohorts.howOften}
        hideLabel
        value={count.op}
        onChange={op => onChange({ op, value })}
        options={COUNT_OPS.map(it => ({ id: it, label: t.countOps[it] }))}
      />
      <NumberField
        label={t.cohorts.times}
        hideLabel
        value={value}
        minValue={0}
        maxValue={1_000_000}
        onChange={it => onChange({ op: count.op, value: it })}
        className="w-16"
        inputClassName="text-center"
      />
      <Word>{t.cohorts.times}</Word>
    </span>
  )
}

type Span = 'last' | 'ever' | 'since' | 'before_last'
const UNITS: Unit[] = ['hour', 'day', 'week', 'month']

function spanOf(window: Window): Span {
  if ('last' in window) return 'last'
  if ('before_last' in window) return 'before_last'
  if ('since' in window || 'from' in window) return 'since'
  return 'ever'
}

function WindowField({ value, onChange }: { value: Window; onChange: (window: Window) => void }) {
  const t = useT()
  const format = useFormat()
  const span = spanOf(value)
  const count = 'last' in value ? value.last : 'before_last' in value ? value.before_last : 30
  const unit: Unit = 'last' in value || 'before_last' in value ? value.unit : 'day'
  const day =
    'since' in value
      ? value.since
      : 'from' in value
        ? value.from
        : plusDays(today(format.timezone, Date.now()), -30)
  const change = (next: Span) => {
    if (next === 'last') onChange({ last: count, unit })
    else if (next === 'before_last') onChange({ before_last: count, unit })
    else if (next === 'since') onChange({ since: day })
    else onChange({ ever: true })
  }
  return (
    <span className="flex items-center gap-1.5">
      <Select
        label={t.cohorts.when}
        hideLabel
        value={span}
        onChange={change}
        options={[
          { id: 'last', label: t.cohorts.spans.last },
          { id: 'before_last', label: t.cohorts.spans.beforeLast },
          { id: 'since', label: t.cohorts.spans.since },
          { id: 'ever', label: t.cohorts.spans.ever },
        ]}
      />
      {(span === 'last' || span === 'before_last') && (
        <DurationField
          label={t.cohorts.spanLength}
          value={{ n: count, unit }}
          units={UNITS}
          onChange={it =>
            onChange(span === 'last' ? { last: it.n, unit: it.unit } : { before_last: it.n, unit: it.unit })
          }
        />
      )}
      {span === 'since' && (
        <input
          type="date"
          aria-label={t.cohorts.sinceDate}
          value={day}
          onChange={event => event.target.value && onChange({ since: event.target.value })}
          className={`${inputClass} h-8 w-36`}
        />
      )}
    </span>
  )
}

function Line({ children }: { children: React.ReactNode }) {
  return <div className="flex flex-wrap items-center gap-1.5">{children}</div>
}

function Word({ children }: { children: React.ReactNode }) {
  return <span className="text-sm text-ink2">{children}</span>
}
