/** Writing the mail. */
import { useRef } from 'react'
import type { Problem } from '~/api/problem'
import { useT } from '~/i18n'
import type { EditorState, Missing } from '~/lib/campaign-draft'
import { FieldLabel, TextArea, TextField } from '~/ui/field'
import { Card } from '~/ui/page'
import { TokenMenu } from './token-menu'

interface ComposeProps {
  state: EditorState
  change: (part: Partial<EditorState>) => void
  /** What the server said about the last attempt to save. */
  problem: Problem | null
  /** Fields marked as missing, once someone has tried to go on. */
  missing: readonly Missing[]
}

const SUBJECT_LONG = 60

export function ComposeStep({ state, change, problem, missing }: ComposeProps) {
  const t = useT()
  const subject = useRef<HTMLInputElement>(null)
  const preheader = useRef<HTMLInputElement>(null)
  const html = useRef<HTMLTextAreaElement>(null)
  const error = (field: 'name' | 'from' | 'subject' | 'html') =>
    problem?.at(field === 'name' ? '/name' : `/messages/0/${field}`)?.detail ??
    (missing.includes(field) ? t.editor.missing[field] : null)
  return (
    <Card>
      <div className="flex flex-col gap-4">
        <TextField
          label={t.editor.name}
          hint={t.editor.nameHint}
          value={state.name}
          onChange={name => change({ name })}
          error={error('name')}
        />
        <TextField
          label={t.editor.from}
          value={state.from}
          onChange={from => change({ from })}
          error={error('from')}
          placeholder={t.editor.fromPlaceholder}
        />
        <Templated
          label={t.editor.subject}
          menu={
            <TokenMenu
              field={t.editor.subject}
              input={subject}
              value={state.subject}
              onChange={it => change({ subject: it })}
            />
          }
        >
          <TextField
            label={t.editor.subject}
            hideLabel
            inputRef={subject}
            value={state.subject}
            onChange={it => change({ subject: it })}
            error={error('subject')}
            hint={state.subject.length > SUBJECT_LONG ? t.editor.subjectLong(SUBJECT_LONG) : undefined}
          />
        </Templated>
        <Templated
          label={t.editor.preheader}
          menu={
            <TokenMenu
              field={t.editor.preheader}
              input={preheader}
              value={state.preheader}
              onChange={it => change({ preheader: it })}
            />
          }
        >
          <TextField
            label={t.editor.preheader}
            hideLabel
            inputRef={preheader}
            value={state.preheader}
            onChange={it => change({ preheader: it })}
            hint={t.editor.preheaderHint}
          />
        </Templated>
        <Templated
          label={t.editor.body}
          menu={
            <TokenMenu
              field={t.editor.body}
              input={html}
              value={state.html}
              onChange={it => change({ html: it })}
            />
          }
        >
          <TextArea
            label={t.editor.body}
            hideLabel
            code
            rows={18}
            inputRef={html}
            value={state.html}
            onChange={it => change({ html: it })}
            error={error('html')}
          />
        </Templated>
      </div>
    </Card>
  )
}

/** A field whose text may hold tokens: the label with the insert menu at its end. */
function Templated({
  label,
  menu,
  children,
}: {
  label: string
  menu: React.ReactNode
  children: React.ReactNode
}) {
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center justify-between gap-2">
        <FieldLabel>
          <span aria-hidden>{label}</span>
        </FieldLabel>
        {menu}
      </div>
      {children}
    </div>
  )
}
