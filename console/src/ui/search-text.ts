/** The text of a page's search field: it goes into the address, without typing having to wait for that. */
import { useEffect, useRef, useState } from 'react'

/**
 * The address follows the field a moment later, so a field that showed the address would swallow keys and break
 * Hangul in the making. This one keeps its own text, and takes that of the address only when something else put it
 * there: Back, a link, the command palette.
 */
export function useSearchText(inAddress: string, write: (text: string) => void) {
  const [text, setText] = useState(inAddress)
  const underWay = useRef<string[]>([])
  useEffect(() => {
    const own = underWay.current.indexOf(inAddress)
    underWay.current = underWay.current.slice(own + 1)
    if (own < 0) setText(inAddress)
  }, [inAddress])
  const change = (next: string) => {
    setText(next)
    underWay.current.push(next)
    write(next)
  }
  return [text, change] as const
}
