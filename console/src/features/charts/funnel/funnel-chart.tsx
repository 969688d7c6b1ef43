/** A funnel as rows of bars: those who went on, and hatched those who left. Both are buttons. */
import { Button as AriaButton } from 'react-aria-components'
import type { FunnelCount, FunnelRow, FunnelStep } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { useInspect } from '~/inspect/inspect'
import { stepBefore } from '~/lib/charts'
import { cx } from '~/ui/cx'
import { Badge } from '~/ui/page'
import { rowColor, rowName } from '../rows'

/** Rows drawn; the table has them all. */
export const ROWS_DRAWN = 7

export function FunnelChart({ rows, count }: { rows: FunnelRow[]; count: FunnelCount }) {
  const t = useT()
  const format = useFormat()
  const drawn = rows.slice(0, ROWS_DRAWN)
  const steps = drawn[0]?.steps ?? []
  const isCompared = drawn.length > 1
  return (
    <div className="@container px-4 py-4">
      <ol aria-label={t.charts.funnel} className="flex flex-col gap-5">
        {steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
          <li key={index} className="grid gap-x-5 gap-y-1.5 @2xl:grid-cols-[11rem_minmax(0,1fr)]">
            <div className="flex items-start gap-2">
              <span
                aria-hidden
                className="mt-px grid size-5 shrink-0 place-items-center rounded bg-sunken text-xs font-semibold text-ink2"
              >
                {index + 1}
              </span>
              <div className="min-w-0">
                <p className="line-clamp-2 text-sm font-semibold break-words">{step.label}</p>
                {step.optional && <Badge>{t.options.optionalBadge}</Badge>}
                {!isCompared && (
                  <p className="text-xs text-ink2 tabular-nums">
                    {t.options.unitCounts[count](format.number(step.reached.value), step.reached.value ?? 0)}
                  </p>
                )}
              </div>
            </div>
            <div className="flex min-w-0 flex-col gap-1">
              {drawn.map((row, place) => {
                const own = row.steps[index]
                if (!own) return null
                const color =
                  row.overall && isCompared
                    ? 'var(--c0)'
                    : rowColor(isCompared && hasOverall(drawn) ? place - 1 : place)
                return (
                  <StepBar
                    key={rowName(row, t, format)}
                    row={row}
                    step={own}
                    index={index}
                    count={count}
                    color={color}
                    name={isCompared ? rowName(row, t, format) : null}
                  />
                )
              })}
            </div>
          </li>
        ))}
      </ol>
      {rows.length > ROWS_DRAWN && (
        <p className="mt-4 text-xs text-ink3">{t.charts.moreRows(format.number(rows.length - ROWS_DRAWN))}</p>
      )}
    </div>
  )
}

const hasOverall = (rows: FunnelRow[]) => rows[0]?.overall === true

interface StepBarProps {
  row: FunnelRow
  step: FunnelStep
  index: number
  count: FunnelCount
  color: string
  name: string | null
}

function StepBar({ row, step, index, count, color, name }: StepBarProps) {
  const t = useT()
  const format = useFormat()
  const inspect = useInspect()
  const start = row.steps[0]?.reached.value || 0
  const share = (value: number | null) => (start > 0 && value ? value / start : 0)
  const reached = share(step.reached.value)
  const dropped = share(step.dropped.value)
  const previous = stepBefore(row.steps, index)?.label ?? ''
  const units = (value: number | null) => t.options.unitCounts[count](format.number(value), value ?? 0)
  const thin = name !== null
  const open = (kind: 'reached' | 'dropped') => {
    const cell = step[kind].cell
    if (!cell) return
    inspect({
      cell,
      title:
        kind === 'reached' ? t.charts.reachedTitle(step.label) : t.charts.droppedTitle(previous, step.label),
      detail: name ?? undefined,
      name:
        kind === 'reached' ? t.charts.reachedName(step.label) : t.charts.droppedName(previous, step.label),
    })
  }
  const continued = step.from_previous
  return (
    <div
      style={{ '--bar': color } as React.CSSProperties}
      className={cx(
        thin && 'grid items-center gap-x-3 gap-y-0.5 @xl:grid-cols-[minmax(0,9rem)_minmax(0,1fr)]',
      )}
    >
      {thin && (
        <p className="truncate text-xs text-ink2" title={name}>
          {name}
        </p>
      )}
      <div className="flex items-center gap-3">
        <div className={cx('relative min-w-0 flex-1 rounded-md bg-sunken/70', thin ? 'h-6' : 'h-11')}>
          {/* What is seen is drawn to scale; the buttons above it are never too small to hit. */}
          <div aria-hidden className="absolute inset-0 flex overflow-hidden rounded-md">
            {reached > 0 && (
              <div
                className={cx('shrink-0 bg-(--bar)', step.optional && 'opacity-55')}
                style={{ width: `max(${reached * 100}%, 2px)` }}
              />
            )}
            {dropped > 0 && <div className="hatch shrink-0" style={{ width: `${dropped * 100}%` }} />}
          </div>
          <div className="absolute inset-0 flex">
            {reached > 0 && (
              <AriaButton
                aria-label={t.charts.reachedLabel(
                  name,
                  step.label,
                  units(step.reached.value),
                  format.percent(step.from_start),
                )}
                isDisabled={!step.reached.cell}
                onPress={() => open('reached')}
                style={{ width: `${reached * 100}%` }}
                className={cx(
                  'min-w-6 rounded-l-md hover:bg-white/15 focus-visible:z-10',
                  dropped === 0 && 'rounded-r-md',
                )}
              />
            )}
            {dropped > 0 && (
              <AriaButton
                aria-label={t.charts.droppedLabel(name, previous, step.label, units(step.dropped.value))}
                isDisabled={!step.dropped.cell}
                onPress={() => open('dropped')}
                style={{ width: `${dropped * 100}%` }}
                className="@container grid min-w-6 place-items-center overflow-hidden rounded-r-md hover:outline-2 hover:-outline-offset-2 hover:outline-(--bar) focus-visible:z-10"
              >
                {!thin && (
                  <span className="hidden rounded bg-surface px-1.5 text-xs font-medium whitespace-nowrap text-ink2 tabular-nums @min-[4.25rem]:inline">
                    {t.charts.droppedShort(format.number(step.dropped.value))}
                  </span>
                )}
              </AriaButton>
            )}
          </div>
        </div>
        {thin ? (
          <p className="flex w-24 shrink-0 justify-end gap-2 text-xs tabular-nums">
            <span className="text-ink2">{format.number(step.reached.value)}</span>
            <span className="w-10 text-right font-semibold">{format.percent(step.from_start)}</span>
          </p>
        ) : (
          <p className="w-14 shrink-0 text-right text-base font-semibold tabular-nums">
            {format.percent(step.from_start)}
          </p>
        )}
      </div>
      {!thin && index > 0 && (
        <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-ink3 tabular-nums">
          <span>{t.charts.continued(format.percent(continued))}</span>
          {dropped > 0 && (
            <span className="@2xl:hidden">{t.charts.droppedShort(format.number(step.dropped.value))}</span>
          )}
          {step.seconds?.median != null && (
            <span>{t.charts.median(format.duration(step.seconds.median))}</span>
          )}
        </p>
      )}
    </div>
  )
}
