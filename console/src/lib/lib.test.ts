import { expect, test } from 'vitest'
import { fromAudience, toAudience } from './audience'
import { canSave, fromCampaign, isSender, missing, senderOf, toDraft } from './campaign-draft'
import { campaignFunnel, FUNNEL_DEFAULTS, funnelLink, funnelQuery } from './charts'
import { decodeState } from './codec'
import { toCsv } from './csv'
import { finished, toScalar } from './filters'
import { token } from './liquid'
import { matches } from './match'
import { plusDays, today } from './time'

test('the funnel of a campaign asks for its own messages and any order', () => {
  const link = funnelLink(campaignFunnel('c-1', { event: 'Order Completed' }, { n: 7, unit: 'day' }))
  const query = funnelQuery(decodeState(link, FUNNEL_DEFAULTS))
  const where = { property: 'event.campaign_id', op: 'is', values: ['c-1'] }
  expect(query).toEqual({
    kind: 'funnel',
    range: { last: 30, unit: 'day' },
    window: { n: 7, unit: 'day' },
    steps: [
      { event: 'message.email.sent', where },
      { event: 'message.email.opened', where },
      { event: 'message.email.clicked', where },
      { event: 'Order Completed' },
    ],
  })
})

test('unfinished conditions and steps are left out of a query', () => {
  const leaf = { property: 'event.category', op: 'is' as const, values: ['shoes'] }
  const open = { property: 'event.size', op: 'gt' as const, values: [] }
  expect(finished({ all: [leaf, open] })).toEqual(leaf)
  expect(finished({ all: [open] })).toBeUndefined()
  expect(finished({ any: [leaf, { property: 'event.x', op: 'set', values: [] }] })).toEqual({
    any: [leaf, { property: 'event.x', op: 'set' }],
  })
  expect(funnelQuery({ ...FUNNEL_DEFAULTS, steps: [{ event: '' }] })).toBeNull()
})

test('values have the type of their property', () => {
  expect(toScalar(' 12 ', 'number')).toBe(12)
  expect(toScalar('12', 'text')).toBe('12')
  expect(toScalar('true', 'boolean')).toBe(true)
  expect(toScalar('x', 'number')).toBe('x')
})

test('tokens are spelled as the template language reads them', () => {
  expect(token('first_name', '')).toBe('{{${first_name}}}')
  expect(token('first_name', 'there')).toBe("{{${first_name} | default: 'there'}}")
  expect(token('last_category', '신상품')).toBe("{{custom_attribute.${last_category} | default: '신상품'}}")
  expect(token('last_category', "it's")).toBe('{{custom_attribute.${last_category} | default: "it\'s"}}')
})

test('hangul initials find words', () => {
  expect(matches('주문 완료', 'ㅈㅁ')).toBe(true)
  expect(matches('주문 완료', '완료 주')).toBe(true)
  expect(matches('Order Completed', 'comp ord')).toBe(true)
  expect(matches('Order Completed', 'x')).toBe(false)
})

test('an audience survives the builder', () => {
  const audience = {
    all: [
      {
        did: { event: 'Product Viewed' },
        count: { op: 'gte' as const, value: 3 },
        within: { last: 7, unit: 'day' as const },
      },
      { did_not: { event: 'Order Completed' }, within: { last: 7, unit: 'day' as const } },
      { any: [{ profile: 'profile.country', op: 'is' as const, values: ['KR'] }, { not: { cohort: 'c' } }] },
    ],
  }
  const state = fromAudience(audience)
  expect(state && toAudience(state)).toEqual(audience)
  expect(fromAudience({ random: { salt: 's', from: 0, to: 10 } })).toBeNull()
  expect(
    toAudience({ match: 'all', items: [{ kind: 'did_not', select: { event: '' }, within: { ever: true } }] }),
  ).toBeNull()
})

test('a campaign survives the editor', () => {
  const state = {
    name: 'Hello',
    from: 'Shop <hello@shop.test>',
    subject: 'Hi',
    preheader: '',
    html: '<p>Hi</p>',
    audience: { cohort: 'c-1' },
    control: 1_000,
    goal: {
      select: { event: 'Order Completed' },
      within: { n: 3, unit: 'day' as const },
      revenue: 'event.revenue',
    },
  }
  const draft = toDraft(state)
  const saved = {
    ...draft,
    id: 'x',
    state: 'draft' as const,
    created_at: '',
    updated_at: '',
    launched_at: null,
  }
  expect(fromCampaign(saved)).toEqual(state)
  expect(missing(state)).toEqual([])
  expect(missing({ ...state, audience: null, subject: ' ' })).toEqual(['subject', 'audience'])
  expect(canSave({ ...state, audience: null })).toBe(true)
  expect(canSave({ ...state, subject: '' })).toBe(false)
})

test('senders are addresses, with or without a name', () => {
  for (const from of [
    'a@b.test',
    'Shop <a@b.test>',
    '"Shop (demo)" <a@b.test>',
    '우리 가게 <a@b.test>',
    '{{x}} <a@b.test>',
  ]) {
    expect(isSender(from), from).toBe(true)
  }
  for (const from of [
    '',
    'Shop',
    'Shop (demo) <a@b.test>',
    'Shop, Inc <a@b.test>',
    'Shop a@b.test',
    '<a b@c>',
  ]) {
    expect(isSender(from), from).toBe(false)
  }
  expect(senderOf('Gift shop (demo)', 'b.test')).toBe('Gift shop <hello@b.test>')
  expect(isSender(senderOf('A, "B" <C>.', 'b.test'))).toBe(true)
})

test('spreadsheets get a byte order mark and quoted texts', () => {
  expect(
    toCsv([
      ['a', 1, null],
      ['x,"y"', 2.5, '줄'],
    ]),
  ).toBe('\uFEFFa,1,\r\n"x,""y""",2.5,줄\r\n')
})

test('dates are those of the zone', () => {
  expect(today('Asia/Seoul', Date.parse('2026-02-28T15:30:00Z'))).toBe('2026-03-01')
  expect(plusDays('2026-03-01', -1)).toBe('2026-02-28')
})
