/** What one event should have: a row per property, or the schema as JSON. */
import { Plus, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import type { PlanEvent, ViolationAction } from '~/api/plan'
import { useT } from '~/i18n'
import {
  enumValues,
  isClosed,
  SCHEMA_TYPES,
  type Schema,
  type SchemaRow,
  schemaRows,
  withClosed,
  withoutRow,
  withRow,
} from '~/lib/plan-schema'
import { Button, IconButton } from '~/ui/button'
import { TickBox } from '~/ui/check'
import { TextArea, TextField } from '~/ui/field'
import { Card } from '~/ui/page'
import { Segmented, Select } from '~/ui/select'
import { Table, Td, Th } from '~/ui/table'

const ACTIONS: readonly ViolationAction[] = ['flag', 'omit', 'block']

interface EventSchemaProps {
  event: PlanEvent
  onChange: (event: PlanEvent) => void
  onRemove: () => void
}

export function EventSchema({ event, onChange, onRemove }: EventSchemaProps) {
  const t = useT()
  const [as, setAs] = useState<'table' | 'json'>('table')
  const setSchema = (schema: Schema) => onChange({ ...event, schema })
  return (
    <Card
      flush
      title={<span className="break-words">{event.name}</span>}
      actions={
        <>
          <Segmented
            label={t.plan.schema}
            value={as}
            onChange={setAs}
            options={[
              { id: 'table', label: t.plan.asTable },
              { id: 'json', label: t.plan.asJson },
            ]}
          />
          <IconButton label={t.plan.removeEvent} onPress={onRemove}>
            <Trash2 size={14} aria-hidden />
          </IconButton>
        </>
      }
    >
      <div className="grid gap-3 px-4 pb-4 sm:grid-cols-[2fr_1fr_1fr]">
        <TextField
          label={t.plan.description}
          value={event.description}
          onChange={description => onChange({ ...event, description })}
        />
        <TextField
          label={t.plan.owner}
          value={event.owner}
          onChange={owner => onChange({ ...event, owner })}
        />
        <Select
          label={t.plan.ownAction}
          value={event.action ?? 'plan'}
          onChange={it => onChange({ ...event, action: it === 'plan' ? null : it })}
          options={[
            { id: 'plan', label: t.plan.likeThePlan },
            ...ACTIONS.map(it => ({ id: it, label: t.plan.actions[it] })),
          ]}
        />
      </div>
      {as === 'json' ? (
        <SchemaText schema={event.schema} onChange={setSchema} />
      ) : (
        <SchemaTable schema={event.schema} onChange={setSchema} />
      )}
    </Card>
  )
}

interface SchemaProps {
  schema: Schema
  onChange: (schema: Schema) => void
}

function SchemaTable({ schema, onChange }: SchemaProps) {
  const t = useT()
  const rows = schemaRows(schema)
  const names = new Set(rows.map(it => it.name))
  return (
    <>
      <Table label={t.plan.properties}>
        <thead>
          <tr>
            <Th>{t.plan.property}</Th>
            <Th>{t.plan.type}</Th>
            <Th>{t.plan.required}</Th>
            <Th>{t.plan.values}</Th>
            <Th>{t.plan.description}</Th>
            <Th />
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a property may be renamed; its place stays
            <tr key={index} className="border-b border-line/70 last:border-b-0">
              <RowFields
                row={row}
                taken={names}
                onChange={next => onChange(withRow(schema, row.name, next))}
                onRemove={() => onChange(withoutRow(schema, row.name))}
              />
            </tr>
          ))}
        </tbody>
      </Table>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2 border-t border-line px-4 py-3">
        <NewProperty
          taken={names}
          onAdd={name =>
            onChange(
              withRow(schema, name, {
                name,
                type: 'string',
                isRequired: false,
                values: [],
                description: '',
                hasMore: false,
              }),
            )
          }
        />
        <div className="flex items-center gap-1.5 text-sm">
          <TickBox
            label={t.plan.closed}
            isSelected={isClosed(schema)}
            onChange={closed => onChange(withClosed(schema, closed))}
          />
          <span aria-hidden>{t.plan.closed}</span>
        </div>
      </div>
    </>
  )
}

interface RowFieldsProps {
  row: SchemaRow
  taken: ReadonlySet<string>
  onChange: (row: SchemaRow) => void
  onRemove: () => void
}

function RowFields({ row, taken, onChange, onRemove }: RowFieldsProps) {
  const t = useT()
  return (
    <>
      <Td className="min-w-40">
        <Finished
          label={t.plan.nameOf(row.name)}
          value={row.name}
          // Two properties of one name would be one.
          onFinish={name => name !== '' && !taken.has(name) && onChange({ ...row, name })}
        />
        {row.hasMore && <span className="block text-xs text-ink3">{t.plan.more}</span>}
      </Td>
      <Td>
        <Select
          label={t.plan.typeOf(row.name)}
          hideLabel
          value={row.type}
          onChange={type => onChange({ ...row, type })}
          options={SCHEMA_TYPES.map(it => ({ id: it, label: t.plan.schemaTypes[it] }))}
        />
      </Td>
      <Td>
        <TickBox
          label={t.plan.requiredOf(row.name)}
          isSelected={row.isRequired}
          onChange={isRequired => onChange({ ...row, isRequired })}
        />
      </Td>
      <Td className="min-w-40">
        <Finished
          label={t.plan.valuesOf(row.name)}
          placeholder={t.plan.anyValue}
          value={row.values.join(', ')}
          onFinish={text => onChange({ ...row, values: enumValues(text, row.type) })}
        />
      </Td>
      <Td className="min-w-44">
        <TextField
          label={t.plan.meaningOf(row.name)}
          hideLabel
          value={row.description}
          onChange={description => onChange({ ...row, description })}
        />
      </Td>
      <Td right>
        <IconButton size="sm" label={t.charts.remove(row.name)} onPress={onRemove}>
          <X size={14} aria-hidden />
        </IconButton>
      </Td>
    </>
  )
}

interface FinishedProps {
  label: string
  value: string
  placeholder?: string
  onFinish: (text: string) => void
}

/** A text that takes effect when the field is left: half of it would be another value. */
function Finished({ label, value, placeholder, onFinish }: FinishedProps) {
  const [text, setText] = useState(value)
  const [last, setLast] = useState(value)
  if (value !== last) {
    setLast(value)
    setText(value)
  }
  const finish = () => {
    const next = text.trim()
    if (next !== value) {
      onFinish(next)
      setText(value)
    }
  }
  return (
    <TextField
      label={label}
      hideLabel
      placeholder={placeholder}
      value={text}
      onChange={setText}
      onBlur={finish}
      onKeyDown={event => event.key === 'Enter' && !event.nativeEvent.isComposing && finish()}
    />
  )
}

function NewProperty({ taken, onAdd }: { taken: ReadonlySet<string>; onAdd: (name: string) => void }) {
  const t = useT()
  const [name, setName] = useState('')
  const ready = name.trim() !== '' && !taken.has(name.trim())
  return (
    <form
      aria-label={t.plan.addProperty}
      className="flex gap-2"
      onSubmit={event => {
        event.preventDefault()
        if (!ready) return
        onAdd(name.trim())
        setName('')
      }}
    >
      <TextField
        label={t.plan.property}
        hideLabel
        placeholder={t.plan.property}
        value={name}
        onChange={setName}
        className="w-44"
      />
      <Button type="submit" isDisabled={!ready}>
        <Plus size={14} aria-hidden />
        {t.plan.addProperty}
      </Button>
    </form>
  )
}

function SchemaText({ schema, onChange }: SchemaProps) {
  const t = useT()
  const [text, setText] = useState(() => JSON.stringify(schema, null, 2))
  const [wrong, setWrong] = useState<string | null>(null)
  return (
    <div className="px-4 pb-4">
      <TextArea
        label={t.plan.schema}
        hideLabel
        code
        rows={18}
        value={text}
        error={wrong}
        onChange={next => {
          setText(next)
          try {
            const value: unknown = JSON.parse(next)
            if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('{…}')
            setWrong(null)
            onChange(value as Schema)
          } catch (error) {
            setWrong(error instanceof Error ? error.message : String(error))
          }
        }}
      />
    </div>
  )
}
