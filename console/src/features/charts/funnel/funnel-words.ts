/** What a funnel counts, in the reader's words. */
import { describeSelector, type Words } from '~/builder/describe'
import { type FunnelState, inForce } from '~/lib/charts'
import { isChosen, propertyName } from '~/lib/filters'

/** Each option that is not as usual, as a few words. */
export function optionWords(state: FunnelState, words: Words): string[] {
  const { t, format } = words
  const own = inForce(state)
  const said: string[] = []
  if (own.order !== 'ordered') said.push(t.options.orderWords[own.order])
  if (own.count !== 'people') said.push(t.options.countWords[own.count])
  if (own.count === 'people' && own.entry !== 'longest') said.push(t.options.entryWords[own.entry])
  if (own.hold.length > 0) said.push(t.options.holdWords(own.hold.map(propertyName).join(', ')))
  if (own.exclude.length > 0) {
    const names = own.exclude.map(it => describeSelector(it.select, words))
    said.push(t.options.excludeWords(names.join(', ')))
  }
  if (own.tolerance_ms > 0) said.push(t.options.toleranceWords(format.duration(own.tolerance_ms / 1_000)))
  return said
}

/** The whole of what is in force, as the server's definition says it. */
export function funnelMeaning(state: FunnelState, words: Words): string {
  const { t } = words
  const own = inForce(state)
  const asked = state.steps.filter(isChosen)
  const optional = asked.filter(
    (it, index) => it.optional && own.order === 'ordered' && index > 0 && index < asked.length - 1,
  )
  const said = [
    t.options.countWords[own.count],
    t.options.orderWords[own.order],
    t.options.within(t.duration(state.window.n, state.window.unit)),
  ]
  if (own.count === 'people') said.push(t.options.entryWords[own.entry])
  if (optional.length > 0) {
    said.push(t.options.optionalWords(optional.map(it => describeSelector(it, words)).join(', ')))
  }
  const isBasic = (text: string) => said.includes(text)
  said.push(...optionWords(state, words).filter(it => !isBasic(it)))
  if (state.group_by.length > 0) {
    const at = own.breakdown_at
    const named = t.options.breakdownWords
    said.push(typeof at === 'number' ? named.step(at) : named[at])
  }
  return `${said.join(', ')}.`
}
