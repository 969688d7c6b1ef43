/** How e-mail leaves: the server, its login, and a check that sends nothing. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleX } from 'lucide-react'
import { useState } from 'react'
import { asProblem, type Problem } from '~/api/problem'
import { checkEmailChannel, emailChannelQuery, saveEmailChannel } from '~/api/settings'
import type { EmailChannel } from '~/api/types'
import { useT } from '~/i18n'
import { Button } from '~/ui/button'
import { NumberField, TextField } from '~/ui/field'
import { Card } from '~/ui/page'
import { Select } from '~/ui/select'
import { Failed, Notice, SkeletonRows } from '~/ui/state'
import { useToasts } from '~/ui/toast'

export function EmailChannelForm() {
  const { data, error, refetch } = useQuery(emailChannelQuery)
  if (error) return <Failed error={error} onRetry={() => void refetch()} />
  if (!data) return <SkeletonRows />
  return <Form channel={data} />
}

const SMTP_PORT = 587

function Form({ channel }: { channel: EmailChannel }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [host, setHost] = useState(channel.host ?? '')
  const [port, setPort] = useState(channel.port ?? SMTP_PORT)
  const [security, setSecurity] = useState(channel.security ?? 'starttls')
  const [username, setUsername] = useState(channel.username ?? '')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<Problem | null>(null)
  const [checked, setChecked] = useState<{ ok: boolean; detail: string } | null>(null)
  const [busy, setBusy] = useState<'save' | 'check' | null>(null)

  const save = async () => {
    setBusy('save')
    setProblem(null)
    setChecked(null)
    try {
      await saveEmailChannel({
        provider: 'smtp',
        host: host.trim(),
        port,
        security,
        ...(username ? { username } : {}),
        ...(password ? { password } : {}),
      })
      await queryClient.invalidateQueries({ queryKey: emailChannelQuery.queryKey })
      toasts.say(t.settings.saved)
    } catch (error) {
      setProblem(asProblem(error))
      toasts.fail(error)
    }
    setBusy(null)
  }
  const check = async () => {
    setBusy('check')
    setChecked(null)
    try {
      setChecked(await checkEmailChannel())
    } catch (error) {
      toasts.fail(error)
    }
    setBusy(null)
  }

  return (
    <Card className="max-w-2xl" title={t.settings.email}>
      <form
        className="flex flex-col gap-4"
        onSubmit={event => {
          event.preventDefault()
          void save()
        }}
      >
        {channel.provider === null && <Notice tone="plain">{t.settings.noProvider}</Notice>}
        <div className="grid gap-4 sm:grid-cols-[minmax(0,1fr)_7rem]">
          <TextField
            label={t.settings.host}
            value={host}
            onChange={setHost}
            error={problem?.at('/host')?.detail}
            placeholder="smtp.example.com"
          />
          <NumberField
            label={t.settings.port}
            value={port}
            onChange={setPort}
            minValue={1}
            maxValue={65_535}
            error={problem?.at('/port')?.detail}
          />
        </div>
        <Select
          label={t.settings.security}
          value={security}
          onChange={setSecurity}
          options={(['starttls', 'tls', 'none'] as const).map(it => ({
            id: it,
            label: t.settings.securities[it],
          }))}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label={t.settings.username} value={username} onChange={setUsername} autoComplete="off" />
          <TextField
            label={t.settings.password}
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            hint={channel.username ? t.settings.passwordKept : undefined}
          />
        </div>
        {checked && (
          <Notice tone={checked.ok ? 'good' : 'bad'}>
            <span className="flex items-start gap-2">
              {checked.ok ? (
                <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0" />
              ) : (
                <CircleX size={16} aria-hidden className="mt-0.5 shrink-0" />
              )}
              <span>
                {checked.ok ? t.settings.checkOk : t.settings.checkFailed} {checked.detail}
              </span>
            </span>
          </Notice>
        )}
        <div className="flex gap-2">
          <Button
            type="submit"
            look="primary"
            isDisabled={busy !== null || host.trim() === ''}
            isPending={busy === 'save'}
          >
            {t.common.save}
          </Button>
          <Button
            onPress={check}
            isDisabled={busy !== null || channel.provider === null}
            isPending={busy === 'check'}
          >
            {busy === 'check' ? t.settings.checking : t.settings.check}
          </Button>
        </div>
      </form>
    </Card>
  )
}
