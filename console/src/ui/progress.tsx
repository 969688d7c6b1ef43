/** How far something has come. */
import { ProgressBar } from 'react-aria-components'

interface ProgressProps {
  label: string
  /** From 0 to 1; unknown while the end is not known. */
  share: number | null
  /** What is said of it, such as `3 MB of 10 MB`. */
  said: string
}

export function Progress({ label, share, said }: ProgressProps) {
  return (
    <ProgressBar
      aria-label={label}
      value={share === null ? undefined : share * 100}
      isIndeterminate={share === null}
      valueLabel={said}
      className="flex flex-col gap-1.5"
    >
      <div className="h-2 overflow-hidden rounded-full bg-sunken">
        <div
          className={
            share === null ? 'skeleton h-full w-full' : 'h-full rounded-full bg-accent transition-[width]'
          }
          style={share === null ? undefined : { width: `${Math.min(100, share * 100)}%` }}
        />
      </div>
      <p className="text-xs text-ink2 tabular-nums">{said}</p>
    </ProgressBar>
  )
}
