/** Conditions on properties: `where category is any of …`. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import type { Filter, FilterOp, PropertyType, Scalar } from '~/api/types'
import { useT } from '~/i18n'
import { fromList, type Leaf, needsValues, OPS_OF, toList } from '~/lib/filters'
import { Button, IconButton } from '~/ui/button'
import { useHeir } from '~/ui/focus'
import { Select } from '~/ui/select'
import { describeFilter, useWords } from './describe'
import { PropertyPicker, useProperties } from './property-picker'
import { ValueField } from './value-field'

interface FilterEditorProps {
  /** Event whose properties are offered first. */
  event?: string
  value: Filter | null | undefined
  onChange: (filter: Filter | undefined) => void
}

export function FilterEditor({ event, value, onChange }: FilterEditorProps) {
  const t = useT()
  const words = useWords()
  const [added, setAdded] = useState(false)
  const [add, focusAdd] = useHeir()
  const list = toList(value)
  if (list === null) {
    return (
      <div className="flex items-start gap-2 text-sm text-ink2">
        <span className="min-w-0 flex-1">{value && describeFilter(value, words)}</span>
        <IconButton size="sm" label={t.builder.removeFilter} onPress={() => onChange(undefined)}>
          <X size={14} aria-hidden />
        </IconButton>
      </div>
    )
  }
  const change = (leaves: Leaf[]) => onChange(fromList({ match: list.match, leaves }))
  const replace = (index: number, leaf: Leaf) => change(list.leaves.map((it, i) => (i === index ? leaf : it)))
  return (
    <div className="flex flex-col gap-1.5">
      {list.leaves.map((leaf, index) => (
        <FilterRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition has no identity but its place
          key={index}
          event={event}
          leaf={leaf}
          lead={
            index === 0 ? (
              <span className="text-sm text-ink3">{t.builder.where}</span>
            ) : (
              <Select
                label={t.builder.match}
                hideLabel
                plain
                size="sm"
                value={list.match}
                onChange={match => onChange(fromList({ match, leaves: list.leaves }))}
                options={[
                  { id: 'all', label: t.builder.and },
                  { id: 'any', label: t.builder.or },
                ]}
              />
            )
          }
          isNew={added && index === list.leaves.length - 1}
          onChange={it => replace(index, it)}
          onRemove={() => {
            change(list.leaves.filter((_, i) => i !== index))
            focusAdd()
          }}
        />
      ))}
      <div>
        <Button
          ref={add}
          look="ghost"
          size="sm"
          className="text-ink3"
          onPress={() => {
            setAdded(true)
            change([...list.leaves, { property: '', op: 'is', values: [] }])
          }}
        >
          <Plus size={14} aria-hidden />
          {t.builder.addFilter}
        </Button>
      </div>
    </div>
  )
}

interface FilterRowProps {
  event?: string
  leaf: Leaf
  lead: React.ReactNode
  isNew: boolean
  onChange: (leaf: Leaf) => void
  onRemove: () => void
}

function FilterRow({ event, leaf, lead, isNew, onChange, onRemove }: FilterRowProps) {
  const t = useT()
  return (
    <div className="flex items-start gap-1.5">
      <div className="flex h-8 shrink-0 items-center">{lead}</div>
      <div className="min-w-0 flex-1">
        <Condition
          event={event}
          property={leaf.property}
          op={leaf.op}
          values={leaf.values ?? []}
          isNew={isNew}
          onChange={onChange}
        />
      </div>
      <IconButton label={t.builder.removeFilter} onPress={onRemove}>
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  )
}

interface ConditionProps {
  event?: string
  property: string
  op: FilterOp
  values?: Scalar[]
  isNew?: boolean
  /** Only properties of the person. */
  isProfile?: boolean
  onChange: (leaf: Leaf) => void
}

const isOfProfile = (it: { ref: string }) => it.ref.startsWith('profile.')

/** Property, operator and value in one line. */
export function Condition({ event, property, op, values = [], isNew, isProfile, onChange }: ConditionProps) {
  const t = useT()
  const { data = [] } = useProperties(event)
  const known = data.find(it => it.ref === property)
  const type: PropertyType = known?.type ?? (values.some(it => typeof it === 'number') ? 'number' : 'text')
  const ops = OPS_OF[type].includes(op) ? OPS_OF[type] : [op, ...OPS_OF[type]]
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <PropertyPicker
        label={t.builder.property}
        event={event}
        value={property || null}
        filter={isProfile ? isOfProfile : undefined}
        isOpenAtStart={isNew && property === ''}
        className="max-w-48"
        onChange={(ref, next) =>
          onChange({
            property: ref,
            op: OPS_OF[next].includes(op) ? op : (OPS_OF[next][0] ?? 'is'),
            values: [],
          })
        }
      />
      {property !== '' && (
        <>
          <Select
            label={t.builder.operator}
            hideLabel
            value={op}
            onChange={next => onChange({ property, op: next, values: sameArity(op, next) ? values : [] })}
            options={ops.map(it => ({ id: it, label: t.ops[it] }))}
          />
          {needsValues(op) && (
            <ValueField
              label={t.builder.value}
              op={op}
              type={type}
              samples={known?.samples ?? []}
              values={values}
              onChange={next => onChange({ property, op, values: next })}
            />
          )}
        </>
      )}
    </div>
  )
}

const arity = (op: FilterOp) =>
  op === 'between' ? 2 : op === 'in_last' || op === 'in_next' ? 3 : needsValues(op) ? 1 : 0
const sameArity = (a: FilterOp, b: FilterOp) => arity(a) === arity(b)
