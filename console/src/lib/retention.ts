/** The rows of a retention sorted by whom they are about. */
import type { RetentionAnswer, RetentionOverall, RetentionRow } from '~/api/types'
import { canonical } from './canonical'

export interface RetentionGroup {
  key: string
  segment: string | null
  group: unknown[]
  overall: boolean
  /** One per bucket. */
  rows: RetentionRow[]
  /** All buckets together, complete cells only; one per interval or bracket. */
  curve: RetentionOverall[]
}

/** One group per segment and value, the row of everyone first. */
export function retentionGroups(result: RetentionAnswer['result']): RetentionGroup[] {
  const groups = new Map<string, RetentionGroup>()
  const of = (it: RetentionRow | RetentionOverall): RetentionGroup => {
    const overall = it.overall ?? false
    const key = canonical([it.segment, it.group, overall])
    const known = groups.get(key)
    if (known) return known
    const fresh = { key, segment: it.segment, group: it.group, overall, rows: [], curve: [] }
    groups.set(key, fresh)
    return fresh
  }
  for (const it of result.rows) of(it).rows.push(it)
  for (const it of result.overall) of(it).curve.push(it)
  const all = [...groups.values()]
  return [...all.filter(it => it.overall), ...all.filter(it => !it.overall)]
}
