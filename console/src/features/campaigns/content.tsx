/** The mail as it was sent, seen as one of the people, and its source. */
import type { Campaign } from '~/api/types'
import { useT } from '~/i18n'
import { messageOf } from '~/lib/campaign-draft'
import { Card, Facts } from '~/ui/page'
import { Source } from '~/ui/scroll'
import { Preview } from './preview'

export function Content({ campaign }: { campaign: Campaign }) {
  const t = useT()
  const message = messageOf(campaign)
  if (!message) return null
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <Preview message={message} audience={campaign.audience ?? null} />
      <Card title={t.campaigns.source}>
        <Facts
          items={[
            [t.editor.from, message.from],
            [t.editor.subject, message.subject],
            [t.editor.preheader, message.preheader ?? '–'],
          ]}
        />
        <div className="mt-4">
          <Source label={t.editor.body} text={message.html ?? message.text ?? ''} />
        </div>
      </Card>
    </div>
  )
}
