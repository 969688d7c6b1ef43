/** What arrived and was not understood: the reason, and the bytes. */

import { useInfiniteQuery } from '@tanstack/react-query'
import { ChevronRight, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { quarantineQuery } from '~/api/data'
import type { Rejection } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { cx } from '~/ui/cx'
import { Badge, Card, Page } from '~/ui/page'
import { Source } from '~/ui/scroll'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More } from '~/ui/table'

export function QuarantinePage() {
  const t = useT()
  const list = useInfiniteQuery(quarantineQuery)
  const rows = list.data?.pages.flatMap(it => it.rejections)
  return (
    <Page title={t.quarantine.title} intro={t.quarantine.intro}>
      <Card flush>
        {list.error ? (
          <Failed error={list.error} onRetry={() => void list.refetch()} />
        ) : !rows ? (
          <SkeletonRows />
        ) : rows.length === 0 ? (
          <Empty icon={<ShieldCheck size={20} aria-hidden />} title={t.quarantine.none}>
            {t.quarantine.noneBody}
          </Empty>
        ) : (
          <ul className="divide-y divide-line/70">
            {rows.map(it => (
              <RejectionItem key={it.id} rejection={it} />
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

function RejectionItem({ rejection }: { rejection: Rejection }) {
  const t = useT()
  const format = useFormat()
  const [isOpen, setOpen] = useState(false)
  const raw = typeof rejection.raw === 'string' ? rejection.raw : JSON.stringify(rejection.raw, null, 2)
  return (
    <li>
      <AriaButton
        aria-expanded={isOpen}
        onPress={() => setOpen(!isOpen)}
        className="flex w-full items-center gap-x-3 gap-y-1 px-4 py-2.5 max-sm:flex-wrap text-left hover:bg-bg focus-visible:-outline-offset-2"
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
      {isOpen && (
        <div className="px-4 pb-3">
          <Source label={t.people_.raw} text={raw} />
        </div>
      )}
    </li>
  )
}
