/** Words for names that the server may add to. */

/** The word for `key`, or `other` where the catalog has none. */
export function wordFor<T>(catalog: Record<string, T>, key: string, other: T): T {
  return Object.hasOwn(catalog, key) ? (catalog[key] ?? other) : other
}
