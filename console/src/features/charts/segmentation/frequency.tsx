/** How many people did it once, twice and so on: of the whole range, or of one of its buckets. */

import { ChartColumn } from 'lucide-react'
import { useState } from 'react'
import type { Point } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import type { SegmentationState } from '~/lib/charts'
import { Card } from '~/ui/page'
import { Select } from '~/ui/select'
import { Empty } from '~/ui/state'
import { ExportButtons } from '../export'
import { HistogramChart, type HistogramProps, HistogramTable, histogramSheet } from '../histogram'
import { rowColor } from '../rows'
import type { AnsweredRow } from './series-rows'

interface FrequencyProps {
  rows: AnsweredRow[]
  buckets: string[]
  state: SegmentationState
  footer: React.ReactNode
}

/** Bars drawn: past these the counts are few. */
const DRAWN = 24
/** Stands for the whole range in the list of buckets. */
const WHOLE = 'whole'

export function Frequency({ rows, buckets, state, footer }: FrequencyProps) {
  const t = useT()
  const format = useFormat()
  const [chosen, setChosen] = useState(WHOLE)
  const at = buckets.indexOf(chosen)
  const pointOf = (row: AnsweredRow): Point | undefined => (at < 0 ? row.series.total : row.series.points[at])
  const barsOf = (row: AnsweredRow) => pointOf(row)?.histogram ?? []
  const times = [...new Set(rows.flatMap(it => barsOf(it).map(bar => bar.times)))].sort((a, b) => a - b)
  const said = (bin: number) => t.options.times(format.number(times[bin] ?? 0))
  const props: HistogramProps = {
    label: t.options.frequencySummary(rows.map(it => it.name).join(', ')),
    measure: t.options.howOften,
    bins: times.map((_, bin) => said(bin)),
    rows: rows.map(row => ({
      name: row.name,
      counts: times.map(it => barsOf(row).find(bar => bar.times === it)),
    })),
    drawn: DRAWN,
    title: (bin, row) => t.options.didTimes(row.name, said(bin)),
  }
  return (
    <>
      <Card
        flush
        title={
          <ul className="flex flex-wrap items-baseline gap-x-6 gap-y-1 py-1.5 font-normal">
            {rows.slice(0, 6).map((row, index) => (
              <li key={row.key} className="flex min-w-0 items-baseline gap-2">
                <span
                  aria-hidden
                  className="size-2.5 shrink-0 rounded-sm"
                  style={{ background: rowColor(index) }}
                />
                <span className="max-w-60 truncate text-sm text-ink2">{row.name}</span>
                <span className="shrink-0 text-lg font-semibold tabular-nums">
                  {format.number(pointOf(row)?.value ?? null)}
                </span>
              </li>
            ))}
          </ul>
        }
        actions={
          <Select
            label={t.options.frequencyIn}
            hideLabel
            value={at < 0 ? WHOLE : chosen}
            onChange={setChosen}
            options={[
              { id: WHOLE, label: t.charts.wholeRange },
              ...buckets.map(it => ({ id: it, label: format.bucket(it, state.interval) })),
            ]}
          />
        }
      >
        {times.length === 0 ? (
          <Empty icon={<ChartColumn size={20} aria-hidden />} title={t.options.nobodyDid}>
            {t.charts.nobodyBody}
          </Empty>
        ) : (
          <HistogramChart {...props} />
        )}
        {footer}
      </Card>
      {times.length > 0 && (
        <Card
          flush
          title={t.options.frequencyOf}
          actions={<ExportButtons name="frequency" sheet={() => histogramSheet(props)} />}
        >
          <HistogramTable {...props} />
        </Card>
      )}
    </>
  )
}
