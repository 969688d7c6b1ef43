/** Events as they pass: asked for again and again, each answer waiting a little for the next event. */
import { useCallback, useEffect, useState } from 'react'
import { answer, client, given } from './client'
import type { LiveEvent, LiveOutcome } from './types'

export interface LiveFilter {
  event: string
  id: string
  outcome: LiveOutcome | ''
}

/** Rows on the page; older ones are in the timelines and charts. */
const ROWS_MAX = 300
const WAIT_SECONDS = 5
const RETRY_MS = 2_000

interface Shown {
  /** Newest first; none while the first answer is awaited. */
  events: LiveEvent[] | null
  error: unknown
}

const NOTHING: Shown = { events: null, error: null }

/** The newest events that pass `filter`, growing until paused; `retry` asks at once after a failure. */
export function useLiveEvents({ event, id, outcome }: LiveFilter, isPaused: boolean) {
  const [shown, setShown] = useState(NOTHING)
  const [attempt, setAttempt] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter begins anew, a pause does not
  useEffect(() => setShown(NOTHING), [event, id, outcome])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
  useEffect(() => {
    if (isPaused) return
    const stop = new AbortController()
    void follow({ event, id, outcome }, stop.signal, setShown)
    return () => stop.abort()
  }, [event, id, outcome, isPaused, attempt])

  const retry = useCallback(() => setAttempt(it => it + 1), [])
  return { ...shown, retry }
}

async function follow(filter: LiveFilter, signal: AbortSignal, show: (next: (was: Shown) => Shown) => void) {
  let after: number | undefined
  while (!signal.aborted) {
    try {
      const query = {
        after,
        wait: after === undefined ? 0 : WAIT_SECONDS,
        event: given(filter.event),
        id: given(filter.id),
        outcome: filter.outcome === '' ? undefined : filter.outcome,
      }
      const page = await answer(client.GET('/api/v1/events/live', { params: { query }, signal }))
      if (signal.aborted) return
      after = page.last
      const newer = page.events.toReversed() as LiveEvent[]
      show(was => ({ events: merged(newer, was.events ?? []), error: null }))
    } catch (error) {
      if (signal.aborted) return
      show(was => ({ ...was, error }))
      await new Promise(done => setTimeout(done, RETRY_MS))
    }
  }
}

/** After a pause or a restart of the server the answer may repeat what is shown, or count from one again. */
export function merged(newer: LiveEvent[], shown: LiveEvent[]): LiveEvent[] {
  const key = (it: LiveEvent) => `${it.number} ${it.received_at}`
  const known = new Set(shown.map(key))
  return [...newer.filter(it => !known.has(key(it))), ...shown].slice(0, ROWS_MAX)
}
