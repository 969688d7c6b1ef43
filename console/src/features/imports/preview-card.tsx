/** The first rows of a file, and what they would become. */
import { useState } from 'react'
import type { ImportPreview } from '~/api/imports'
import type { Json, JsonObject } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { cx } from '~/ui/cx'
import { Card } from '~/ui/page'
import { Scroll } from '~/ui/scroll'
import { Segmented } from '~/ui/select'
import { Notice } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'

interface PreviewCardProps {
  preview: ImportPreview
  /** Another preview is on its way. */
  isStale: boolean
  /** What rows become is worth a look of its own. */
  hasEvents: boolean
}

const ROWS_SHOWN = 20
const PROBLEMS_SHOWN = 8

export function PreviewCard({ preview, isStale, hasEvents }: PreviewCardProps) {
  const t = useT()
  const format = useFormat()
  const [as, setAs] = useState<'events' | 'rows'>('events')
  const shown = hasEvents ? as : 'rows'
  const { problems } = preview
  return (
    <Card
      flush
      title={t.imports.preview}
      actions={
        hasEvents && (
          <Segmented
            label={t.imports.preview}
            value={as}
            onChange={setAs}
            options={[
              { id: 'events', label: t.imports.previews.events },
              { id: 'rows', label: t.imports.previews.rows },
            ]}
          />
        )
      }
    >
      <div aria-busy={isStale} className={cx('transition-opacity', isStale && 'opacity-50')}>
        {problems.length > 0 && (
          <div className="px-4 pb-3">
            <Notice tone="warn">
              <p className="font-medium">
                {t.imports.problems(format.number(problems.length), problems.length)}
              </p>
              <ul className="mt-1 list-disc pl-4">
                {problems.slice(0, PROBLEMS_SHOWN).map(it => (
                  <li key={`${it.row} ${it.field} ${it.detail}`} className="break-words">
                    {it.row !== null && `${t.imports.rowN(format.number(it.row))}: `}
                    {it.field && <span className="font-mono">{it.field} </span>}
                    <span lang="en">{it.detail}</span>
                  </li>
                ))}
              </ul>
            </Notice>
          </div>
        )}
        {shown === 'events' ? (
          <Events events={preview.events.slice(0, ROWS_SHOWN)} />
        ) : (
          <Rows columns={preview.columns.map(it => it.name)} rows={preview.rows.slice(0, ROWS_SHOWN)} />
        )}
      </div>
    </Card>
  )
}

function Events({ events }: { events: JsonObject[] }) {
  const t = useT()
  if (events.length === 0) return <p className="px-4 pb-4 text-sm text-ink2">{t.imports.noRows}</p>
  return (
    <Scroll label={t.imports.previews.events} className="max-h-[36rem] overflow-auto">
      <ol className="divide-y divide-line/70 border-t border-line/70">
        {events.map((event, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
          <li key={index} className="px-4 py-2.5">
            <EventLines event={event} />
          </li>
        ))}
      </ol>
    </Scroll>
  )
}

/** Properties of the person that are set; other operators keep their name. */
function operations(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {}
  const { $set, ...rest } = value
  return { ...($set !== null && typeof $set === 'object' && !Array.isArray($set) ? $set : {}), ...rest }
}

/** An event as a person reads it: its name and who first, then everything else. */
function EventLines({ event }: { event: JsonObject }) {
  const format = useFormat()
  const { event: name, user_id, device_id, time, properties, user_properties, ...rest } = event
  const lines = [
    ...Object.entries((properties ?? {}) as JsonObject),
    ...Object.entries(operations(user_properties)).map(([key, it]) => [`user.${key}`, it] as const),
    ...Object.entries(rest),
  ]
  return (
    <>
      <p className="flex flex-wrap items-baseline gap-x-3 text-sm">
        <span className="font-semibold">{typeof name === 'string' ? name : '–'}</span>
        <span className="text-ink2">{format.value(user_id ?? device_id)}</span>
        <span className="text-xs text-ink3 tabular-nums">{format.value(time)}</span>
      </p>
      <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-xs">
        {lines.map(([key, value]) => (
          <div key={key} className="flex min-w-0 gap-1.5">
            <dt className="text-ink3">{key}</dt>
            <dd className="min-w-0 break-words text-ink2">{format.value(value)}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

function Rows({ columns, rows }: { columns: string[]; rows: JsonObject[] }) {
  const t = useT()
  const format = useFormat()
  if (rows.length === 0) return <p className="px-4 pb-4 text-sm text-ink2">{t.imports.noRows}</p>
  return (
    <Table label={t.imports.previews.rows}>
      <thead>
        <tr>
          {columns.map(it => (
            <Th key={it}>{it}</Th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
          <Tr key={index}>
            {columns.map(it => (
              <Td key={it} muted className="max-w-60 truncate">
                {format.value(row[it])}
              </Td>
            ))}
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
