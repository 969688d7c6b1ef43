/** How the numbers of a segmentation are shown: as they are, added up, rolling, next to earlier days. */
import { useT } from '~/i18n'
import {
  canCompare,
  DISPLAYS,
  hasFrequency,
  isRolling,
  PREVIOUSES,
  ROLLING_MAX,
  type SegmentationState,
} from '~/lib/charts'
import { NumberField } from '~/ui/field'
import { Select } from '~/ui/select'

interface DisplayBarProps {
  state: SegmentationState
  change: (part: Partial<SegmentationState>) => void
}

export function DisplayBar({ state, change }: DisplayBarProps) {
  const t = useT()
  if (hasFrequency(state) && !canCompare(state)) return null
  return (
    <div className="flex flex-wrap items-center gap-2">
      {!hasFrequency(state) && (
        <>
          <span aria-hidden className="text-sm text-ink3">
            {t.options.display}
          </span>
          <Select
            label={t.options.display}
            hideLabel
            value={state.display}
            onChange={display => change({ display })}
            options={DISPLAYS.map(it => ({ id: it, label: t.options.displays[it] }))}
          />
          {isRolling(state.display) && (
            <span className="flex items-center gap-1.5 text-sm text-ink2">
              <NumberField
                label={t.options.rolling}
                hideLabel
                value={state.rolling}
                minValue={1}
                maxValue={ROLLING_MAX}
                onChange={rolling => change({ rolling: Math.round(rolling) })}
                className="w-14"
                inputClassName="text-center"
              />
              <span aria-hidden>{t.options.rollingUnits[state.interval]}</span>
            </span>
          )}
        </>
      )}
      {canCompare(state) && (
        <>
          <span aria-hidden className="text-sm text-ink3 sm:ml-3">
            {t.options.compare}
          </span>
          <Select
            label={t.options.compare}
            hideLabel
            value={state.compare}
            onChange={compare => change({ compare })}
            options={(['none', ...PREVIOUSES] as const).map(it => ({
              id: it,
              label: t.options.compares[it],
            }))}
          />
        </>
      )}
    </div>
  )
}
