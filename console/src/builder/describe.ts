/** Definitions as sentences, in the reader's language. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { cohortsQuery } from '~/api/cohorts'
import type { Audience, CountTest, Filter, Measure, PropertyRef, Selector, Window } from '~/api/types'
import { type Format, useFormat, useT } from '~/i18n'
import type { Messages } from '~/i18n/en'
import { needsValues, propertyName } from '~/lib/filters'

export interface Words {
  t: Messages
  format: Format
  cohortName: (id: string) => string
}

/** What sentences are made of: the catalog, number formats, names of cohorts. */
export function useWords(): Words {
  const t = useT()
  const format = useFormat()
  const { data } = useQuery(cohortsQuery)
  return useMemo(() => {
    const names = new Map(data?.map(it => [it.id, it.name]))
    return { t, format, cohortName: id => names.get(id) ?? t.builder.unknownCohort }
  }, [t, format, data])
}

export function describeSelector(select: Selector, words: Words): string {
  const { t } = words
  const name =
    'event' in select
      ? select.event
      : 'any_event' in select
        ? t.builder.anyEvent
        : select.any_of.map(it => describeSelector(it, words)).join(` ${t.builder.or} `)
  return select.where ? t.sentence.where(name, describeFilter(select.where, words)) : name
}

export function describeFilter(filter: Filter, words: Words): string {
  const { t } = words
  if ('all' in filter) return filter.all.map(it => describeFilter(it, words)).join(t.sentence.and)
  if ('any' in filter) return filter.any.map(it => describeFilter(it, words)).join(t.sentence.or)
  if ('not' in filter) return t.sentence.not(describeFilter(filter.not, words))
  return describeCondition(filter.property, filter.op, filter.values ?? [], words)
}

function describeCondition(
  property: PropertyRef,
  op: keyof Messages['ops'],
  values: unknown[],
  words: Words,
): string {
  const { t, format } = words
  const name = propertyName(property)
  if (!needsValues(op)) return `${name} ${t.ops[op]}`
  const said =
    op === 'between' ? values.map(format.value).join('–') : values.map(format.value).join(` ${t.builder.or} `)
  return t.sentence.condition(name, t.ops[op], said)
}

export function describeWindow(window: Window | null | undefined, words: Words): string {
  const { t, format } = words
  if (!window || 'ever' in window) return t.sentence.ever
  if ('last' in window) return t.sentence.last(t.duration(window.last, window.unit))
  if ('before_last' in window) return t.sentence.beforeLast(t.duration(window.before_last, window.unit))
  if ('first' in window) return t.sentence.first(t.duration(window.first, window.unit))
  if ('since' in window) return t.sentence.since(format.localDate(window.since))
  return t.sentence.between(format.localDate(window.from), format.localDate(window.to))
}

function describeCount(count: CountTest | null | undefined, words: Words): string {
  const { t, format } = words
  const { op, value } = count ?? { op: 'gte' as const, value: 1 }
  if (Array.isArray(value))
    return t.sentence.times(`${format.number(value[0])}–${format.number(value[1])}`, 'between')
  if (op === 'gte' && value === 1) return ''
  return t.sentence.times(format.number(value), op)
}

/** `people who did Order Completed at least 2 times in the last 30 days and …`, without the leading words. */
export function describeAudience(audience: Audience, words: Words, depth = 0): string {
  const { t } = words
  const nest = (items: Audience[], joint: string) => {
    if (items.length === 0) return t.sentence.everyone
    const said = items.map(it => describeAudience(it, words, depth + 1)).join(joint)
    return depth > 0 && items.length > 1 ? `(${said})` : said
  }
  if ('all' in audience) return nest(audience.all, t.sentence.and)
  if ('any' in audience)
    return audience.any.length === 0 ? t.sentence.noOne : nest(audience.any, t.sentence.or)
  if ('not' in audience) {
    if ('cohort' in audience.not) return t.sentence.notInCohort(words.cohortName(audience.not.cohort))
    return t.sentence.not(describeAudience(audience.not, words, depth + 1))
  }
  if ('did' in audience) {
    return t.sentence.did(
      describeSelector(audience.did, words),
      describeCount(audience.count, words),
      describeWindow(audience.within, words),
    )
  }
  if ('did_not' in audience) {
    return t.sentence.didNot(
      describeSelector(audience.did_not, words),
      describeWindow(audience.within, words),
    )
  }
  if ('profile' in audience)
    return describeCondition(audience.profile, audience.op, audience.values ?? [], words)
  if ('cohort' in audience) return t.sentence.inCohort(words.cohortName(audience.cohort))
  if ('message' in audience) {
    const { channel = 'email', verb } = audience.message
    return t.sentence.did(
      `message.${channel}.${verb}`,
      describeCount(audience.count, words),
      describeWindow(audience.within, words),
    )
  }
  if ('first_seen' in audience) return t.sentence.firstSeen(describeWindow(audience.first_seen, words))
  if ('last_seen' in audience) return t.sentence.lastSeen(describeWindow(audience.last_seen, words))
  return t.sentence.random(words.format.percent((audience.random.to - audience.random.from) / 10_000))
}

export function describeMeasure(measure: Measure, words: Words): string {
  const { t } = words
  if (typeof measure === 'string') return t.measures[measure]
  return t.measureOf(t.functions[measure.fn], propertyName(measure.property))
}
