/** The conditions of a cohort as sentences; groups hold more of them, one level deep. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { useT } from '~/i18n'
import { AT_LEAST_ONCE, type Clause, type Group, LAST_30_DAYS, type Match } from '~/lib/audience'
import { buttonClass, IconButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { itemClass, popoverClass, Select } from '~/ui/select'
import { ClauseRow } from './clause-row'

type Item = Clause | Group

interface ClauseListProps {
  match: Match
  items: Item[]
  onChange: (match: Match, items: Item[]) => void
  /** Inside a group no further groups are offered. */
  isNested?: boolean
}

const NEW: Record<Clause['kind'] | 'group', () => Item> = {
  did: () => ({ kind: 'did', select: { event: '' }, count: AT_LEAST_ONCE, within: LAST_30_DAYS }),
  did_not: () => ({ kind: 'did_not', select: { event: '' }, within: LAST_30_DAYS }),
  profile: () => ({ kind: 'profile', property: '', op: 'is', values: [] }),
  cohort: () => ({ kind: 'cohort', cohort: '', inside: true }),
  group: () => ({ kind: 'group', match: 'any', items: [] }),
}

export function ClauseList({ match, items, onChange, isNested }: ClauseListProps) {
  const t = useT()
  const [added, setAdded] = useState(-1)
  const replace = (index: number, item: Item) =>
    onChange(
      match,
      items.map((it, i) => (i === index ? item : it)),
    )
  const remove = (index: number) =>
    onChange(
      match,
      items.filter((_, i) => i !== index),
    )
  const add = (kind: keyof typeof NEW) => {
    setAdded(items.length)
    onChange(match, [...items, NEW[kind]()])
  }
  return (
    <div className="flex flex-col gap-2">
      {items.length === 0 && !isNested && <p className="text-sm text-ink2">{t.cohorts.start}</p>}
      <ol className="flex flex-col gap-2">
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition is its place
          <li key={index} className="flex flex-col gap-2">
            {index > 0 && (
              <Select
                label={t.builder.match}
                hideLabel
                plain
                size="sm"
                className="self-start"
                value={match}
                onChange={it => onChange(it, items)}
                options={[
                  { id: 'all', label: t.builder.and, note: t.cohorts.matchAll },
                  { id: 'any', label: t.builder.or, note: t.cohorts.matchAny },
                ]}
              />
            )}
            <div
              className={cx(
                'flex items-start gap-2 rounded-lg border border-line p-2.5',
                item.kind === 'group' ? 'border-dashed border-line2/60' : 'bg-bg',
              )}
            >
              <div className="min-w-0 flex-1">
                {item.kind === 'group' ? (
                  <ClauseList
                    isNested
                    match={item.match}
                    items={item.items}
                    onChange={(next, inner) =>
                      replace(index, {
                        kind: 'group',
                        match: next,
                        items: inner.filter(it => it.kind !== 'group'),
                      })
                    }
                  />
                ) : (
                  <ClauseRow clause={item} isNew={index === added} onChange={it => replace(index, it)} />
                )}
              </div>
              <IconButton size="sm" label={t.cohorts.removeCondition} onPress={() => remove(index)}>
                <X size={14} aria-hidden />
              </IconButton>
            </div>
          </li>
        ))}
      </ol>
      <MenuTrigger>
        <AriaButton className={buttonClass('secondary', 'sm', 'self-start')}>
          <Plus size={14} aria-hidden />
          {t.cohorts.addCondition}
        </AriaButton>
        <Popover placement="bottom start" className={cx(popoverClass, 'min-w-64')}>
          <Menu className="p-1 outline-none" onAction={key => add(key as keyof typeof NEW)}>
            {(['did', 'did_not', 'profile', 'cohort'] as const).map(it => (
              <MenuItem key={it} id={it} textValue={t.cohorts.clauses[it]} className={itemClass}>
                {t.cohorts.clauses[it]}
              </MenuItem>
            ))}
            {!isNested && (
              <MenuItem id="group" textValue={t.cohorts.clauses.group} className={itemClass}>
                {t.cohorts.clauses.group}
              </MenuItem>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
    </div>
  )
}
