/** A button that opens a list of actions. */
import type { ReactNode } from 'react'
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { cx } from './cx'
import { itemClass, popoverClass } from './select'

export interface Action {
  id: string
  label: string
  icon?: ReactNode
  isDanger?: boolean
  isDisabled?: boolean
  onAction: () => void
}

export function Menu({
  trigger,
  actions,
  header,
}: {
  trigger: ReactNode
  actions: Action[]
  header?: ReactNode
}) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover placement="bottom end" className={cx(popoverClass, 'min-w-44')}>
        {header && <div className="border-b border-line px-3 py-2.5 text-sm">{header}</div>}
        <AriaMenu className="p-1 outline-none">
          {actions.map(it => (
            <MenuItem
              key={it.id}
              id={it.id}
              textValue={it.label}
              isDisabled={it.isDisabled}
              onAction={it.onAction}
              className={cx(itemClass, it.isDanger && 'text-bad!')}
            >
              {it.icon}
              {it.label}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  )
}
