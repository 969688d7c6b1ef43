/** Numbers, money, times and dates as people of each language read them. */

export type Lang = 'en' | 'ko'

const LOCALE = { en: 'en-US', ko: 'ko-KR' } as const

/** Shown where there is no value. */
export const NONE = '–'

export function formatNumber(value: number | null | undefined, lang: Lang, digits = 2): string {
  if (value === null || value === undefined) return NONE
  return new Intl.NumberFormat(LOCALE[lang], { maximumFractionDigits: digits }).format(value)
}

/** Short form for axes and tiles: 12.4K or 1.2만; below ten thousand Korean numbers stay in full. */
export function formatCompact(value: number | null | undefined, lang: Lang): string {
  if (value === null || value === undefined) return NONE
  const size = Math.abs(value)
  if (lang === 'en') {
    if (size < 1_000) return formatNumber(value, lang, size < 10 ? 2 : 1)
    return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(value)
  }
  if (size < 10_000) return formatNumber(value, lang, size < 10 ? 2 : 1)
  const [unit, name] = size < 100_000_000 ? [10_000, '만'] : [100_000_000, '억']
  return `${formatNumber(value / unit, lang, 1)}${name}`
}

/** Bytes in the largest unit: 12.4 MB. */
export function formatBytes(value: number | null | undefined, lang: Lang): string {
  if (value === null || value === undefined) return NONE
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)))
  return `${formatNumber(value / 1_000 ** step, lang, step === 0 ? 0 : 1)} ${units[step]}`
}

/** A share such as 0.331 as 33.1%; small ones keep two digits so that they do not read as zero. */
export function formatPercent(share: number | null | undefined, lang: Lang): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE
  const small = share !== 0 && Math.abs(share) < 0.01
  return new Intl.NumberFormat(LOCALE[lang], {
    style: 'percent',
    maximumFractionDigits: small ? 2 : 1,
  }).format(share)
}

/** A change such as 0.123 as +12.3%, with its sign. */
export function formatChange(share: number | null | undefined, lang: Lang): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return NONE
  return new Intl.NumberFormat(LOCALE[lang], {
    style: 'percent',
    maximumFractionDigits: Math.abs(share) < 10 ? 1 : 0,
    signDisplay: 'exceptZero',
  }).format(share)
}

/** `KRW` as 대한민국 원; one that nobody knows is its own name. */
export function formatCurrencyName(code: string, lang: Lang): string {
  try {
    return new Intl.DisplayNames(LOCALE[lang], { type: 'currency' }).of(code) ?? code
  } catch {
    return code
  }
}

export function formatMoney(
  value: number | null | undefined,
  lang: Lang,
  currency: string,
  compact = false,
): string {
  if (value === null || value === undefined) return NONE
  try {
    const whole = compact || Math.abs(value) >= 1_000
    const format = new Intl.NumberFormat(LOCALE[lang], {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      ...(whole ? { maximumFractionDigits: 0, minimumFractionDigits: 0 } : {}),
    })
    if (!compact) return format.format(value)
    const symbol = format.formatToParts(0).find(it => it.type === 'currency')?.value ?? currency
    return `${value < 0 ? '-' : ''}${symbol}${formatCompact(Math.abs(value), lang)}`
  } catch {
    return `${formatNumber(value, lang)} ${currency}`
  }
}

/** Seconds as the two largest units: 4m 12s, 2d 3h; 4분 12초. */
export function formatDuration(seconds: number | null | undefined, lang: Lang): string {
  if (seconds === null || seconds === undefined) return NONE
  const names = lang === 'ko' ? ['일', '시간', '분', '초'] : ['d', 'h', 'm', 's']
  const sizes = [86_400, 3_600, 60, 1]
  if (seconds < 1) return `${formatNumber(seconds, lang, 1)}${names[3]}`
  let rest = Math.round(seconds)
  const parts: string[] = []
  for (const [index, size] of sizes.entries()) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${names[index]}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ') || `0${names[3]}`
}

export function formatDateTime(value: string | null | undefined, lang: Lang, zone: string): string {
  return formatInstant(value, lang, zone, { dateStyle: 'medium', timeStyle: 'short' })
}

/** Time with seconds, for a person's timeline. */
export function formatTime(value: string | null | undefined, lang: Lang, zone: string): string {
  return formatInstant(value, lang, zone, { timeStyle: 'medium' })
}

export function formatDate(value: string | null | undefined, lang: Lang, zone: string): string {
  return formatInstant(value, lang, zone, { dateStyle: 'medium' })
}

/** Day with its weekday, a heading of a timeline. */
export function formatDay(value: string | null | undefined, lang: Lang, zone: string): string {
  return formatInstant(value, lang, zone, {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    // In Korean the short form is a lone syllable that reads like a part of the date.
    weekday: lang === 'ko' ? 'long' : 'short',
  })
}

function formatInstant(
  value: string | null | undefined,
  lang: Lang,
  zone: string,
  style: Intl.DateTimeFormatOptions,
): string {
  if (!value) return NONE
  const instant = new Date(value)
  if (Number.isNaN(instant.getTime())) return value
  return new Intl.DateTimeFormat(LOCALE[lang], { ...style, timeZone: zone }).format(instant)
}

/** A bucket label of a chart (`2026-03-02`, `2026-03-08T01:00-05:00`) for an axis. */
export function formatBucket(label: string, interval: string, lang: Lang): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?/.exec(label)
  if (!match) return label
  const [, year, month, day, hour, minute] = match
  // The label is local already: it is printed as it stands, never shifted.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  const print = (style: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LOCALE[lang], { ...style, timeZone: 'UTC' }).format(date)
  if (hour !== undefined) return `${print({ month: 'short', day: 'numeric' })} ${hour}:${minute}`
  if (interval === 'month') return print({ year: 'numeric', month: 'short' })
  if (interval === 'quarter') {
    const quarter = Math.floor((Number(month) - 1) / 3) + 1
    return lang === 'ko' ? `${year}년 ${quarter}분기` : `Q${quarter} ${year}`
  }
  return print({ month: 'short', day: 'numeric' })
}

/** A local date `2026-03-02` in words. */
export function formatLocalDate(date: string, lang: Lang): string {
  const instant = new Date(`${date.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(instant.getTime())) return date
  return new Intl.DateTimeFormat(LOCALE[lang], { dateStyle: 'medium', timeZone: 'UTC' }).format(instant)
}

/** How long ago, in the largest unit: 3 minutes ago, 3분 전. */
export function formatAgo(value: string | null | undefined, lang: Lang, now: number): string {
  if (!value) return NONE
  const seconds = (new Date(value).getTime() - now) / 1000
  if (Number.isNaN(seconds)) return value
  const format = new Intl.RelativeTimeFormat(LOCALE[lang], { numeric: 'auto' })
  const size = Math.abs(seconds)
  if (size < 60) return format.format(Math.round(seconds), 'second')
  if (size < 3_600) return format.format(Math.round(seconds / 60), 'minute')
  if (size < 86_400) return format.format(Math.round(seconds / 3_600), 'hour')
  if (size < 60 * 86_400) return format.format(Math.round(seconds / 86_400), 'day')
  if (size < 720 * 86_400) return format.format(Math.round(seconds / (30 * 86_400)), 'month')
  return format.format(Math.round(seconds / (365 * 86_400)), 'year')
}

/** Any JSON value on one line, as it stands in a table. */
export function formatValue(value: unknown, lang: Lang): string {
  if (value === null || value === undefined) return NONE
  if (typeof value === 'number') return formatNumber(value, lang, 6)
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every(it => typeof it !== 'object')) return value.join(', ')
  return JSON.stringify(value)
}
