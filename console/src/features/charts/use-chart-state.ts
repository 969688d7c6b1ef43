/** A chart under construction lives in the address: Back undoes, a copied link opens the same. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import type { ChartKind } from '~/api/types'
import type { CHART_PATHS } from '~/lib/chart-switch'
import { encodeState } from '~/lib/codec'

type ChartRoute = `/shell${(typeof CHART_PATHS)[ChartKind]}`

export function useChartState<T extends object>(
  from: ChartRoute,
  defaults: T,
  read: (q: string | undefined) => T,
) {
  const { q } = useSearch({ from })
  const navigate = useNavigate()
  const state = useMemo(() => read(q), [q, read])
  const change = useCallback(
    (part: Partial<T>) => {
      const next = encodeState({ ...state, ...part }, defaults)
      void navigate({ to: '.', search: next ? { q: next } : {}, resetScroll: false })
    },
    [state, defaults, navigate],
  )
  return [state, change] as const
}
