/** How long converting took: a histogram of those who got to the end. */
import { Timer } from 'lucide-react'
import type { FunnelHistogram } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { Card } from '~/ui/page'
import { Empty } from '~/ui/state'
import { ExportButtons } from '../export'
import { HistogramChart, type HistogramProps, HistogramTable, histogramSheet } from '../histogram'
import { overallFirst, rowColor, rowName } from '../rows'

export function FunnelTimes({ histogram, footer }: { histogram: FunnelHistogram; footer: React.ReactNode }) {
  const t = useT()
  const format = useFormat()
  const { edges, seconds } = histogram
  const times = edges.map(it => format.duration(it))
  const from = (bin: number) => times[bin] ?? ''
  const to = (bin: number) => times[bin + 1] ?? ''
  const bins = edges.slice(1).map((_, bin) => t.options.span(from(bin), to(bin)))
  const rows = overallFirst(histogram.series).map(it => ({
    name: rowName(it, t, format),
    counts: it.counts,
  }))
  const props: HistogramProps = {
    label: t.options.timeSummary(rows.map(it => it.name).join(', ')),
    measure: t.options.took,
    bins,
    edges: times,
    rows,
    title: bin => t.options.tookBetween(from(bin), to(bin)),
  }
  const { median, mean, p90 } = seconds ?? {}
  const isEmpty = median === null || median === undefined
  return (
    <>
      <Card
        flush
        title={
          isEmpty ? (
            t.options.took
          ) : (
            <span className="flex flex-wrap items-baseline gap-x-2 py-1.5">
              <span className="text-lg font-semibold">{t.options.half(format.duration(median))}</span>
              <span className="text-sm font-normal text-ink2">
                {t.options.spread(format.duration(mean), format.duration(p90))}
              </span>
            </span>
          )
        }
      >
        {isEmpty ? (
          <Empty icon={<Timer size={20} aria-hidden />} title={t.options.nobodyConverted}>
            {t.charts.nobodyBody}
          </Empty>
        ) : (
          <>
            {rows.length > 1 && (
              <ul className="flex flex-wrap gap-x-5 gap-y-1 px-4 text-sm text-ink2">
                {rows.slice(0, 6).map((it, index) => (
                  <li key={it.name} className="flex min-w-0 items-center gap-2">
                    <span
                      aria-hidden
                      className="size-2.5 shrink-0 rounded-sm"
                      style={{ background: rowColor(index) }}
                    />
                    <span className="max-w-60 truncate">{it.name}</span>
                  </li>
                ))}
              </ul>
            )}
            <HistogramChart {...props} />
          </>
        )}
        {footer}
      </Card>
      {!isEmpty && (
        <Card
          flush
          title={t.charts.table}
          actions={<ExportButtons name="time-to-convert" sheet={() => histogramSheet(props)} />}
        >
          <HistogramTable {...props} />
        </Card>
      )}
    </>
  )
}
