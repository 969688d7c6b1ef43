/** Formulas over the events of a chart, with their names and functions at hand and the server's complaints in place. */
import { Plus, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { asProblem } from '~/api/problem'
import { describeSelector, useWords } from '~/builder/describe'
import { useT } from '~/i18n'
import { FORMULA_LENGTH_MAX, FORMULAS_MAX, formulaPlace, letter, type SegmentationState } from '~/lib/charts'
import { isChosen } from '~/lib/filters'
import { Button, IconButton } from '~/ui/button'
import { Disclosure } from '~/ui/disclosure'
import { TextField } from '~/ui/field'
import { useHeir } from '~/ui/focus'
import { RailSection } from '../builder-rail'

interface FormulasProps {
  state: SegmentationState
  /** What the server said of the question as it stands. */
  error: unknown
  onChange: (formulas: string[]) => void
}

export function Formulas({ state, error, onChange }: FormulasProps) {
  const t = useT()
  const [add, focusAdd] = useHeir()
  const [added, setAdded] = useState(-1)
  // Where a name or a function goes: the field that had the keyboard last.
  const [last, setLast] = useState(0)
  const fields = useRef<(HTMLInputElement | null)[]>([])
  const { formulas } = state
  const put = (index: number, text: string) => {
    if (text !== formulas[index]) onChange(formulas.map((it, place) => (place === index ? text : it)))
  }
  const insert = (text: string) => {
    const place = Math.min(last, formulas.length - 1)
    const field = fields.current[place]
    if (!field) {
      setAdded(formulas.length)
      onChange([...formulas, text])
      return
    }
    const [from, to] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length]
    put(place, field.value.slice(0, from) + text + field.value.slice(to))
    field.focus()
  }
  const isEmpty = !state.series.some(it => isChosen(it.select))
  return (
    <RailSection title={t.options.formulas} hint={formulas.length > 0 ? t.options.formulaHint : undefined}>
      {isEmpty ? (
        <p className="text-xs text-ink3">{t.options.needsEvents}</p>
      ) : (
        <>
          <ul className="mb-1 flex flex-col gap-2">
            {formulas.map((it, index) => (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: a formula is its place
                key={index}
                className="flex items-start gap-1"
              >
                <FormulaField
                  label={t.options.formulaN(index + 1)}
                  value={it}
                  error={complaint(error, formulas, index)}
                  isNew={index === added && it === ''}
                  fieldRef={field => {
                    fields.current[index] = field
                  }}
                  onFocus={() => setLast(index)}
                  onCommit={text => put(index, text)}
                />
                <IconButton
                  label={t.charts.remove(t.options.formulaN(index + 1))}
                  onPress={() => {
                    onChange(formulas.filter((_, place) => place !== index))
                    focusAdd()
                  }}
                >
                  <X size={14} aria-hidden />
                </IconButton>
              </li>
            ))}
          </ul>
          {formulas.length < FORMULAS_MAX && (
            <Button
              ref={add}
              look="ghost"
              size="sm"
              onPress={() => {
                setAdded(formulas.length)
                setLast(formulas.length)
                onChange([...formulas, ''])
              }}
            >
              <Plus size={14} aria-hidden />
              {t.options.addFormula}
            </Button>
          )}
          {formulas.length > 0 && <Help state={state} onInsert={insert} />}
        </>
      )}
    </RailSection>
  )
}

/** What the server said of one formula; empty ones were not asked, so the rest moved up. */
function complaint(error: unknown, formulas: readonly string[], index: number): string | null {
  if (!error) return null
  const { errors } = asProblem(error)
  const found = errors.find(it => {
    const [, part, place] = (it.pointer ?? '').split('/')
    return part === 'formulas' && formulaPlace(formulas, Number(place)) === index
  })
  return found?.detail ?? null
}

interface FormulaFieldProps {
  label: string
  value: string
  error: string | null
  isNew: boolean
  fieldRef: (field: HTMLInputElement | null) => void
  onFocus: () => void
  onCommit: (text: string) => void
}

/** Half a formula is an error: it is asked with Enter, or when the field is left. */
function FormulaField({ label, value, error, isNew, fieldRef, onFocus, onCommit }: FormulaFieldProps) {
  const [text, setText] = useState(value)
  const [committed, setCommitted] = useState(value)
  // A change from outside, such as Back or an insertion, replaces what was being written.
  if (committed !== value) {
    setCommitted(value)
    setText(value)
  }
  const isChanged = text !== value
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the field inside has the keyboard
    <div className="min-w-0 flex-1" onFocus={onFocus}>
      <TextField
        label={label}
        hideLabel
        value={text}
        placeholder="A / B * 100"
        onChange={it => setText(it.slice(0, FORMULA_LENGTH_MAX))}
        onBlur={() => onCommit(text.trim())}
        onKeyDown={event => {
          if (event.key === 'Enter') onCommit(text.trim())
        }}
        autoFocus={isNew}
        autoComplete="off"
        inputRef={fieldRef}
        inputClassName="font-mono text-[0.8125rem]"
        // Nothing else comes and goes as the field is left: what is being clicked must not move away.
        error={isChanged ? null : error}
      />
    </div>
  )
}

const GROUPS = {
  series: [
    'UNIQUES(A)',
    'TOTALS(A)',
    'AVG(A)',
    'ACTIVE(A)',
    'PROPSUM(A)',
    'PROPAVG(A)',
    'PROPMIN(A)',
    'PROPMAX(A)',
    'PROPCOUNT(A)',
    'PERCENTILE(A, 0.9)',
  ],
  windows: ['ROLLWIN(A, 7)', 'ROLLAVG(A, 7)', 'CUMSUM(A)'],
  numbers: ['POWER(A, 2)', 'SQRT(A)', 'LN(A)', 'LOG10(A)', 'EXP(A)'],
} as const

function Help({ state, onInsert }: { state: SegmentationState; onInsert: (text: string) => void }) {
  const t = useT()
  const words = useWords()
  const named = state.series.flatMap((it, index) =>
    isChosen(it.select) ? [{ name: letter(index), event: describeSelector(it.select, words) }] : [],
  )
  return (
    <Disclosure title={t.options.help} className="mt-2">
      <div className="flex flex-col gap-3 text-xs">
        <div>
          <p className="mb-1 font-medium text-ink3">{t.options.helpNames}</p>
          <ul>
            {named.map(it => (
              <Insertable key={it.name} text={it.name} words={it.event} onInsert={onInsert} />
            ))}
          </ul>
          <p className="mt-1 text-ink3">{t.options.helpOperators}</p>
        </div>
        {(Object.keys(GROUPS) as (keyof typeof GROUPS)[]).map(group => (
          <div key={group}>
            <p className="mb-1 font-medium text-ink3">{t.options.helpGroups[group]}</p>
            <ul>
              {GROUPS[group].map(it => (
                <Insertable key={it} text={it} words={t.options.functions[it]} onInsert={onInsert} />
              ))}
            </ul>
          </div>
        ))}
      </div>
    </Disclosure>
  )
}

interface InsertableProps {
  text: string
  words: string
  onInsert: (text: string) => void
}

function Insertable({ text, words, onInsert }: InsertableProps) {
  const t = useT()
  return (
    <li className="grid grid-cols-[9.5rem_minmax(0,1fr)] items-baseline gap-2">
      <Button
        look="ghost"
        size="sm"
        className="h-6! justify-self-start px-1 font-mono text-xs!"
        aria-label={t.options.insert(text)}
        onPress={() => onInsert(text)}
      >
        {text}
      </Button>
      <span className="min-w-0 truncate text-ink2" title={words}>
        {words}
      </span>
    </li>
  )
}
