/** What a step says besides its event: whether it may be left out, which of a person's events it takes, its place. */
import { ArrowDown, ArrowUp, Check, Ellipsis, X } from 'lucide-react'
import {
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  type Selection,
  Separator,
} from 'react-aria-components'
import type { FunnelStepQuery, Occurrence } from '~/api/types'
import { useT } from '~/i18n'
import { Button, IconButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { NumberField } from '~/ui/field'
import { Badge } from '~/ui/page'
import { itemClass, popoverClass } from '~/ui/select'

const OCCURRENCES = ['every', 'first_ever', 'first_matching', 'nth_ever'] as const
type OccurrenceKind = (typeof OCCURRENCES)[number]

const NTH_AT_FIRST = 2
const NTH_MAX = 10_000

const kindOf = (it: Occurrence | null | undefined): OccurrenceKind =>
  !it ? 'every' : 'nth_ever' in it ? 'nth_ever' : 'first_ever' in it ? 'first_ever' : 'first_matching'

function withOccurrence(step: FunnelStepQuery, occurrence: Occurrence | null): FunnelStepQuery {
  const { occurrence: _, ...rest } = step
  return (occurrence ? { ...rest, occurrence } : rest) as FunnelStepQuery
}

function occurrenceOf(kind: OccurrenceKind): Occurrence | null {
  if (kind === 'every') return null
  if (kind === 'nth_ever') return { nth_ever: NTH_AT_FIRST }
  return kind === 'first_ever' ? { first_ever: true } : { first_matching: true }
}

interface StepProps {
  step: FunnelStepQuery
  /** The place allows it and so does the order. */
  canBeOptional: boolean
  onChange: (step: FunnelStepQuery) => void
}

interface StepMenuProps extends StepProps {
  label: string
  onUp?: () => void
  onDown?: () => void
}

export function StepMenu({ step, canBeOptional, label, onChange, onUp, onDown }: StepMenuProps) {
  const t = useT()
  const setOptional = (keys: Selection) => {
    const { optional: _, ...rest } = step
    const isOptional = keys === 'all' || keys.size > 0
    onChange((isOptional ? { ...rest, optional: true } : rest) as FunnelStepQuery)
  }
  const setOccurrence = (keys: Selection) => {
    const [kind] = keys === 'all' ? [] : keys
    if (kind !== undefined) onChange(withOccurrence(step, occurrenceOf(kind as OccurrenceKind)))
  }
  return (
    <MenuTrigger>
      <Button look="ghost" size="icon-sm" aria-label={t.options.more(label)}>
        <Ellipsis size={14} aria-hidden />
      </Button>
      <Popover placement="bottom end" className={cx(popoverClass, 'min-w-56')}>
        <Menu className="p-1 outline-none" aria-label={t.options.more(label)}>
          {canBeOptional && (
            <MenuSection
              aria-label={t.options.optional}
              selectionMode="multiple"
              selectedKeys={step.optional ? ['optional'] : []}
              onSelectionChange={setOptional}
            >
              <Item id="optional" label={t.options.optional} />
            </MenuSection>
          )}
          {canBeOptional && <Separator className="my-1 h-px bg-line" />}
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[kindOf(step.occurrence)]}
            onSelectionChange={setOccurrence}
          >
            <Header className="px-2 pt-1 pb-1 text-xs font-medium text-ink3">{t.options.occurrence}</Header>
            {OCCURRENCES.map(it => (
              <Item key={it} id={it} label={t.options.occurrences[it]} />
            ))}
          </MenuSection>
          {(onUp || onDown) && <Separator className="my-1 h-px bg-line" />}
          {onUp && (
            <MenuItem id="up" textValue={t.charts.moveUp} onAction={onUp} className={itemClass}>
              <ArrowUp size={14} aria-hidden />
              {t.charts.moveUp}
            </MenuItem>
          )}
          {onDown && (
            <MenuItem id="down" textValue={t.charts.moveDown} onAction={onDown} className={itemClass}>
              <ArrowDown size={14} aria-hidden />
              {t.charts.moveDown}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}

function Item({ id, label }: { id: string; label: string }) {
  return (
    <MenuItem id={id} textValue={label} className={itemClass}>
      {({ isSelected }) => (
        <>
          <span className="grid size-3.5 shrink-0 place-items-center">
            {isSelected && <Check size={14} aria-hidden className="text-accent" />}
          </span>
          {label}
        </>
      )}
    </MenuItem>
  )
}

/** What the menu has set, in sight under the event. */
export function StepNotes({ step, canBeOptional, onChange }: StepProps) {
  const t = useT()
  const { occurrence } = step
  const isOptional = step.optional && canBeOptional
  if (!isOptional && !occurrence) return null
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {isOptional && (
        <span title={t.options.optionalNote}>
          <Badge>{t.options.optionalBadge}</Badge>
        </span>
      )}
      {occurrence &&
        ('nth_ever' in occurrence ? (
          <span className="flex items-center gap-1.5 text-sm text-ink2">
            <span aria-hidden>{t.options.nthBefore}</span>
            <NumberField
              label={t.options.nth}
              hideLabel
              value={occurrence.nth_ever}
              minValue={1}
              maxValue={NTH_MAX}
              onChange={n => onChange(withOccurrence(step, { nth_ever: Math.round(n) }))}
              className="w-14"
              inputClassName="h-7 text-center"
            />
            <span aria-hidden>{t.options.nthAfter}</span>
          </span>
        ) : (
          <Badge>
            {t.options.occurrenceShort['first_ever' in occurrence ? 'first_ever' : 'first_matching']}
          </Badge>
        ))}
      {occurrence && (
        <IconButton
          size="sm"
          label={t.options.clearOccurrence}
          onPress={() => onChange(withOccurrence(step, null))}
        >
          <X size={13} aria-hidden />
        </IconButton>
      )}
    </div>
  )
}
