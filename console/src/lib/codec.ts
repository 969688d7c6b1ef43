/** Unsaved work in the address: base64url of canonical JSON, defaults left out. */
import { canonical } from './canonical'

type Doc = Record<string, unknown>

/** Text for `?q=`; `undefined` where everything is as by default, so that the address stays bare. */
export function encodeState<T extends object>(state: T, defaults: T): string | undefined {
  const kept: Doc = {}
  for (const [key, value] of Object.entries(state)) {
    if (value === undefined) continue
    if (canonical(value) !== canonical((defaults as Doc)[key])) kept[key] = value
  }
  if (Object.keys(kept).length === 0) return undefined
  return toBase64Url(canonical(kept))
}

/** Reads `?q=`; an unreadable one is the defaults. */
export function decodeState<T extends object>(text: string | undefined, defaults: T): T {
  if (!text) return defaults
  try {
    const doc: unknown = JSON.parse(fromBase64Url(text))
    if (doc === null || typeof doc !== 'object' || Array.isArray(doc)) return defaults
    const known = Object.entries(doc).filter(([key, value]) => sameShape(value, (defaults as Doc)[key]))
    return { ...defaults, ...Object.fromEntries(known) }
  } catch {
    return defaults
  }
}

/** A list stays a list, an object an object: a broken link must not break the page. */
function sameShape(value: unknown, example: unknown): boolean {
  if (example === undefined) return false
  if (example === null) return true
  if (Array.isArray(example)) return Array.isArray(value)
  return typeof value === typeof example && value !== null && !Array.isArray(value)
}

export function toBase64Url(text: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte)
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

export function fromBase64Url(text: string): string {
  const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes, it => it.charCodeAt(0)))
}
