/** E-mail and password. */
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { asProblem } from '~/api/problem'
import { sessionQuery, signIn } from '~/api/session'
import { useT } from '~/i18n'
import { wordFor } from '~/lib/words'
import { Button } from '~/ui/button'
import { TextField } from '~/ui/field'
import { Notice } from '~/ui/state'

export function SignInForm({ email: known = '', onDone }: { email?: string; onDone: () => void }) {
  const t = useT()
  const queryClient = useQueryClient()
  const [email, setEmail] = useState(known)
  const [password, setPassword] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const session = await signIn(email.trim(), password)
      queryClient.setQueryData(sessionQuery.queryKey, session)
      onDone()
    } catch (failure) {
      const problem = asProblem(failure)
      if (problem.status === 401) setError(t.session.wrong)
      else if (problem.status === 429) setError(t.session.tooMany)
      else setError(wordFor(t.problems, problem.code, problem.message))
      setBusy(false)
    }
  }

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t.session.email}
        type="email"
        name="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        autoFocus={known === ''}
        inputClassName="h-10"
        isRequired
      />
      <TextField
        label={t.session.password}
        type="password"
        name="password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        autoFocus={known !== ''}
        inputClassName="h-10"
        isRequired
      />
      {error && <Notice tone="bad">{error}</Notice>}
      <Button type="submit" look="primary" className="h-10" isPending={busy}>
        {busy ? t.session.signingIn : t.session.signIn}
      </Button>
    </form>
  )
}
