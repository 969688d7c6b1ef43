/** What breaks the plan, what enforcing it keeps out, and a place to try an event. */
import { useQuery } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import { checkEvents, type Verdict, type Violation, violationsQuery } from '~/api/plan'
import type { JsonObject } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { Button, TextLink } from '~/ui/button'
import { TextArea } from '~/ui/field'
import { Card } from '~/ui/page'
import { Empty, Failed, Notice, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'
import { useToasts } from '~/ui/toast'

export function ViolationsTab() {
  const t = useT()
  const format = useFormat()
  const { data, error, refetch } = useQuery(violationsQuery)
  const blocked = data?.blocked ?? []
  return (
    <div className="flex flex-col gap-4">
      <Card flush>
        {error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows />
        ) : data.violations.length === 0 ? (
          <Empty icon={<CircleCheck size={20} aria-hidden />} title={t.plan.noViolations}>
            {t.plan.noViolationsBody}
          </Empty>
        ) : (
          <ViolationTable violations={data.violations} />
        )}
      </Card>
      {blocked.length > 0 && (
        <Card flush title={t.plan.blockedTitle}>
          <p className="px-4 pb-2 text-sm text-ink2">{t.plan.blockedNote}</p>
          <Table label={t.plan.blockedTitle}>
            <thead>
              <tr>
                <Th>{t.plan.event}</Th>
                <Th right>{t.plan.blocked}</Th>
                <Th right>{t.plan.wouldBlock}</Th>
                <Th>{t.plan.lastSeen}</Th>
              </tr>
            </thead>
            <tbody>
              {blocked.map(it => (
                <Tr key={it.event}>
                  <Td>{it.event}</Td>
                  <Td right>{format.number(it.blocked)}</Td>
                  <Td right>{format.number(it.would_block)}</Td>
                  <Td muted>{format.ago(it.last_at)}</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Card>
      )}
      <Try />
    </div>
  )
}

function ViolationTable({ violations }: { violations: Violation[] }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.plan.tabs.violations}>
      <thead>
        <tr>
          <Th>{t.plan.event}</Th>
          <Th>{t.plan.property}</Th>
          <Th>{t.plan.rule}</Th>
          <Th right>{t.plan.times}</Th>
          <Th>{t.plan.treatment}</Th>
          <Th>{t.plan.sample}</Th>
          <Th>{t.plan.lastSeen}</Th>
        </tr>
      </thead>
      <tbody>
        {violations.map(it => (
          <Tr key={`${it.event}\n${it.property}\n${it.rule}`}>
            <Td className="min-w-36">
              <TextLink to="/plan" search={{ tab: 'schemas', event: it.event }}>
                {it.event}
              </TextLink>
            </Td>
            <Td>{it.property || <span className="text-ink3">{t.plan.wholeEvent}</span>}</Td>
            <Td className="max-w-72">
              <code className="font-mono text-xs">{it.rule}</code>
              {it.detail && (
                <span lang="en" className="block text-xs text-ink3">
                  {it.detail}
                </span>
              )}
            </Td>
            <Td right>{format.number(it.count)}</Td>
            <Td muted className="whitespace-nowrap">
              {it.treatment ? t.plan.treatments[it.treatment] : '–'}
            </Td>
            <Td muted className="max-w-60 truncate font-mono text-xs">
              {it.sample === undefined ? '–' : JSON.stringify(it.sample)}
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.ago(it.last_at)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

const EXAMPLE = { event: 'Order Completed', user_id: 'u1', properties: { revenue: 12.5 } }

function Try() {
  const t = useT()
  const toasts = useToasts()
  const [text, setText] = useState(() => JSON.stringify(EXAMPLE, null, 2))
  const [wrong, setWrong] = useState<string | null>(null)
  const [found, setFound] = useState<Verdict[] | null>(null)
  const check = async () => {
    let told: unknown
    try {
      told = JSON.parse(text)
    } catch {
      setWrong(t.plan.notJson)
      return
    }
    try {
      setFound(await checkEvents((Array.isArray(told) ? told : [told]) as JsonObject[]))
    } catch (error) {
      toasts.fail(error)
    }
  }
  return (
    <Card title={t.plan.try}>
      <div className="flex max-w-3xl flex-col gap-3">
        <TextArea
          label={t.plan.try}
          hideLabel
          code
          rows={7}
          hint={t.plan.tryHint}
          value={text}
          error={wrong}
          onChange={next => {
            setText(next)
            setWrong(null)
            setFound(null)
          }}
        />
        <div>
          <Button onPress={() => void check()}>{t.plan.tryRun}</Button>
        </div>
        {found?.map((it, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a verdict is of the event in its place
          <VerdictNotice key={index} verdict={it} />
        ))}
      </div>
    </Card>
  )
}

function VerdictNotice({ verdict }: { verdict: Verdict }) {
  const t = useT()
  const { event, violations, would_block } = verdict
  if (violations.length === 0) {
    return (
      <Notice tone="good">
        {event}: {t.plan.tryOk}
      </Notice>
    )
  }
  return (
    <Notice tone={would_block ? 'bad' : 'warn'}>
      <p className="font-medium">
        {event}
        {would_block && ` · ${t.plan.wouldBlock}`}
      </p>
      <ul className="list-disc pl-4">
        {violations.map(it => (
          <li key={`${it.property} ${it.rule}`}>
            <span className="font-medium">{it.property || t.plan.wholeEvent}</span>{' '}
            <span lang="en">{it.detail}</span> ({t.plan.actions[it.action]})
          </li>
        ))}
      </ul>
    </Notice>
  )
}
