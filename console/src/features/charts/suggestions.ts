/** First questions made of the workspace's own events. */
import type { CatalogEvent } from '~/api/types'

/** The usual way through a shop; the events a workspace has of these make its first funnels. */
const SHOP = ['Product Viewed', 'Product Added', 'Checkout Started', 'Order Completed']

export function suggestFunnels(events: readonly CatalogEvent[]): string[][] {
  const names = new Set(events.map(it => it.name))
  const shop = SHOP.filter(it => names.has(it))
  const found: string[][] = []
  const without = shop.filter(it => it !== 'Checkout Started')
  if (without.length >= 3) found.push(without)
  if (shop.length >= 4) found.push(shop)
  if (names.has('Products Searched') && names.has('Order Completed')) {
    found.push(['Products Searched', 'Product Viewed', 'Order Completed'].filter(it => names.has(it)))
  }
  if (found.length > 0) return found
  const top = suggestEvents(events)
  return top.length >= 2 ? [top.slice(0, 3)] : []
}

/** The most frequent acts of people. */
export function suggestEvents(events: readonly CatalogEvent[]): string[] {
  return [...events]
    .filter(it => it.active && !it.name.startsWith('message.'))
    .sort((a, b) => b.count - a.count)
    .slice(0, 4)
    .map(it => it.name)
}
