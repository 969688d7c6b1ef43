/** Links of a mail, as far as its source shows them. */

/** Addresses of all links, in order; a token stays as it is written. */
export function linksOf(html: string): string[] {
  const found = html.matchAll(/<a\b[^>]*?\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/gi)
  return [...found].map(([, double, single, bare]) => (double ?? single ?? bare ?? '').trim())
}

/** Leads nowhere yet: empty, a lone `#`, or a name that is reserved for examples. */
export function isPlaceholder(link: string): boolean {
  if (link === '' || link.startsWith('#')) return true
  const host = /^https?:\/\/([^/?#:]+)/i.exec(link)?.[1]?.toLowerCase()
  return host !== undefined && /(^|\.)example(\.(com|net|org))?$/.test(host)
}
