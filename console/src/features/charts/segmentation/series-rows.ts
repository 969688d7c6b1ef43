/** The series of an answer with names a reader understands: `Order Completed`, `Order Completed · shoes`. */
import { useMemo } from 'react'
import type { Measure, SegmentationAnswer, SegmentationSeries } from '~/api/types'
import { describeMeasure, describeSelector, useWords } from '~/builder/describe'
import type { Format } from '~/i18n'
import { letter, type SegmentationState } from '~/lib/charts'
import { isChosen, propertyName } from '~/lib/filters'
import { overallFirst, rowName } from '../rows'
import type { SeriesRow } from '../series-table'

export interface AnsweredRow extends SeriesRow {
  series: SegmentationSeries
  /** People by how often: a histogram rather than a line. */
  isFrequency: boolean
}

function formatOf(measure: Measure, format: Format): (value: number | null) => string {
  if (measure === 'active_rate') return format.percent
  const isMoney =
    typeof measure === 'object' &&
    measure.fn !== 'distinct' &&
    /^(revenue|price|amount)$/.test(propertyName(measure.property))
  return isMoney ? it => format.money(it) : it => format.number(it)
}

/** Shares are common in formulas: small numbers keep more digits. */
const formulaFormat = (format: Format) => (it: number | null) =>
  format.number(it, it !== null && Math.abs(it) < 1 ? 4 : 2)

export function useSeriesRows(answer: SegmentationAnswer, state: SegmentationState): AnsweredRow[] {
  const words = useWords()
  return useMemo(() => {
    const { t, format } = words
    const asked = state.series.filter(it => isChosen(it.select))
    const hasFormulas = answer.result.series.some(it => it.formula)
    return overallFirst(answer.result.series).map(series => {
      const own = state.series.find((_, index) => letter(index) === series.name) ?? asked[0]
      const measure: Measure = own?.measure ?? 'people'
      const event = own ? describeSelector(own.select, words) : series.name
      const named = series.formula
        ? series.name
        : measure === 'people' || measure === 'frequency'
          ? event
          : `${event}, ${describeMeasure(measure, words)}`
      const isSplit = series.segment || series.group.length > 0 || series.overall
      const split = isSplit ? rowName(series, t, format) : null
      const isMany = asked.length > 1 || series.overall || hasFormulas
      const told = split === null ? named : isMany ? `${named} · ${split}` : split
      return {
        series,
        isFrequency: !series.formula && measure === 'frequency',
        key: [series.name, series.segment ?? '', ...series.group.map(String), series.overall ?? ''].join('|'),
        // Formulas call the events by their letters.
        name: hasFormulas && !series.formula ? `${series.name}. ${told}` : told,
        points: series.points,
        total: series.total,
        previous: series.previous ?? undefined,
        previousTotal: series.previous_total ?? undefined,
        format: series.formula ? formulaFormat(format) : formatOf(measure, format),
      }
    })
  }, [answer, state.series, words])
}
