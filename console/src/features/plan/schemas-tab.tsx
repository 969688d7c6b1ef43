/** The plan itself: what each event should have, and what becomes of one that does not. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ClipboardList, Download, Sparkles, Upload } from 'lucide-react'
import { useRef, useState } from 'react'
import {
  inferPlan,
  PLAN_CSV,
  type Plan,
  type PlanEvent,
  type PlanMode,
  planQuery,
  savePlan,
  type UnplannedAction,
  type ViolationAction,
} from '~/api/plan'
import { useFormat, useT } from '~/i18n'
import { canonical } from '~/lib/canonical'
import { download } from '~/lib/csv'
import { Button } from '~/ui/button'
import { cx } from '~/ui/cx'
import { TextField } from '~/ui/field'
import { Menu } from '~/ui/menu'
import { Badge, Card } from '~/ui/page'
import { Scroll } from '~/ui/scroll'
import { RadioCards, Select } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { EventSchema } from './event-schema'
import type { TabProps } from './tab'

export function SchemasTab({ event, onChange }: Pick<TabProps, 'event' | 'onChange'>) {
  const { data, error, refetch } = useQuery(planQuery)
  if (error) {
    return (
      <Card>
        <Failed error={error} onRetry={() => void refetch()} />
      </Card>
    )
  }
  if (!data) {
    return (
      <Card>
        <SkeletonRows />
      </Card>
    )
  }
  return <PlanEditor key={data.version} saved={data} event={event} onChange={onChange} />
}

const MODES: readonly PlanMode[] = ['off', 'shadow', 'enforce']
export const ACTIONS: readonly ViolationAction[] = ['flag', 'omit', 'block']
const UNPLANNED: readonly UnplannedAction[] = ['allow', 'flag', 'block']

interface PlanEditorProps extends Pick<TabProps, 'event' | 'onChange'> {
  saved: Plan
}

function PlanEditor({ saved, event, onChange }: PlanEditorProps) {
  const t = useT()
  const format = useFormat()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [plan, setPlan] = useState(saved)
  const change = (part: Partial<Plan>) => setPlan(it => ({ ...it, ...part }))
  const isChanged = canonical(plan) !== canonical(saved)
  const add = (events: PlanEvent[]) => {
    const known = new Set(plan.events.map(it => it.name))
    const fresh = events.filter(it => !known.has(it.name))
    change({ events: [...plan.events, ...fresh] })
    return fresh.length
  }
  const infer = async () => {
    try {
      const n = add(await inferPlan(null))
      toasts.say(n > 0 ? t.plan.inferred(format.number(n)) : t.plan.nothingInferred)
    } catch (error) {
      toasts.fail(error)
    }
  }
  const save = async () => {
    try {
      const next = await savePlan(plan)
      toasts.say(t.plan.saved(format.number(next.version)))
      queryClient.setQueryData(planQuery.queryKey, next)
      await queryClient.invalidateQueries({ queryKey: ['catalog'] })
      await queryClient.invalidateQueries({ queryKey: ['plan'] })
    } catch (error) {
      toasts.fail(error)
    }
  }
  const chosen = plan.events.find(it => it.name === event) ?? plan.events[0]
  return (
    <div className="flex flex-col gap-4">
      <Card
        title={
          <span className="flex items-baseline gap-2">
            {t.plan.mode}
            {isChanged && <Badge tone="warn">{t.plan.unsaved}</Badge>}
          </span>
        }
        actions={
          <>
            {isChanged && (
              <Button size="sm" look="ghost" onPress={() => setPlan(saved)}>
                {t.plan.discard}
              </Button>
            )}
            <Button size="sm" look="primary" isDisabled={!isChanged} onPress={() => void save()}>
              {t.plan.save}
            </Button>
          </>
        }
      >
        <div className="flex flex-col gap-4">
          <ModeCards value={plan.mode} onChange={mode => change({ mode })} />
          <div className="flex flex-wrap gap-4">
            <Select
              label={t.plan.defaultAction}
              value={plan.default_action}
              onChange={default_action => change({ default_action })}
              className="min-w-56"
              options={ACTIONS.map(it => ({ id: it, label: t.plan.actions[it] }))}
            />
            <Select
              label={t.plan.unplanned}
              value={plan.unplanned}
              onChange={unplanned => change({ unplanned })}
              className="min-w-56"
              options={UNPLANNED.map(it => ({ id: it, label: t.plan.unplannedActions[it] }))}
            />
          </div>
        </div>
      </Card>
      <div className="grid items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <Card flush title={t.plan.planned} actions={<Files plan={plan} onImport={setPlan} />}>
          <div className="flex flex-col gap-2 px-3 pb-3">
            <NewEvent onAdd={name => add([{ name, description: '', owner: '', schema: {}, action: null }])} />
            <Button onPress={() => void infer()}>
              <Sparkles size={14} aria-hidden />
              {t.plan.infer}
            </Button>
          </div>
          {plan.events.length > 0 && (
            <Scroll
              label={t.plan.planned}
              className="max-h-[36rem] overflow-y-auto border-t border-line p-1.5"
            >
              <ul>
                {plan.events.map(it => (
                  <li key={it.name}>
                    <button
                      type="button"
                      aria-current={it === chosen}
                      onClick={() => onChange({ event: it.name })}
                      className={cx(
                        'block w-full truncate rounded-md px-2 py-1.5 text-left text-sm focus-visible:-outline-offset-2',
                        it === chosen ? 'bg-accent-bg font-semibold' : 'hover:bg-sunken',
                      )}
                    >
                      {it.name}
                    </button>
                  </li>
                ))}
              </ul>
            </Scroll>
          )}
        </Card>
        {chosen ? (
          <EventSchema
            key={chosen.name}
            event={chosen}
            onChange={next => change({ events: plan.events.map(it => (it === chosen ? next : it)) })}
            onRemove={() => change({ events: plan.events.filter(it => it !== chosen) })}
          />
        ) : (
          <Card>
            <Empty icon={<ClipboardList size={20} aria-hidden />} title={t.plan.noPlan}>
              {t.plan.noPlanBody}
            </Empty>
          </Card>
        )}
      </div>
    </div>
  )
}

function ModeCards({ value, onChange }: { value: PlanMode; onChange: (mode: PlanMode) => void }) {
  const t = useT()
  return (
    <RadioCards
      label={t.plan.mode}
      hideLabel
      columns={3}
      value={value}
      onChange={onChange}
      options={MODES.map(it => ({ id: it, label: t.plan.modes[it], note: t.plan.modeNotes[it] }))}
    />
  )
}

function NewEvent({ onAdd }: { onAdd: (name: string) => void }) {
  const t = useT()
  const [name, setName] = useState('')
  return (
    <form
      aria-label={t.plan.addEvent}
      className="flex gap-2"
      onSubmit={event => {
        event.preventDefault()
        if (name.trim() === '') return
        onAdd(name.trim())
        setName('')
      }}
    >
      <TextField
        label={t.plan.newEvent}
        hideLabel
        placeholder={t.plan.newEvent}
        value={name}
        onChange={setName}
        className="flex-1"
      />
      <Button type="submit" isDisabled={name.trim() === ''}>
        {t.plan.addEvent}
      </Button>
    </form>
  )
}

/** The plan as a file, out and in. */
function Files({ plan, onImport }: { plan: Plan; onImport: (plan: Plan) => void }) {
  const t = useT()
  const format = useFormat()
  const toasts = useToasts()
  const input = useRef<HTMLInputElement>(null)
  const read = async (file: File | undefined) => {
    if (!file) return
    try {
      const told: unknown = JSON.parse(await file.text())
      const events = told && typeof told === 'object' && 'events' in told ? told.events : null
      if (!Array.isArray(events)) throw new Error(t.plan.notAPlan)
      // The version that is replaced is the one in force, whatever the file says.
      onImport({ ...plan, ...(told as Partial<Plan>), version: plan.version })
      toasts.say(t.plan.imported(format.number(events.length)))
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json"
        hidden
        aria-hidden
        tabIndex={-1}
        onChange={event => {
          void read(event.target.files?.[0])
          event.target.value = ''
        }}
      />
      <Menu
        trigger={
          <Button size="sm" look="ghost">
            <Download size={14} aria-hidden />
            {t.plan.export}
          </Button>
        }
        actions={[
          {
            id: 'json',
            label: t.plan.exportJson,
            icon: <Download size={14} aria-hidden />,
            onAction: () => download('plan.json', JSON.stringify(plan, null, 2), 'application/json'),
          },
          {
            id: 'csv',
            label: t.plan.exportCsv,
            icon: <Download size={14} aria-hidden />,
            onAction: () => window.location.assign(PLAN_CSV),
          },
          {
            id: 'import',
            label: t.plan.import,
            icon: <Upload size={14} aria-hidden />,
            onAction: () => input.current?.click(),
          },
        ]}
      />
    </>
  )
}
