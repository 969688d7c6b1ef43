/** Keeping the keyboard in place when the thing that has the focus goes away. */
import { useCallback, useRef } from 'react'

/**
 * A button that takes the focus when a neighbour disappears: `ref` is for the button, `take` is called by whatever
 * removes the neighbour. Waits a frame, so that a popover that closes has given its focus back.
 */
export function useHeir() {
  const ref = useRef<HTMLButtonElement>(null)
  const take = useCallback(() => {
    requestAnimationFrame(() => ref.current?.focus())
  }, [])
  return [ref, take] as const
}
