/** What the command palette shows for what was typed: a bounded number of the best of each kind. */
import { gradeMatch, gradeOrder } from './match'

export type Kind = 'places' | 'actions' | 'campaigns' | 'cohorts' | 'events' | 'people'

export interface Entry {
  id: string
  label: string
  /** Searched as well, not shown: the same in other words. */
  also?: string
}

export interface Source<E extends Entry> {
  kind: Kind
  entries: readonly E[]
  /** `found`: the server has searched already, and the order is its own. */
  search: 'here' | 'found'
  state: 'ready' | 'loading' | 'failed'
  /** Shown before anything is typed. */
  isMenu?: boolean
}

export interface Section<E extends Entry> {
  kind: Kind
  entries: E[]
  /** There are more than the ones shown. */
  hasMore: boolean
  isFailed: boolean
}

/** Of each kind; six kinds make a list that the arrow keys still walk. */
export const SHOWN_MAX = 5
/** Before anything is typed, all places are shown; the console has fewer than this. */
export const MENU_MAX = 20

function here<E extends Entry>(entries: readonly E[], query: string): { entry: E; order: number }[] {
  return entries
    .flatMap(entry => {
      const own = gradeMatch(entry.label, query)
      if (own !== null) return [{ entry, order: gradeOrder(own) }]
      // Found by other words only: after everything that is found by its name.
      const other = entry.also === undefined ? null : gradeMatch(entry.also, query)
      return other === null ? [] : [{ entry, order: gradeOrder(other) + 10 }]
    })
    .sort((a, b) => a.order - b.order)
}

/** Sections with something to show, the one with the best match first; people, who come later, stay last. */
export function sectionsOf<E extends Entry>(sources: readonly Source<E>[], query: string): Section<E>[] {
  const asked = query.trim()
  const sections = sources.map(source => {
    const { kind, entries, state } = source
    if (asked === '') {
      const shown = source.isMenu ? entries.slice(0, MENU_MAX) : []
      return { section: { kind, entries: shown, hasMore: false, isFailed: false }, order: 0 }
    }
    const found =
      source.search === 'found' ? entries.map(entry => ({ entry, order: 100 })) : here(entries, asked)
    return {
      section: {
        kind,
        entries: found.slice(0, SHOWN_MAX).map(it => it.entry),
        hasMore: found.length > SHOWN_MAX,
        isFailed: state === 'failed',
      },
      order: found[0]?.order ?? 200,
    }
  })
  return sections
    .filter(it => it.section.entries.length > 0 || it.section.isFailed)
    .sort((a, b) => a.order - b.order)
    .map(it => it.section)
}
