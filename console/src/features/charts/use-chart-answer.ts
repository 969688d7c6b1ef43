/** Asks as soon as the question has rested for a moment; the last answer stays until the next arrives. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { chartQuery } from '~/api/charts'
import type { ChartQuery, FunnelQuery } from '~/api/types'
import { canonical } from '~/lib/canonical'
import { useDebounced } from '~/ui/debounce'

const REST_MS = 250
const NO_QUERY: FunnelQuery = { kind: 'funnel', range: { last: 1, unit: 'day' }, steps: [] }

export function useChartAnswer<Q extends ChartQuery>(query: Q | null) {
  const wanted = query === null ? '' : canonical(query)
  const asked = useDebounced(wanted, REST_MS)
  const rested = useMemo(() => (asked === '' ? null : (JSON.parse(asked) as Q)), [asked])
  const result = useQuery({
    ...chartQuery(rested ?? (NO_QUERY as Q)),
    enabled: rested !== null,
    placeholderData: keepPreviousData,
  })
  return {
    answer: wanted === '' ? undefined : result.data,
    error: result.isError && asked === wanted ? result.error : null,
    /** The answer shown belongs to an earlier question. */
    isStale: wanted !== asked || result.isPlaceholderData,
    isFetching: result.isFetching,
    retry: () => void result.refetch(),
  }
}
