/** A campaign as the editor holds it, and the document it is saved as. */
import type {
  Audience,
  Campaign,
  CampaignDraft,
  Conversion,
  Duration,
  EmailMessage,
  Selector,
} from '~/api/types'
import { EVERYONE } from './audience'

export interface Goal {
  select: Selector
  within: Duration
  /** Property summed as revenue; empty for none. */
  revenue: string
}

export interface EditorState {
  name: string
  from: string
  subject: string
  preheader: string
  html: string
  audience: Audience | null
  /** In 1/10,000 of the audience. */
  control: number
  goal: Goal | null
}

export const CONTROL_DEFAULT = 500
export const GOAL_WITHIN: Duration = { n: 7, unit: 'day' }

/** The mail alone, as previews take it. */
export function toMessage(state: EditorState, base?: EmailMessage): EmailMessage {
  const { preheader: _, ...rest } = base ?? { channel: 'email' as const }
  return {
    ...rest,
    channel: 'email',
    from: state.from.trim(),
    subject: state.subject,
    ...(state.preheader.trim() ? { preheader: state.preheader } : {}),
    html: state.html,
  }
}

const goalName = (select: Selector) => ('event' in select ? select.event : 'Conversion')

/** The whole document. Fields the editor does not show are kept from `base`. */
export function toDraft(state: EditorState, base?: CampaignDraft): CampaignDraft {
  const conversions: Conversion[] = state.goal
    ? [
        {
          ...base?.conversions?.[0],
          name: base?.conversions?.[0]?.name ?? goalName(state.goal.select),
          select: state.goal.select,
          within: state.goal.within,
          revenue: state.goal.revenue || undefined,
        },
        ...(base?.conversions?.slice(1) ?? []),
      ]
    : []
  return {
    name: state.name.trim(),
    ...(base?.tags ? { tags: base.tags } : {}),
    category: base?.category ?? 'marketing',
    audience: state.audience ?? EVERYONE,
    delivery: { type: 'now' },
    messages: [toMessage(state, messageOf(base))],
    control: { share: state.control },
    ...(conversions.length > 0 ? { conversions } : {}),
    ...(base?.limits ? { limits: base.limits } : {}),
  }
}

/** The single message of a campaign, however it was written. */
export function messageOf(draft: CampaignDraft | undefined): EmailMessage | undefined {
  return draft?.messages?.[0] ?? draft?.variants?.[0]?.messages[0]
}

/** Whether the editor can hold all of it: one message, not several variants. */
export const isEditable = (draft: CampaignDraft) =>
  (draft.variants?.length ?? 0) <= 1 && typeof (draft.conversions?.[0]?.revenue ?? '') === 'string'

export function fromCampaign(campaign: Campaign): EditorState {
  const message = messageOf(campaign)
  const conversion = campaign.conversions?.[0]
  return {
    name: campaign.name,
    from: message?.from ?? '',
    subject: message?.subject ?? '',
    preheader: message?.preheader ?? '',
    html: message?.html ?? '',
    // A campaign that names nobody is for everyone.
    audience: campaign.audience ?? EVERYONE,
    control: campaign.control?.share ?? (campaign.category === 'transactional' ? 0 : CONTROL_DEFAULT),
    goal: conversion
      ? {
          select: conversion.select,
          within: conversion.within,
          revenue: typeof conversion.revenue === 'string' ? conversion.revenue : '',
        }
      : null,
  }
}

/** `hello@shop.test`, or a name before it in angle brackets; a name with other signs stands in quotes. */
const SENDER = /^(?:(?:"[^"]*"|[^"<>()[\]\\,;:@]*)\s*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@"]+@[^\s<>@"]+)$/

/** Whether mail can come from this; one with tokens is known only for each person. */
export const isSender = (from: string) => from.includes('{{') || SENDER.test(from.trim())

/** A first sender for a workspace: its name without signs that mean something in an address. */
export const senderOf = (workspace: string, domain: string) => {
  const name = workspace
    .replace(/\([^)]*\)/g, ' ')
    .replace(/["<>()[\]\\,;:@.]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return `${name} <hello@${domain}>`.trim()
}

export type Missing = 'name' | 'from' | 'subject' | 'html' | 'audience' | 'goal'

/** What is still needed before it can be launched. */
export function missing(state: EditorState): Missing[] {
  const list: Missing[] = []
  if (state.name.trim() === '') list.push('name')
  if (!isSender(state.from)) list.push('from')
  if (state.subject.trim() === '') list.push('subject')
  if (state.html.trim() === '') list.push('html')
  if (state.audience === null) list.push('audience')
  if (state.goal && 'event' in state.goal.select && state.goal.select.event === '') list.push('goal')
  return list
}

/** Whether the server can keep it as a draft: everything but the audience is there. */
export const canSave = (state: EditorState) => missing(state).every(it => it === 'audience')

export type Step = 'compose' | 'audience' | 'review'
export const STEPS: readonly Step[] = ['compose', 'audience', 'review']

export const stepOf = (field: Missing): Step =>
  field === 'audience' || field === 'goal' ? 'audience' : 'compose'
