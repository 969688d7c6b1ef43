/** The frame around every page: rail, top bar, skip link, and signing in again when a session ends. */
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { Languages, LogOut, Menu as MenuIcon, Monitor, Moon, Sun } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { whenExpired } from '~/api/client'
import { sessionQuery, signOut } from '~/api/session'
import type { Session } from '~/api/types'
import { SignInForm } from '~/features/session/sign-in-form'
import { PlaceProvider, useLanguage, useT } from '~/i18n'
import { InspectProvider } from '~/inspect/inspect'
import { Button, buttonClass, IconButton } from '~/ui/button'
import { Dialog } from '~/ui/dialog'
import { Menu } from '~/ui/menu'
import { useToasts } from '~/ui/toast'
import { Palette } from './palette'
import { Rail } from './rail'
import { type Theme, useTheme } from './theme'

export function Shell() {
  const t = useT()
  const { data: session } = useSuspenseQuery(sessionQuery)
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: it => it.location.pathname })
  const main = useRef<HTMLElement>(null)
  const last = useRef(path)
  useEffect(() => {
    // A new page is read from its start; the first page keeps the browser's own focus.
    if (path === last.current) return
    last.current = path
    setOpen(false)
    main.current?.focus({ preventScroll: true })
  }, [path])
  return (
    <PlaceProvider place={session.workspace}>
      {/* biome-ignore lint/a11y/useValidAnchor: the skip link moves the focus, which a hash alone does not */}
      <a
        href="#main"
        className={buttonClass('primary', 'md', 'fixed top-2 left-2 z-60 not-focus:sr-only')}
        onClick={event => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        {t.shell.skip}
      </a>
      <div className="flex min-h-screen">
        <aside className="sticky top-0 hidden h-screen w-14 shrink-0 border-r border-line sm:block lg:w-52">
          <Rail features={session.features} />
        </aside>
        <div className="flex min-w-0 flex-1 flex-col">
          <TopBar session={session} onMenu={() => setOpen(true)} />
          <main ref={main} id="main" tabIndex={-1} className="flex-1 outline-none">
            <InspectProvider>
              <Outlet />
            </InspectProvider>
          </main>
        </div>
      </div>
      <Dialog side="right" title={t.shell.navigation} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Rail features={session.features} isExpanded />
      </Dialog>
      <SignInAgain session={session} />
    </PlaceProvider>
  )
}

function TopBar({ session, onMenu }: { session: Session; onMenu: () => void }) {
  const t = useT()
  const { lang, setLang } = useLanguage()
  return (
    <header className="sticky top-0 z-10 flex h-12 items-center gap-2 border-b border-line bg-bg/90 px-4 backdrop-blur sm:px-6">
      <IconButton label={t.shell.navigation} className="sm:hidden" onPress={onMenu}>
        <MenuIcon size={16} aria-hidden />
      </IconButton>
      <p className="min-w-0 truncate font-semibold" title={session.workspace.name}>
        {session.workspace.name}
      </p>
      {session.features.demo && (
        <span className="shrink-0 rounded bg-warn-bg px-1.5 text-xs leading-5 font-medium whitespace-nowrap text-warn max-sm:hidden">
          {t.shell.demo}
        </span>
      )}
      <div className="flex-1" />
      <Palette features={session.features} />
      <Button look="ghost" aria-label={t.shell.language} onPress={() => setLang(lang === 'ko' ? 'en' : 'ko')}>
        <Languages size={16} aria-hidden />
        <span lang={lang === 'ko' ? 'en' : 'ko'}>{lang === 'ko' ? 'English' : '한국어'}</span>
      </Button>
      <ThemeMenu />
      <UserMenu session={session} />
    </header>
  )
}

function ThemeMenu() {
  const t = useT()
  const { theme, setTheme } = useTheme()
  const icons: Record<Theme, React.ReactNode> = {
    light: <Sun size={16} aria-hidden />,
    dark: <Moon size={16} aria-hidden />,
    system: <Monitor size={16} aria-hidden />,
  }
  const themes: Theme[] = ['light', 'dark', 'system']
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label={t.shell.theme(t.shell.themes[theme])}>
          {icons[theme]}
        </Button>
      }
      actions={themes.map(it => ({
        id: it,
        label: t.shell.themes[it],
        icon: icons[it],
        onAction: () => setTheme(it),
      }))}
    />
  )
}

function UserMenu({ session }: { session: Session }) {
  const t = useT()
  const toasts = useToasts()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const leave = async () => {
    try {
      await signOut()
      queryClient.clear()
      await navigate({ to: '/signin' })
    } catch (error) {
      toasts.fail(error)
    }
  }
  const name = session.user.name || session.user.email
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label={t.shell.account(name)}>
          <span className="grid size-6 place-items-center rounded-full bg-accent text-xs font-semibold text-on-accent">
            {[...name][0]?.toUpperCase()}
          </span>
        </Button>
      }
      header={
        <>
          <p className="font-medium">{name}</p>
          {session.user.name && <p className="text-ink2">{session.user.email}</p>}
          <p className="mt-1 text-xs text-ink3">Gyre {session.version}</p>
        </>
      }
      actions={[
        { id: 'out', label: t.shell.signOut, icon: <LogOut size={14} aria-hidden />, onAction: leave },
      ]}
    />
  )
}

/** The session ended while someone was working: nothing on the page is lost. */
function SignInAgain({ session }: { session: Session }) {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  const queryClient = useQueryClient()
  useEffect(() => {
    whenExpired(() => setOpen(true))
    return () => whenExpired(() => {})
  }, [])
  return (
    <Dialog title={t.session.again} isOpen={isOpen} onClose={() => setOpen(false)} isDismissable={false}>
      <p className="mb-4 text-sm text-ink2">{t.session.againBody}</p>
      <SignInForm
        email={session.user.email}
        onDone={() => {
          setOpen(false)
          void queryClient.invalidateQueries()
        }}
      />
    </Dialog>
  )
}
