/** A part of a form that is folded away until it is wanted; what it says stays in sight. */
import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import {
  Button as AriaButton,
  Disclosure as AriaDisclosure,
  DisclosurePanel,
  Heading,
} from 'react-aria-components'
import { cx } from './cx'

interface DisclosureProps {
  title: ReactNode
  /** In a few words, what is set inside; shown while it is folded away. */
  summary?: ReactNode
  children: ReactNode
  className?: string
}

export function Disclosure({ title, summary, children, className }: DisclosureProps) {
  return (
    <AriaDisclosure className={cx('group/fold', className)}>
      <Heading level={2} className="text-sm font-semibold">
        <AriaButton
          slot="trigger"
          className="-mx-1 flex w-full items-center gap-1 rounded-md px-1 text-left hover:text-accent"
        >
          <ChevronRight
            size={14}
            aria-hidden
            className="-ml-0.5 shrink-0 text-ink3 transition-transform group-expanded/fold:rotate-90"
          />
          {title}
        </AriaButton>
      </Heading>
      {summary && <p className="mt-1 pl-4 text-xs text-ink2 first-letter:uppercase">{summary}</p>}
      {/* Hidden, it takes no room: no padding of its own. */}
      <DisclosurePanel>
        <div className="pt-3">{children}</div>
      </DisclosurePanel>
    </AriaDisclosure>
  )
}
