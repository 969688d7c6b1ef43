/** Plain tables: real `<table>` elements, numbers to the right, rows that light up. */
import type { ReactNode } from 'react'
import { Button } from './button'
import { cx } from './cx'
import { Scroll } from './scroll'

export function Table({
  label,
  children,
  className,
}: {
  label: string
  children: ReactNode
  className?: string
}) {
  return (
    <Scroll label={label} className={cx('relative overflow-x-auto rounded-b-xl', className)}>
      <table className="w-full border-collapse text-sm [&_.text-right+:not(.text-right)]:pl-8">
        {children}
      </table>
    </Scroll>
  )
}

export function Th({
  children,
  right,
  className,
}: {
  children?: ReactNode
  right?: boolean
  className?: string
}) {
  return (
    <th
      scope="col"
      className={cx(
        'h-9 border-b border-line px-3 text-xs font-medium whitespace-nowrap text-ink3 first:pl-4 last:pr-4',
        right ? 'text-right' : 'text-left',
        className,
      )}
    >
      {children}
    </th>
  )
}

export function Tr({ children, className }: { children: ReactNode; className?: string }) {
  return <tr className={cx('border-b border-line/70 last:border-b-0 hover:bg-bg', className)}>{children}</tr>
}

interface TdProps {
  children?: ReactNode
  right?: boolean
  muted?: boolean
  className?: string
  span?: number
}

export function Td({ children, right, muted, className, span }: TdProps) {
  return (
    <td
      colSpan={span}
      className={cx(
        'h-10 px-3 py-1.5 first:pl-4 last:pr-4',
        right && 'text-right whitespace-nowrap',
        muted ? 'text-ink2' : 'text-ink',
        className,
      )}
    >
      {children}
    </td>
  )
}

interface MoreProps {
  label: string
  hasMore: boolean
  isLoading: boolean
  onMore: () => void
}

/** Asks for the next page of a list. */
export function More({ label, hasMore, isLoading, onMore }: MoreProps) {
  if (!hasMore) return null
  return (
    <div className="flex justify-center border-t border-line p-3">
      <Button size="sm" onPress={onMore} isDisabled={isLoading}>
        {label}
      </Button>
    </div>
  )
}
