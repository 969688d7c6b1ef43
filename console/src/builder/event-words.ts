/** What Gyre's own events are called in the reader's language; their names are fixed for programs. */
import type { Messages } from '~/i18n/en'
import { wordFor } from '~/lib/words'

/** `null` for events of the workspace: those are called as it calls them. */
export function eventWords(name: string, t: Messages): string | null {
  const own = wordFor<string | null>(t.ownEvents, name, null)
  if (own !== null) return own
  const [, channel, verb] = /^message\.(\w+)\.(\w+)$/.exec(name) ?? []
  if (channel === undefined || verb === undefined) return null
  const said = verb === 'sent' ? t.campaigns.sent : wordFor<string | null>(t.verbs, verb, null)
  return said === null ? null : t.messageEvent(wordFor(t.channels, channel, channel), said)
}
