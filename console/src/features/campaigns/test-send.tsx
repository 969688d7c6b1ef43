/** A test mail to oneself, written as for someone of the audience. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { testCampaign } from '~/api/campaigns'
import { sessionQuery } from '~/api/session'
import type { Audience } from '~/api/types'
import { PersonPicker } from '~/builder/person-picker'
import { useT } from '~/i18n'
import { Button, LinkButton } from '~/ui/button'
import { Dialog } from '~/ui/dialog'
import { FieldLabel, TextField } from '~/ui/field'
import { Notice } from '~/ui/state'
import { useToasts } from '~/ui/toast'
import { useExamplePerson } from './preview'

interface TestSendProps {
  audience: Audience | null
  onSave: () => Promise<string | null>
  onClose: () => void
}

export function TestSend({ audience, onSave, onClose }: TestSendProps) {
  const t = useT()
  const toasts = useToasts()
  const { data: session } = useSuspenseQuery(sessionQuery)
  const { person, choose } = useExamplePerson(audience)
  const [to, setTo] = useState(session.user.email)
  const [sent, setSent] = useState(false)
  const [busy, setBusy] = useState(false)
  const send = async () => {
    setBusy(true)
    try {
      const id = await onSave()
      if (id === null || !person) return
      await testCampaign(id, to.trim(), person.external_id ?? person.person)
      setSent(true)
    } catch (error) {
      toasts.fail(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={t.editor.test}
      isOpen
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t.common.close}</Button>
          <Button
            look="primary"
            isDisabled={!/.+@.+/.test(to) || !person || busy}
            isPending={busy}
            onPress={send}
          >
            {t.editor.sendTest}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField label={t.editor.testTo} type="email" value={to} onChange={setTo} autoFocus />
        <div className="flex flex-col gap-1">
          <FieldLabel>
            <span aria-hidden>{t.editor.testAs}</span>
          </FieldLabel>
          <PersonPicker label={t.editor.testAs} value={person} onChange={choose} className="w-full" />
        </div>
        {sent && (
          <Notice tone="good">
            {t.editor.testSent(to)}{' '}
            {session.features.inbox && (
              <LinkButton to="/inbox" look="secondary" size="sm" className="mt-2">
                {t.editor.openInbox}
              </LinkButton>
            )}
          </Notice>
        )}
      </div>
    </Dialog>
  )
}
