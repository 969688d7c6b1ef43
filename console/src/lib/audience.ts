/** Audiences as the builder edits them: clauses and groups of clauses, all or any, one level deep. */
import type { Audience, CountTest, FilterOp, Scalar, Selector, Window } from '~/api/types'
import { finishedSelector, isChosen, isComplete, toScalars } from './filters'

export type Match = 'all' | 'any'

export type Clause =
  | { kind: 'did'; select: Selector; count: CountTest; within: Window }
  | { kind: 'did_not'; select: Selector; within: Window }
  | { kind: 'profile'; property: string; op: FilterOp; values: Scalar[] }
  | { kind: 'cohort'; cohort: string; inside: boolean }

export interface Group {
  kind: 'group'
  match: Match
  items: Clause[]
}
export interface AudienceState {
  match: Match
  items: (Clause | Group)[]
}

export const EMPTY_AUDIENCE: AudienceState = { match: 'all', items: [] }
export const AT_LEAST_ONCE: CountTest = { op: 'gte', value: 1 }
export const LAST_30_DAYS: Window = { last: 30, unit: 'day' }

function clauseReady(clause: Clause): boolean {
  switch (clause.kind) {
    case 'did':
    case 'did_not':
      return isChosen(clause.select)
    case 'profile':
      return isComplete(clause)
    case 'cohort':
      return clause.cohort !== ''
  }
}

function clauseAudience(clause: Clause): Audience {
  switch (clause.kind) {
    case 'did':
      return { did: finishedSelector(clause.select), count: clause.count, within: clause.within }
    case 'did_not':
      return { did_not: finishedSelector(clause.select), within: clause.within }
    case 'profile': {
      const { property, op, values } = clause
      return op === 'set' || op === 'not_set' ? { profile: property, op } : { profile: property, op, values }
    }
    case 'cohort':
      return clause.inside ? { cohort: clause.cohort } : { not: { cohort: clause.cohort } }
  }
}

const join = (match: Match, items: Audience[]): Audience =>
  match === 'all' ? { all: items } : { any: items }

/** The tree of everything finished; `null` while nothing is. */
export function toAudience(state: AudienceState): Audience | null {
  const items = state.items.flatMap(it => {
    if (it.kind !== 'group') return clauseReady(it) ? [clauseAudience(it)] : []
    const inner = it.items.filter(clauseReady).map(clauseAudience)
    return inner.length > 0 ? [join(it.match, inner)] : []
  })
  return items.length > 0 ? join(state.match, items) : null
}

function fromLeaf(audience: Audience): Clause | null {
  if ('did' in audience) {
    return {
      kind: 'did',
      select: audience.did,
      count: audience.count ?? AT_LEAST_ONCE,
      within: audience.within ?? { ever: true },
    }
  }
  if ('did_not' in audience) {
    return { kind: 'did_not', select: audience.did_not, within: audience.within ?? { ever: true } }
  }
  if ('profile' in audience) {
    const { profile, op, values } = audience
    return typeof profile === 'string'
      ? { kind: 'profile', property: profile, op, values: toScalars(values) }
      : null
  }
  if ('cohort' in audience) return { kind: 'cohort', cohort: audience.cohort, inside: true }
  if ('not' in audience && 'cohort' in audience.not) {
    return { kind: 'cohort', cohort: audience.not.cohort, inside: false }
  }
  return null
}

function parts(audience: Audience): { match: Match; items: Audience[] } | null {
  if ('all' in audience) return { match: 'all', items: audience.all }
  if ('any' in audience) return { match: 'any', items: audience.any }
  return null
}

/** A saved definition in the builder; `null` is one that it can only show. */
export function fromAudience(audience: Audience): AudienceState | null {
  const top = parts(audience) ?? { match: 'all' as const, items: [audience] }
  const items: (Clause | Group)[] = []
  for (const item of top.items) {
    const clause = fromLeaf(item)
    if (clause) {
      items.push(clause)
      continue
    }
    const group = parts(item)
    const inner = group?.items.map(fromLeaf)
    if (!group || !inner || inner.some(it => it === null)) return null
    items.push({ kind: 'group', match: group.match, items: inner.filter(it => it !== null) })
  }
  return { match: top.match, items }
}

/** The cohort an audience is, when it is nothing more than one. */
export function cohortOf(audience: Audience | null | undefined): string | null {
  if (audience && 'cohort' in audience) return audience.cohort
  return null
}

export const EVERYONE: Audience = { all: [] }

export function isEveryone(audience: Audience | null | undefined): boolean {
  return !!audience && 'all' in audience && audience.all.length === 0
}
