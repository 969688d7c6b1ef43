/** Short news at the edge of the screen, spoken politely. */

import { CircleCheck, TriangleAlert, X } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { asProblem } from '~/api/problem'
import { useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { IconButton } from './button'

interface News {
  id: number
  tone: 'good' | 'bad'
  text: string
}
interface Toasts {
  say: (text: string) => void
  fail: (error: unknown) => void
}

const Context = createContext<Toasts | null>(null)
const SHOWN_MS = { good: 5_000, bad: 12_000 }

export function useToasts(): Toasts {
  const toasts = useContext(Context)
  if (!toasts) throw new Error('no toast provider')
  return toasts
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useT()
  const [news, setNews] = useState<News[]>([])
  const next = useRef(1)
  const drop = useCallback((id: number) => setNews(list => list.filter(it => it.id !== id)), [])
  const add = useCallback(
    (tone: News['tone'], text: string) => {
      const id = next.current++
      setNews(list => [...list.slice(-3), { id, tone, text }])
      window.setTimeout(() => drop(id), SHOWN_MS[tone])
    },
    [drop],
  )
  const toasts = useMemo<Toasts>(
    () => ({
      say: text => add('good', text),
      fail: error => {
        const problem = asProblem(error)
        const title = wordFor(t.problems, problem.code, problem.message)
        const first = problem.errors[0]
        add(
          'bad',
          [title, first ? `${first.pointer ?? ''} ${first.detail}`.trim() : problem.detail]
            .filter(Boolean)
            .join(': '),
        )
      },
    }),
    [add, t],
  )
  return (
    <Context value={toasts}>
      {children}
      <div aria-live="polite" className="pointer-events-none fixed right-4 bottom-4 z-60 flex flex-col gap-2">
        {news.map(it => (
          <div
            key={it.id}
            className="pointer-events-auto flex max-w-sm items-start gap-2.5 rounded-lg border border-line bg-surface py-2 pr-1.5 pl-3 text-sm shadow-overlay"
          >
            {it.tone === 'good' ? (
              <CircleCheck size={16} aria-hidden className="mt-1 shrink-0 text-good" />
            ) : (
              <TriangleAlert size={16} aria-hidden className="mt-1 shrink-0 text-bad" />
            )}
            <p className="min-w-0 flex-1 py-1 break-words">{it.text}</p>
            <IconButton label={t.common.close} size="sm" onPress={() => drop(it.id)}>
              <X size={14} aria-hidden />
            </IconButton>
          </div>
        ))}
      </div>
    </Context>
  )
}
