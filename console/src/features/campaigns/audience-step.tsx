/** Who gets the mail, who is held back for comparison, and what counts as success. */
import { useQuery } from '@tanstack/react-query'
import { Slider, SliderThumb, SliderTrack, Switch } from 'react-aria-components'
import { previewAudience } from '~/api/cohorts'
import { CohortPicker } from '~/builder/cohort-picker'
import { describeAudience, useWords } from '~/builder/describe'
import { DurationField } from '~/builder/duration-field'
import { EventPicker } from '~/builder/event-picker'
import { FilterEditor } from '~/builder/filter-editor'
import { PropertyPicker } from '~/builder/property-picker'
import { useFormat, useT } from '~/i18n'
import { cohortOf, EVERYONE, isEveryone } from '~/lib/audience'
import { type EditorState, GOAL_WITHIN, type Missing } from '~/lib/campaign-draft'
import { eventOf } from '~/lib/filters'
import { FieldLabel } from '~/ui/field'
import { Card } from '~/ui/page'
import { RadioCards } from '~/ui/select'
import { Notice } from '~/ui/state'

interface AudienceProps {
  state: EditorState
  change: (part: Partial<EditorState>) => void
  missing: readonly Missing[]
}

type Choice = 'cohort' | 'everyone' | 'custom'

export function AudienceStep({ state, change, missing }: AudienceProps) {
  const t = useT()
  const { audience } = state
  const cohort = audience ? cohortOf(audience) : null
  const choice: Choice =
    audience === null || cohort !== null ? 'cohort' : isEveryone(audience) ? 'everyone' : 'custom'
  return (
    <div className="flex flex-col gap-4">
      <Card title={t.editor.audience}>
        <div className="flex flex-col gap-3">
          {choice === 'custom' && audience ? (
            <CustomAudience audience={audience} />
          ) : (
            <RadioCards
              label={t.editor.audience}
              hideLabel
              columns={2}
              value={choice}
              onChange={it => change({ audience: it === 'everyone' ? EVERYONE : null })}
              options={[
                { id: 'cohort', label: t.editor.toCohort, note: t.editor.toCohortNote },
                { id: 'everyone', label: t.editor.toEveryone, note: t.editor.toEveryoneNote },
              ]}
            />
          )}
          {choice === 'cohort' && (
            <div className="flex flex-col gap-1">
              <FieldLabel>
                <span aria-hidden>{t.editor.cohort}</span>
              </FieldLabel>
              <CohortPicker
                label={t.editor.cohort}
                value={cohort}
                onChange={id => change({ audience: { cohort: id } })}
                className="w-full max-w-md"
              />
              {missing.includes('audience') && (
                <p className="text-xs font-medium text-bad">{t.editor.missing.audience}</p>
              )}
            </div>
          )}
          {audience && <Reach state={state} />}
        </div>
      </Card>
      <Control value={state.control} onChange={control => change({ control })} />
      <GoalCard state={state} change={change} missing={missing} />
    </div>
  )
}

function CustomAudience({ audience }: { audience: NonNullable<EditorState['audience']> }) {
  const t = useT()
  const words = useWords()
  return (
    <Notice tone="plain">
      <p>{t.sentence.people(describeAudience(audience, words))}</p>
      <p className="mt-1 text-xs">{t.editor.customAudience}</p>
    </Notice>
  )
}

/** People in the audience, and how many of them mail can reach. */
function Reach({ state }: { state: EditorState }) {
  const t = useT()
  const format = useFormat()
  const { data } = useQuery(previewAudience(state.audience ?? EVERYONE))
  const held = data ? Math.round((data.size * state.control) / 10_000) : null
  const items = [
    [t.editor.inAudience, data?.size],
    [t.editor.reachable, data?.reachable.email ?? (data ? 0 : undefined)],
    [t.editor.inControl, held],
  ] as const
  return (
    <dl className="grid max-w-xl grid-cols-3 divide-x divide-line rounded-lg border border-line">
      {items.map(([name, value]) => (
        <div key={name} className="px-4 py-2.5">
          <dt className="text-xs text-ink3">{name}</dt>
          <dd className="text-xl font-semibold tabular-nums">{value == null ? '…' : format.number(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

const CONTROL_MAX = 5_000

function Control({ value, onChange }: { value: number; onChange: (share: number) => void }) {
  const t = useT()
  return (
    <Card title={t.editor.control}>
      <p className="mb-3 max-w-2xl text-sm text-ink2">{t.editor.controlBody}</p>
      <Slider
        aria-label={t.editor.control}
        value={value / 10_000}
        minValue={0}
        maxValue={CONTROL_MAX / 10_000}
        step={0.01}
        formatOptions={{ style: 'percent' }}
        onChange={it => onChange(Math.round(it * 10_000))}
        className="flex max-w-md items-center gap-4"
      >
        {({ state }) => (
          <>
            <SliderTrack className="relative h-6 flex-1">
              <span className="absolute inset-x-0 top-1/2 h-1.5 -translate-y-1/2 rounded-full bg-line">
                <span
                  className="block h-full rounded-full bg-accent"
                  style={{ width: `${state.getThumbPercent(0) * 100}%` }}
                />
              </span>
              <SliderThumb className="top-1/2 size-5 rounded-full border-2 border-accent bg-surface dragging:bg-accent focus-visible:outline-2 focus-visible:outline-offset-2 focus-visible:outline-ring" />
            </SliderTrack>
            <span className="w-12 text-right text-base font-semibold tabular-nums">
              {state.getThumbValueLabel(0)}
            </span>
          </>
        )}
      </Slider>
    </Card>
  )
}

const GOAL_ROW = 'grid items-center justify-items-start gap-x-2 gap-y-1 sm:grid-cols-[7rem_minmax(0,1fr)]'

function GoalCard({ state, change, missing }: AudienceProps) {
  const t = useT()
  const { goal } = state
  return (
    <Card title={t.editor.goal}>
      <p className="mb-3 max-w-2xl text-sm text-ink2">{t.editor.goalBody}</p>
      <Switch
        isSelected={goal !== null}
        onChange={on =>
          change({ goal: on ? { select: { event: '' }, within: GOAL_WITHIN, revenue: '' } : null })
        }
        className="group flex w-fit cursor-default items-center gap-2 rounded-sm text-sm font-medium"
      >
        <span className="flex h-5 w-9 items-center rounded-full bg-line2 p-0.5 transition-colors group-selected:bg-accent group-focus-visible:outline-2 group-focus-visible:outline-offset-2 group-focus-visible:outline-ring">
          <span className="size-4 rounded-full bg-white transition-transform group-selected:translate-x-4" />
        </span>
        {t.editor.measure}
      </Switch>
      {goal && (
        <div className="mt-4 flex flex-col gap-3">
          <div className={GOAL_ROW}>
            <span className="text-sm text-ink2">{t.editor.goalEvent}</span>
            <EventPicker
              label={t.editor.goalEvent}
              value={goal.select}
              onChange={select =>
                change({
                  goal: {
                    ...goal,
                    select,
                    revenue:
                      select && 'event' in select && select.event === 'Order Completed'
                        ? 'event.revenue'
                        : goal.revenue,
                  },
                })
              }
              className="w-64"
            />
            {missing.includes('goal') && (
              <span className="text-xs font-medium text-bad sm:col-start-2">{t.editor.missing.goal}</span>
            )}
          </div>
          {eventOf(goal.select) !== '' && (
            <div className="sm:pl-30">
              <FilterEditor
                event={eventOf(goal.select)}
                value={goal.select.where}
                onChange={where => {
                  const { where: _, ...rest } = goal.select
                  change({ goal: { ...goal, select: where ? { ...rest, where } : rest } })
                }}
              />
            </div>
          )}
          <div className={GOAL_ROW}>
            <span className="text-sm text-ink2">{t.editor.goalWithin}</span>
            <DurationField
              label={t.editor.goalWithin}
              value={goal.within}
              units={['hour', 'day']}
              maxValue={goal.within.unit === 'day' ? 30 : 720}
              onChange={within => change({ goal: { ...goal, within } })}
            />
          </div>
          <div className={GOAL_ROW}>
            <span className="text-sm text-ink2">{t.editor.goalRevenue}</span>
            <PropertyPicker
              label={t.editor.goalRevenue}
              event={eventOf(goal.select)}
              value={goal.revenue || null}
              placeholder={t.editor.noRevenue}
              filter={it => it.ref.startsWith('event.') && it.type === 'number'}
              onChange={revenue => change({ goal: { ...goal, revenue } })}
              className="w-64"
            />
          </div>
        </div>
      )}
    </Card>
  )
}
