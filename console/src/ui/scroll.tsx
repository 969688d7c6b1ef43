/** A region that scrolls by itself, reachable by keyboard and named for those who cannot see it. */
import type { ReactNode } from 'react'

export function Scroll({
  label,
  className,
  children,
}: {
  label: string
  className?: string
  children: ReactNode
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll it once it has the focus
      tabIndex={0}
      className={className}
    >
      {children}
    </section>
  )
}

/** Text as it stands, in a box of its own. */
export function Source({ label, text }: { label: string; text: string }) {
  return (
    <Scroll label={label} className="max-h-[32rem] overflow-auto rounded-md bg-sunken">
      <pre className="p-3 font-mono text-xs leading-relaxed whitespace-pre-wrap [overflow-wrap:anywhere]">
        {text}
      </pre>
    </Scroll>
  )
}
