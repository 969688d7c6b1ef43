/** What arrived and was not understood: the reason, and the bytes. */

import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ChevronRight, ShieldCheck } from 'lucide-react'
import { useMemo, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { isSpan, type QuarantineFilter, quarantineQuery, type Span, sinceOf } from '~/api/data'
import type { Rejection } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { LinkButton } from '~/ui/button'
import { TickBox } from '~/ui/check'
import { cx } from '~/ui/cx'
import { Badge, Card, Page } from '~/ui/page'
import { Source } from '~/ui/scroll'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More } from '~/ui/table'
import { Actions, Filters } from './held'

export function QuarantinePage() {
  const t = useT()
  const search = useSearch({ from: '/shell/quarantine' })
  const navigate = useNavigate()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const span = isSpan(search.since ?? '') ? (search.since as Span) : 'all'
  // One instant per visit: a moving one would ask anew with every render.
  const since = useMemo(() => sinceOf(span, Date.now()), [span])
  const filter: QuarantineFilter = { reason: search.reason, source: search.source, since }
  const list = useInfiniteQuery(quarantineQuery(filter))
  const rows = list.data?.pages.flatMap(it => it.rejections)
  const ids = rows?.filter(it => selected.has(it.id)).map(it => it.id) ?? []
  const isFiltered = Boolean(search.reason || search.source || since)
  const set = (part: Record<string, string | undefined>) => {
    const kept = Object.entries({ ...search, ...part }).filter(([, it]) => it)
    void navigate({ to: '.', search: Object.fromEntries(kept) })
  }
  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    setSelected(next)
  }
  return (
    <Page
      title={t.quarantine.title}
      intro={t.quarantine.intro}
      actions={
        <LinkButton to="/warnings" look="ghost">
          {t.warnings.title}
        </LinkButton>
      }
    >
      <Card flush>
        <Filters
          reason={search.reason ?? ''}
          source={search.source ?? ''}
          span={span}
          seen={rows ?? []}
          onChange={set}
        />
        {rows && rows.length > 0 && (
          <Actions
            filter={filter}
            ids={ids}
            shown={rows.map(it => it.id)}
            isAll={ids.length === rows.length}
            onSelectAll={all => setSelected(new Set(all ? rows.map(it => it.id) : []))}
            onDone={() => setSelected(new Set())}
          />
        )}
        {list.error ? (
          <Failed error={list.error} onRetry={() => void list.refetch()} />
        ) : !rows ? (
          <SkeletonRows />
        ) : rows.length === 0 ? (
          <Empty
            icon={<ShieldCheck size={20} aria-hidden />}
            title={isFiltered ? t.held.nonePassed : t.quarantine.none}
          >
            {!isFiltered && t.quarantine.noneBody}
          </Empty>
        ) : (
          <ul className="divide-y divide-line/70">
            {rows.map(it => (
              <RejectionItem
                key={it.id}
                rejection={it}
                isSelected={selected.has(it.id)}
                onSelect={() => toggle(it.id)}
              />
            ))}
          </ul>
        )}
        <More
          label={t.common.more}
          hasMore={list.hasNextPage}
          isLoading={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      </Card>
    </Page>
  )
}

interface RejectionItemProps {
  rejection: Rejection
  isSelected: boolean
  onSelect: () => void
}

function RejectionItem({ rejection, isSelected, onSelect }: RejectionItemProps) {
  const t = useT()
  const format = useFormat()
  const [isOpen, setOpen] = useState(false)
  const raw = typeof rejection.raw === 'string' ? rejection.raw : JSON.stringify(rejection.raw, null, 2)
  return (
    <li>
      <div className="flex items-center pl-3">
        <TickBox
          label={t.held.selectRow(
            `${wordFor(t.rejections, rejection.reason, rejection.reason)}, ${format.dateTime(rejection.received_at)}`,
          )}
          isSelected={isSelected}
          onChange={onSelect}
        />
        <AriaButton
          aria-expanded={isOpen}
          onPress={() => setOpen(!isOpen)}
          className="flex min-w-0 flex-1 items-center gap-x-3 gap-y-1 px-3 py-2.5 max-sm:flex-wrap text-left hover:bg-bg focus-visible:-outline-offset-2"
        >
          <Badge tone="warn">{wordFor(t.rejections, rejection.reason, rejection.reason)}</Badge>
          {/* The reason in the reader's language is the badge; the details are the server's own words. */}
          <span
            lang="en"
            className="min-w-0 flex-1 text-sm text-ink2 max-sm:order-last max-sm:basis-full sm:truncate"
          >
            {rejection.detail}
          </span>
          <span className="shrink-0 text-xs text-ink3 max-sm:hidden">{rejection.dialect}</span>
          <span className="shrink-0 text-xs text-ink3 tabular-nums max-sm:ml-auto">
            {format.dateTime(rejection.received_at)}
          </span>
          <ChevronRight
            size={14}
            aria-hidden
            className={cx('shrink-0 text-ink3 transition-transform', isOpen && 'rotate-90')}
          />
        </AriaButton>
      </div>
      {isOpen && (
        <div className="px-4 pb-3">
          <Source label={t.people_.raw} text={raw} />
        </div>
      )}
    </li>
  )
}
