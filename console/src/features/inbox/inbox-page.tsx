/** The development mailbox: mail that this installation sent to itself. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { ChevronLeft, Inbox, MailOpen } from 'lucide-react'
import { useState } from 'react'
import { inboxMessageQuery, inboxQuery } from '~/api/data'
import type { InboxMessage } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { LinkButton } from '~/ui/button'
import { cx } from '~/ui/cx'
import { Card, Facts, Page } from '~/ui/page'
import { Segmented } from '~/ui/select'
import { Empty, Failed, SkeletonRows } from '~/ui/state'
import { More } from '~/ui/table'

export function InboxPage() {
  const t = useT()
  const format = useFormat()
  const { message } = useSearch({ from: '/shell/inbox' })
  const inbox = useInfiniteQuery(inboxQuery)
  const rows = inbox.data?.pages.flatMap(it => it.messages)
  return (
    <Page wide title={t.inbox.title} intro={t.inbox.intro}>
      {inbox.error ? (
        <Card flush>
          <Failed error={inbox.error} onRetry={() => void inbox.refetch()} />
        </Card>
      ) : !rows ? (
        <Card flush>
          <SkeletonRows />
        </Card>
      ) : rows.length === 0 ? (
        <Card flush>
          <Empty icon={<Inbox size={20} aria-hidden />} title={t.inbox.none}>
            {t.inbox.noneBody}
          </Empty>
        </Card>
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[23rem_minmax(0,1fr)]">
          <Card
            flush
            className={cx(
              // On a phone one thing at a time: the list, or the mail.
              message && 'max-lg:hidden',
              'overflow-hidden lg:sticky lg:top-16 lg:max-h-[calc(100vh-5rem)] lg:overflow-y-auto',
            )}
          >
            <ul aria-label={t.inbox.title} className="divide-y divide-line/70">
              {rows.map(it => (
                <li key={it.id}>
                  <Link
                    to="/inbox"
                    search={{ message: it.id }}
                    aria-current={it.id === message ? 'true' : undefined}
                    className="block px-4 py-2.5 hover:bg-bg focus-visible:-outline-offset-2 aria-[current]:bg-accent-bg"
                  >
                    <span className="flex items-baseline justify-between gap-2">
                      <span className="truncate text-sm font-semibold">{it.to}</span>
                      <span className="shrink-0 text-xs text-ink3">{format.ago(it.received_at)}</span>
                    </span>
                    <span className="block truncate text-sm">{it.subject}</span>
                    <span className="block truncate text-xs text-ink3">{it.from}</span>
                  </Link>
                </li>
              ))}
            </ul>
            <More
              label={t.common.more}
              hasMore={inbox.hasNextPage}
              isLoading={inbox.isFetchingNextPage}
              onMore={() => void inbox.fetchNextPage()}
            />
          </Card>
          <Card flush className={cx(!message && 'max-lg:hidden')}>
            {message ? (
              <>
                <LinkButton to="/inbox" look="ghost" className="m-2 lg:hidden">
                  <ChevronLeft size={14} aria-hidden />
                  {t.common.back}
                </LinkButton>
                <Message id={message} />
              </>
            ) : (
              <Empty icon={<MailOpen size={20} aria-hidden />} title={t.inbox.choose} />
            )}
          </Card>
        </div>
      )}
    </Page>
  )
}

function Message({ id }: { id: string }) {
  const t = useT()
  const format = useFormat()
  const { data, error, refetch } = useQuery(inboxMessageQuery(id))
  const [view, setView] = useState<'html' | 'text' | 'headers'>('html')
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows />
  return (
    <article aria-label={data.subject}>
      <header className="border-b border-line px-5 py-4">
        <h2 className="mb-2 text-lg font-semibold break-words">{data.subject}</h2>
        <Facts
          items={[
            [t.inbox.from, data.from],
            [t.inbox.to, data.to],
            [t.inbox.received, format.dateTime(data.received_at)],
          ]}
        />
        <Segmented
          label={t.inbox.view}
          className="mt-3"
          value={view}
          onChange={setView}
          options={[
            { id: 'html', label: t.inbox.html },
            { id: 'text', label: t.inbox.text },
            { id: 'headers', label: t.inbox.headers },
          ]}
        />
      </header>
      <Body message={data} view={view} />
    </article>
  )
}

function Body({ message, view }: { message: InboxMessage; view: 'html' | 'text' | 'headers' }) {
  const t = useT()
  if (view === 'html' && message.html_url) {
    return (
      <iframe
        title={t.inbox.body}
        src={message.html_url}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        className="h-[70vh] w-full rounded-b-xl bg-white lg:h-[calc(100vh-18rem)]"
      />
    )
  }
  const text =
    view === 'headers'
      ? message.headers.map(([key, value]) => `${key}: ${value}`).join('\n')
      : (message.text ?? t.inbox.noText)
  return (
    <section aria-label={view === 'headers' ? t.inbox.headers : t.inbox.text} className="p-5">
      <pre className="font-mono text-xs leading-relaxed break-words whitespace-pre-wrap">{text}</pre>
    </section>
  )
}
