/** Keys of programs: created, shown once, revoked. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Copy, KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { createKey, keysQuery, revokeKey } from '~/api/settings'
import type { ApiKey } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { Button, IconButton } from '~/ui/button'
import { Confirm, Dialog } from '~/ui/dialog'
import { TextField } from '~/ui/field'
import { Badge, Card } from '~/ui/page'
import { RadioCards } from '~/ui/select'
import { Empty, Failed, Notice, SkeletonRows } from '~/ui/state'
import { Table, Td, Th, Tr } from '~/ui/table'
import { useToasts } from '~/ui/toast'

export function Keys() {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const { data: keys, error, refetch } = useQuery(keysQuery)
  const [isCreating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKey | null>(null)
  return (
    <Card
      flush
      title={t.settings.keys}
      actions={
        <Button look="primary" onPress={() => setCreating(true)}>
          <Plus size={15} aria-hidden />
          {t.settings.createKey}
        </Button>
      }
    >
      {error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : !keys ? (
        <SkeletonRows rows={3} />
      ) : keys.length === 0 ? (
        <Empty icon={<KeyRound size={20} aria-hidden />} title={t.settings.noKeys}>
          {t.settings.noKeysBody}
        </Empty>
      ) : (
        <KeyTable keys={keys} onRevoke={setRevoking} />
      )}
      {isCreating && <CreateKey onClose={() => setCreating(false)} />}
      <Confirm
        isDanger
        isOpen={revoking !== null}
        title={t.settings.revokeTitle(revoking?.name ?? '')}
        body={t.settings.revokeBody}
        action={t.settings.revoke}
        onClose={() => setRevoking(null)}
        onConfirm={async () => {
          if (!revoking) return
          try {
            await revokeKey(revoking.id)
          } catch (failure) {
            toasts.fail(failure)
            throw failure
          }
          await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey })
        }}
      />
    </Card>
  )
}

function KeyTable({ keys, onRevoke }: { keys: ApiKey[]; onRevoke: (key: ApiKey) => void }) {
  const t = useT()
  const format = useFormat()
  return (
    <Table label={t.settings.keys}>
      <thead>
        <tr>
          <Th>{t.common.name}</Th>
          <Th>{t.settings.keyKind}</Th>
          <Th>{t.settings.prefix}</Th>
          <Th>{t.common.created}</Th>
          <Th />
        </tr>
      </thead>
      <tbody>
        {keys.map(it => (
          <Tr key={it.id}>
            <Td className="min-w-44 font-medium">{it.name}</Td>
            <Td muted className="whitespace-nowrap">
              {t.settings.keyKinds[it.kind]}
            </Td>
            <Td muted className="font-mono text-xs">
              {it.prefix}…
            </Td>
            <Td muted className="whitespace-nowrap">
              {format.dateTime(it.created_at)}
            </Td>
            <Td right>
              {it.revoked_at ? (
                <Badge tone="bad">{t.settings.revoked}</Badge>
              ) : (
                <Button size="sm" look="danger" onPress={() => onRevoke(it)}>
                  {t.settings.revoke}
                </Button>
              )}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}

function CreateKey({ onClose }: { onClose: () => void }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<ApiKey['kind']>('write')
  const [secret, setSecret] = useState<string | null>(null)
  const create = async () => {
    try {
      const key = await createKey(kind, name.trim())
      setSecret(key.secret)
      await queryClient.invalidateQueries({ queryKey: keysQuery.queryKey })
    } catch (error) {
      toasts.fail(error)
    }
  }
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret ?? '')
      toasts.say(t.common.copied)
    } catch {
      // Without permission for the clipboard the key can still be selected by hand.
    }
  }
  return (
    <Dialog
      title={t.settings.createKey}
      isOpen
      onClose={onClose}
      isDismissable={secret === null}
      footer={
        secret ? (
          <Button look="primary" onPress={onClose}>
            {t.common.done}
          </Button>
        ) : (
          <>
            <Button onPress={onClose}>{t.common.cancel}</Button>
            <Button look="primary" isDisabled={name.trim() === ''} onPress={create}>
              {t.settings.createKey}
            </Button>
          </>
        )
      }
    >
      {secret ? (
        <div className="flex flex-col gap-3">
          <Notice tone="warn">{t.settings.shownOnce}</Notice>
          <div className="flex items-center gap-2 rounded-md bg-sunken px-3 py-2">
            <code data-testid="secret" className="min-w-0 flex-1 font-mono text-sm break-all select-all">
              {secret}
            </code>
            <IconButton label={t.common.copy} onPress={copy}>
              <Copy size={14} aria-hidden />
            </IconButton>
          </div>
        </div>
      ) : (
        <div className="flex flex-col gap-4">
          <TextField
            label={t.common.name}
            value={name}
            onChange={setName}
            autoFocus
            placeholder={t.settings.keyPlaceholder}
          />
          <RadioCards
            label={t.settings.keyKind}
            value={kind}
            onChange={setKind}
            options={[
              { id: 'write', label: t.settings.keyKinds.write, note: t.settings.writeNote },
              { id: 'api', label: t.settings.keyKinds.api, note: t.settings.apiNote },
            ]}
          />
        </div>
      )}
    </Dialog>
  )
}
