/** Shown in place of a page that broke. */
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { Failed } from '~/ui/state'

export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
  return (
    <main className="grid min-h-80 place-items-center">
      <Failed error={error} onRetry={retry} />
    </main>
  )
}
