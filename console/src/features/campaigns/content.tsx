/** The mail as it was sent, seen as one of the people, and its source. */
import type { Campaign } from '~/api/types'
import { useT } from '~/i18n'
import { messageOf } from '~/lib/campaign-draft'
import { Card, Facts } from '~/ui/page'
import { Preview } from './preview'

export function Content({ campaign }: { campaign: Campaign }) {
  const t = useT()
  const message = messageOf(campaign)
  if (!message) return null
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <Preview message={message} audience={campaign.audience} />
      <Card title={t.campaigns.source}>
        <Facts
          items={[
            [t.editor.from, message.from],
            [t.editor.subject, message.subject],
            [t.editor.preheader, message.preheader ?? '–'],
          ]}
        />
        <section aria-label={t.editor.body} className="mt-4">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0} className="max-h-[32rem] overflow-auto rounded-md bg-sunken p-3 font-mono text-xs leading-relaxed whitespace-pre-wrap">
            {message.html ?? message.text}
          </pre>
        </section>
      </Card>
    </div>
  )
}
