/** The language of the console: catalogs loaded on demand, formats bound to the workspace. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { I18nProvider } from 'react-aria-components'
import * as f from '~/lib/format'
import type { Messages } from './en'

export type Lang = f.Lang

const LOADERS: Record<Lang, () => Promise<Messages>> = {
  en: () => import('./en').then(it => it.en),
  ko: () => import('./ko').then(it => it.ko),
}

interface Language {
  t: Messages
  lang: Lang
  setLang: (lang: Lang) => void
}
const Context = createContext<Language | null>(null)

export function useLanguage(): Language {
  const language = useContext(Context)
  if (!language) throw new Error('no language provider')
  return language
}

/** The catalog of the chosen language. */
export const useT = (): Messages => useLanguage().t

const initial = (): Lang => (document.documentElement.lang === 'ko' ? 'ko' : 'en')

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [lang, setLang] = useState<Lang>(initial)
  const [loaded, setLoaded] = useState<{ lang: Lang; t: Messages } | null>(null)
  useEffect(() => {
    let current = true
    LOADERS[lang]().then(t => {
      if (!current) return
      document.documentElement.lang = lang
      setLoaded({ lang, t })
    })
    return () => {
      current = false
    }
  }, [lang])
  const value = useMemo(() => {
    if (!loaded) return null
    const choose = (next: Lang) => {
      try {
        localStorage.setItem('gyre.lang', next)
      } catch {
        // Storage may be blocked; the choice then lasts until the page is left.
      }
      setLang(next)
    }
    return { ...loaded, setLang: choose }
  }, [loaded])
  if (!value) return null
  return (
    <I18nProvider locale={value.lang === 'ko' ? 'ko-KR' : 'en-US'}>
      <Context value={value}>{children}</Context>
    </I18nProvider>
  )
}

/** Zone, currency and first day of weeks that everything is shown in. */
export interface Place {
  timezone: string
  currency: string
  week_start: 'monday' | 'sunday'
}
const PlaceContext = createContext<Place>({ timezone: 'UTC', currency: 'USD', week_start: 'monday' })

export function PlaceProvider({ place, children }: { place: Place; children: ReactNode }) {
  return <PlaceContext value={place}>{children}</PlaceContext>
}

export const usePlace = (): Place => useContext(PlaceContext)

/** Formatting functions in the current language, zone and currency. */
export function useFormat() {
  const { lang } = useLanguage()
  const { timezone, currency } = usePlace()
  return useMemo(
    () => ({
      number: (it: number | null | undefined, digits?: number) => f.formatNumber(it, lang, digits),
      compact: (it: number | null | undefined) => f.formatCompact(it, lang),
      bytes: (it: number | null | undefined) => f.formatBytes(it, lang),
      percent: (it: number | null | undefined) => f.formatPercent(it, lang),
      change: (it: number | null | undefined) => f.formatChange(it, lang),
      money: (it: number | null | undefined, compact = false) => f.formatMoney(it, lang, currency, compact),
      currencyName: (code: string) => f.formatCurrencyName(code, lang),
      duration: (it: number | null | undefined) => f.formatDuration(it, lang),
      dateTime: (it: string | null | undefined) => f.formatDateTime(it, lang, timezone),
      date: (it: string | null | undefined) => f.formatDate(it, lang, timezone),
      day: (it: string | null | undefined) => f.formatDay(it, lang, timezone),
      time: (it: string | null | undefined) => f.formatTime(it, lang, timezone),
      ago: (it: string | null | undefined) => f.formatAgo(it, lang, Date.now()),
      bucket: (it: string, interval: string) => f.formatBucket(it, interval, lang),
      localDate: (it: string) => f.formatLocalDate(it, lang),
      value: (it: unknown) => f.formatValue(it, lang),
      timezone,
      currency,
      lang,
    }),
    [lang, timezone, currency],
  )
}
export type Format = ReturnType<typeof useFormat>
