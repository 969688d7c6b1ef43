/** A chart under construction lives in the address: Back undoes, a copied link opens the same. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { decodeState, encodeState } from '~/lib/codec'

type ChartRoute = '/shell/explore/funnel' | '/shell/explore/segmentation'

export function useChartState<T extends object>(from: ChartRoute, defaults: T) {
  const { q } = useSearch({ from })
  const navigate = useNavigate()
  const state = useMemo(() => decodeState(q, defaults), [q, defaults])
  const change = useCallback(
    (part: Partial<T>) => {
      const next = encodeState({ ...state, ...part }, defaults)
      void navigate({ to: '.', search: next ? { q: next } : {}, resetScroll: false })
    },
    [state, defaults, navigate],
  )
  return [state, change] as const
}
