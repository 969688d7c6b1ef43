/** What the columns of a table mean: one row per column, or the map as JSON. */
import { useState } from 'react'
import type { ImportColumn, ImportInto } from '~/api/imports'
import { useFormat, useT } from '~/i18n'
import {
  FIELDS,
  type ImportMap,
  PROPERTY_KINDS,
  parseMap,
  propertyNameOf,
  type Role,
  roleOf,
  withEventName,
  withRole,
} from '~/lib/import-map'
import { cx } from '~/ui/cx'
import { TextArea, TextField } from '~/ui/field'
import { Segmented, Select } from '~/ui/select'
import { Table, Td, Th } from '~/ui/table'

interface MapEditorProps {
  columns: ImportColumn[]
  into: Exclude<ImportInto, 'lookup'>
  map: ImportMap
  onChange: (map: ImportMap) => void
}

export function MapEditor({ columns, into, map, onChange }: MapEditorProps) {
  const t = useT()
  const [as, setAs] = useState<'table' | 'json'>('table')
  const namedByColumn = map.event && map.event.const === undefined
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2 px-4">
        <p className="text-sm text-ink2">{t.imports.mappingHint}</p>
        <Segmented
          label={t.imports.mapping}
          value={as}
          onChange={setAs}
          options={[
            { id: 'table', label: t.imports.asTable },
            { id: 'json', label: t.imports.asJson },
          ]}
        />
      </div>
      {as === 'json' ? (
        <MapText map={map} onChange={onChange} />
      ) : (
        <>
          {into === 'events' && !namedByColumn && (
            <div className="px-4">
              <TextField
                label={t.imports.eventName}
                hint={t.imports.eventNameHint}
                value={map.event?.const ?? ''}
                onChange={name => onChange(withEventName(map, name))}
                className="max-w-80"
              />
            </div>
          )}
          <Columns columns={columns} into={into} map={map} onChange={onChange} />
        </>
      )}
    </div>
  )
}

function Columns({ columns, into, map, onChange }: MapEditorProps) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.imports.mapping}>
      <thead>
        <tr>
          <Th>{t.imports.column}</Th>
          <Th>{t.imports.becomes}</Th>
        </tr>
      </thead>
      <tbody>
        {columns.map(column => {
          const role = roleOf(map, column.name)
          return (
            <tr key={column.name} className="border-b border-line/70 align-top last:border-b-0">
              <Td className="max-w-56 min-w-32">
                <span
                  className={cx('block font-medium break-words', role.is === 'skip' && 'text-ink3')}
                  title={column.name}
                >
                  {column.name}
                </span>
                <span className="block truncate text-xs text-ink3">
                  {column.samples
                    .slice(0, 3)
                    .map(it => format.value(it))
                    .join(', ')}
                </span>
                {column.empty > 0 && (
                  <span className="block text-xs text-ink3">
                    {t.imports.empty(format.number(column.empty))}
                  </span>
                )}
              </Td>
              <Td className="min-w-72">
                <RoleField
                  column={column.name}
                  role={role}
                  into={into}
                  onChange={next => onChange(withRole(map, column.name, next))}
                />
              </Td>
            </tr>
          )
        })}
      </tbody>
    </Table>
  )
}

interface RoleFieldProps {
  column: string
  role: Role
  into: MapEditorProps['into']
  onChange: (role: Role) => void
}

function RoleField({ column, role, into, onChange }: RoleFieldProps) {
  const t = useT()
  // A person has no name of an event and no id of one.
  const fields = into === 'events' ? FIELDS : (['time', 'user_id', 'device_id'] as const)
  const bags =
    into === 'events' ? (['properties', 'user_properties'] as const) : (['user_properties'] as const)
  const options = ['skip' as const, ...fields, ...bags]
  const isProperty = role.is === 'properties' || role.is === 'user_properties'
  return (
    <div className="flex flex-wrap items-center gap-1.5 py-0.5">
      <Select
        label={t.imports.becomesOf(column)}
        hideLabel
        value={role.is}
        onChange={is => {
          if (is === 'properties' || is === 'user_properties') {
            const named = isProperty ? role : { name: propertyNameOf(column), kind: 'auto' as const }
            onChange({ is, name: named.name, kind: named.kind })
          } else onChange({ is })
        }}
        options={options.map(it => ({ id: it, label: t.imports.roles[it] }))}
      />
      {isProperty && (
        <>
          <NameField
            label={t.imports.propertyName(column)}
            value={role.name}
            onChange={name => onChange({ ...role, name })}
          />
          <Select
            label={t.imports.kindOf(column)}
            hideLabel
            value={role.kind}
            onChange={kind => onChange({ ...role, kind })}
            options={PROPERTY_KINDS.map(it => ({ id: it, label: t.imports.kinds[it] }))}
          />
        </>
      )}
    </div>
  )
}

/** A name takes effect when it is finished: on the way it may be that of another property. */
function NameField({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (it: string) => void
}) {
  const [text, setText] = useState(value)
  const [last, setLast] = useState(value)
  if (value !== last) {
    setLast(value)
    setText(value)
  }
  const commit = () => {
    const name = text.trim()
    if (name === '') setText(value)
    else if (name !== value) onChange(name)
  }
  return (
    <TextField
      label={label}
      hideLabel
      value={text}
      onChange={setText}
      onBlur={commit}
      onKeyDown={event => event.key === 'Enter' && !event.nativeEvent.isComposing && commit()}
      className="w-36"
    />
  )
}

function MapText({ map, onChange }: { map: ImportMap; onChange: (map: ImportMap) => void }) {
  const t = useT()
  const [text, setText] = useState(() => JSON.stringify(map, null, 2))
  const read = parseMap(text)
  return (
    <div className="px-4 pb-4">
      <TextArea
        label={t.imports.mapJson}
        hideLabel
        code
        rows={18}
        value={text}
        error={'wrong' in read ? read.wrong : null}
        onChange={next => {
          setText(next)
          const it = parseMap(next)
          if ('map' in it) onChange(it.map)
        }}
      />
    </div>
  )
}
