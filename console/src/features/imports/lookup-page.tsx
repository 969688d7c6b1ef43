/** One lookup table: its columns, its rows by key. */
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Table2, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { deleteLookup, type Lookup, lookupQuery, lookupRowsQuery, lookupsQuery } from '~/api/imports'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Button } from '~/ui/button'
import { useDebounced } from '~/ui/debounce'
import { Confirm } from '~/ui/dialog'
import { SearchField } from '~/ui/field'
import { Card, Page } from '~/ui/page'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More, Table, Td, Th, Tr } from '~/ui/table'
import { useToasts } from '~/ui/toast'

export function LookupPage() {
  const t = useT()
  const format = useFormat()
  const { name } = useParams({ from: '/shell/lookups/$name' })
  const { data, error, refetch } = useQuery(lookupQuery(name))
  const other = data?.columns.find(it => it.name !== data.key)
  return (
    <Page
      title={name}
      crumb={{ to: '/imports', search: { tab: 'lookups' }, label: t.imports.lookups }}
      intro={other && t.imports.calledInCharts(name, other.name)}
      actions={
        <>
          {data && (
            <span className="text-sm text-ink2 tabular-nums">
              {format.number(data.rows)} {t.imports.rows} · {format.ago(data.updated_at)}
            </span>
          )}
          <Remove name={name} />
        </>
      }
    >
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows />
        ) : (
          <Rows lookup={data} />
        )}
      </Card>
    </Page>
  )
}

function Rows({ lookup }: { lookup: Lookup }) {
  const t = useT()
  const format = useFormat()
  const [text, setText] = useState('')
  const key = useDebounced(text.trim(), 250)
  const list = useInfiniteQuery({ ...lookupRowsQuery(lookup.name, key), placeholderData: keepPreviousData })
  const rows = list.data?.pages.flatMap(it => it.rows)
  return (
    <>
      <div className="border-b border-line p-3">
        <SearchField
          label={t.imports.findKey}
          clearLabel={t.common.clear}
          value={text}
          onChange={setText}
          className="max-w-72"
        />
      </div>
      {list.error ? (
        <Failed error={list.error} onRetry={() => void list.refetch()} />
      ) : !rows ? (
        <SkeletonRows />
      ) : rows.length === 0 ? (
        <Empty icon={<Table2 size={20} aria-hidden />} title={t.imports.noKey} />
      ) : (
        <Table label={lookup.name}>
          <thead>
            <tr>
              {lookup.columns.map(it => (
                <Th key={it.name} right={it.type === 'number'}>
                  {it.name}
                  <span className="ml-1.5 font-normal">
                    {it.name === lookup.key ? t.imports.key : wordFor(t.types, it.type, it.type)}
                  </span>
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <Tr key={String(row[lookup.key])}>
                {lookup.columns.map(it => (
                  <Td
                    key={it.name}
                    right={it.type === 'number'}
                    muted={it.name !== lookup.key}
                    className="max-w-80 truncate"
                  >
                    {format.value(row[it.name])}
                  </Td>
                ))}
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      <More
        label={t.common.more}
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </>
  )
}

function Remove({ name }: { name: string }) {
  const t = useT()
  const toasts = useToasts()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const remove = async () => {
    try {
      await deleteLookup(name)
    } catch (failure) {
      toasts.fail(failure)
      throw failure
    }
    toasts.say(t.imports.deleted(name))
    await navigate({ to: '/imports', search: { tab: 'lookups' } })
    await queryClient.invalidateQueries({ queryKey: lookupsQuery.queryKey })
  }
  return (
    <>
      <Button look="danger" onPress={() => setAsking(true)}>
        <Trash2 size={14} aria-hidden />
        {t.common.delete}
      </Button>
      <Confirm
        isDanger
        isOpen={isAsking}
        title={t.imports.deleteTitle(name)}
        body={t.imports.deleteBody}
        action={t.common.delete}
        onClose={() => setAsking(false)}
        onConfirm={remove}
      />
    </>
  )
}
