/** Settings: the workspace, its keys, its channels. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useT } from '~/i18n'
import { Page } from '~/ui/page'
import { Segmented } from '~/ui/select'
import { EmailChannelForm } from './email-channel-form'
import { Keys } from './keys'
import { WorkspaceForm } from './workspace-form'

export function SettingsPage() {
  const t = useT()
  const { tab = 'workspace' } = useSearch({ from: '/shell/settings' })
  const navigate = useNavigate()
  return (
    <Page title={t.settings.title}>
      <Segmented
        label={t.settings.title}
        className="mb-4"
        value={tab}
        onChange={it => void navigate({ to: '.', search: it === 'workspace' ? {} : { tab: it } })}
        options={[
          { id: 'workspace', label: t.settings.workspace },
          { id: 'keys', label: t.settings.keys },
          { id: 'email', label: t.settings.email },
        ]}
      />
      {tab === 'keys' ? <Keys /> : tab === 'email' ? <EmailChannelForm /> : <WorkspaceForm />}
    </Page>
  )
}
