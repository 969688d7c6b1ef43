/** The left side of a segmentation: which events, split and compared how. */
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { describeMeasure, useWords } from '~/builder/describe'
import { useT } from '~/i18n'
import type { SegmentationState } from '~/lib/charts'
import { eventOf } from '~/lib/filters'
import { Button } from '~/ui/button'
import { useHeir } from '~/ui/focus'
import { ChartWhere, GroupBy, RailSection, Segments } from '../builder-rail'
import { Formulas } from './formulas'
import { SeriesCards } from './series-cards'

interface RailProps {
  state: SegmentationState
  change: (part: Partial<SegmentationState>) => void
  /** What the server said of the question as it stands. */
  error: unknown
}

const SERIES_MAX = 10

export function SegmentationRail({ state, change, error }: RailProps) {
  const t = useT()
  const words = useWords()
  const [added, setAdded] = useState(-1)
  const [add, focusAdd] = useHeir()
  const first = state.series[0]
  return (
    <>
      <RailSection title={t.charts.events}>
        <SeriesCards
          series={state.series}
          added={added}
          onChange={series => change({ series })}
          onRemoved={focusAdd}
          describe={measure => describeMeasure(measure, words)}
        />
        {state.series.length < SERIES_MAX && (
          <Button
            ref={add}
            size="sm"
            className="mt-2"
            onPress={() => {
              setAdded(state.series.length)
              change({
                series: [...state.series, { select: { event: '' }, measure: first?.measure ?? 'people' }],
              })
            }}
          >
            <Plus size={14} aria-hidden />
            {t.charts.addEvent}
          </Button>
        )}
      </RailSection>
      <Formulas state={state} error={error} onChange={formulas => change({ formulas })} />
      <ChartWhere value={state.where} onChange={where => change({ where })} />
      <RailSection title={t.charts.groupBy}>
        <GroupBy
          event={first ? eventOf(first.select) : undefined}
          value={state.group_by}
          onChange={group_by => change({ group_by })}
        />
      </RailSection>
      <RailSection title={t.charts.segments}>
        <Segments value={state.segments} onChange={segments => change({ segments })} />
      </RailSection>
    </>
  )
}
