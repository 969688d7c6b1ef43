/** Which days: the usual spans, or two dates. */
import { parseDate } from '@internationalized/date'
import { CalendarDays, ChevronLeft, ChevronRight } from 'lucide-react'
import { useState } from 'react'
import {
  Button as AriaButton,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  Dialog,
  DialogTrigger,
  Heading,
  Popover,
  RangeCalendar,
} from 'react-aria-components'
import type { Range } from '~/api/types'
import { useFormat, usePlace, useT } from '~/i18n'
import { plusDays, today } from '~/lib/time'
import { buttonClass } from '~/ui/button'
import { cx } from '~/ui/cx'
import { popoverClass, Segmented } from '~/ui/select'

const PRESETS = ['7', '30', '90'] as const

export function RangePicker({ value, onChange }: { value: Range; onChange: (range: Range) => void }) {
  const t = useT()
  const format = useFormat()
  const now = today(format.timezone, Date.now())
  const isPreset = 'last' in value && value.unit === 'day' && !value.offset
  const preset = isPreset ? String(value.last) : ''
  const dates =
    'from' in value
      ? { from: value.from, to: value.to }
      : { from: plusDays(now, 1 - (isPreset ? value.last : 30)), to: now }
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segmented
        label={t.charts.range}
        value={preset}
        onChange={it => onChange({ last: Number(it), unit: 'day' })}
        options={PRESETS.map(it => ({ id: it as string, label: t.charts.lastDays(Number(it)) }))}
      />
      <CustomDates isChosen={!isPreset} from={dates.from} to={dates.to} last={now} onChange={onChange} />
    </div>
  )
}

interface CustomDatesProps {
  isChosen: boolean
  from: string
  to: string
  last: string
  onChange: (range: Range) => void
}

function CustomDates({ isChosen, from, to, last, onChange }: CustomDatesProps) {
  const t = useT()
  const format = useFormat()
  const { week_start } = usePlace()
  const [isOpen, setOpen] = useState(false)
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setOpen}>
      <AriaButton className={buttonClass(isChosen ? 'secondary' : 'ghost', 'md')}>
        <CalendarDays size={15} aria-hidden />
        {isChosen ? `${format.localDate(from)} – ${format.localDate(to)}` : t.charts.customRange}
      </AriaButton>
      <Popover placement="bottom end" className={cx(popoverClass, 'p-3')}>
        <Dialog aria-label={t.charts.customRange} className="outline-none">
          <RangeCalendar
            aria-label={t.charts.customRange}
            defaultValue={{ start: parseDate(from), end: parseDate(to) }}
            defaultFocusedValue={parseDate(to)}
            maxValue={parseDate(last)}
            firstDayOfWeek={week_start === 'sunday' ? 'sun' : 'mon'}
            onChange={it => {
              onChange({ from: it.start.toString(), to: it.end.toString() })
              setOpen(false)
            }}
          >
            <header className="mb-2 flex items-center justify-between gap-2">
              <AriaButton slot="previous" className={buttonClass('ghost', 'icon')}>
                <ChevronLeft size={16} aria-hidden />
              </AriaButton>
              <Heading className="text-sm font-semibold" />
              <AriaButton slot="next" className={buttonClass('ghost', 'icon')}>
                <ChevronRight size={16} aria-hidden />
              </AriaButton>
            </header>
            <CalendarGrid className="border-separate border-spacing-y-0.5">
              <CalendarGridHeader>
                {day => (
                  <CalendarHeaderCell className="size-9 text-xs font-medium text-ink3">
                    {day}
                  </CalendarHeaderCell>
                )}
              </CalendarGridHeader>
              <CalendarGridBody>
                {date => (
                  <CalendarCell
                    date={date}
                    className={cx(
                      'grid size-9 cursor-default place-items-center rounded-md text-sm tabular-nums',
                      'outside-month:hidden hover:bg-sunken disabled:text-ink3 disabled:line-through',
                      'selected:rounded-none selected:bg-accent-bg',
                      'selection-start:rounded-l-md selection-start:bg-accent selection-start:text-on-accent',
                      'selection-end:rounded-r-md selection-end:bg-accent selection-end:text-on-accent',
                      'focus-visible:outline-2 focus-visible:outline-ring',
                    )}
                  />
                )}
              </CalendarGridBody>
            </CalendarGrid>
          </RangeCalendar>
          <p className="mt-2 text-xs text-ink3">{t.charts.zone(format.timezone)}</p>
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}
