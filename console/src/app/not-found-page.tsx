/** An address that leads nowhere. */
import { Compass } from 'lucide-react'
import { useT } from '~/i18n'
import { LinkButton } from '~/ui/button'
import { useTitle } from '~/ui/page'
import { Empty } from '~/ui/state'

export function NotFoundPage() {
  const t = useT()
  useTitle(t.notFound.title)
  return (
    <div className="grid min-h-96 place-items-center">
      <Empty
        icon={<Compass size={20} aria-hidden />}
        title={t.notFound.title}
        action={
          <LinkButton to="/" look="primary">
            {t.notFound.home}
          </LinkButton>
        }
      >
        {t.notFound.body}
      </Empty>
    </div>
  )
}
