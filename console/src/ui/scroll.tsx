/** A region that scrolls by itself, reachable by keyboard and named for those who cannot see it. */
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'

export function Scroll({
  label,
  className,
  children,
}: {
  label: string
  className?: string
  children: ReactNode
}) {
  const box = useRef<HTMLElement>(null)
  const [scrolls, setScrolls] = useState(false)
  useLayoutEffect(() => {
    const it = box.current
    if (!it) return
    const look = () => setScrolls(it.scrollWidth > it.clientWidth || it.scrollHeight > it.clientHeight)
    // The box changes with the window, its content with the data.
    const observer = new ResizeObserver(look)
    observer.observe(it)
    for (const child of it.children) observer.observe(child)
    return () => observer.disconnect()
  }, [])
  return (
    <section
      ref={box}
      aria-label={label}
      // Arrow keys scroll it once it has the focus; one that shows everything is no stop on the way.
      tabIndex={scrolls ? 0 : undefined}
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
