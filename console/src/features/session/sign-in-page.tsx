/** The door. */
import { useRouter, useSearch } from '@tanstack/react-router'
import { Languages } from 'lucide-react'
import { useLanguage } from '~/i18n'
import { Button } from '~/ui/button'
import { Mark } from '~/ui/mark'
import { useTitle } from '~/ui/page'
import { SignInForm } from './sign-in-form'

export function SignInPage() {
  const { t, lang, setLang } = useLanguage()
  const router = useRouter()
  const { to } = useSearch({ from: '/signin' })
  useTitle(t.session.signIn)
  // Only addresses of this console: a link must not send a person who just signed in elsewhere.
  const next = to?.startsWith('/') && !to.startsWith('//') ? to : '/'
  return (
    <main className="grid min-h-screen grid-rows-[1fr_auto] place-items-center p-6">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex flex-col items-center gap-3 text-center">
          <Mark size={44} />
          <div>
            <h1 className="text-xl font-semibold">{t.session.title}</h1>
            <p className="mt-1 text-sm text-ink2">{t.session.intro}</p>
          </div>
        </div>
        <div className="rounded-xl border border-line bg-surface p-6">
          <SignInForm onDone={() => router.history.push(next)} />
        </div>
      </div>
      <Button look="ghost" onPress={() => setLang(lang === 'ko' ? 'en' : 'ko')}>
        <Languages size={16} aria-hidden />
        <span lang={lang === 'ko' ? 'en' : 'ko'}>{lang === 'ko' ? 'English' : '한국어'}</span>
      </Button>
    </main>
  )
}
