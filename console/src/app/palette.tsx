/** The command palette: ⌘K or Ctrl+K, a few letters, Enter, and one is there. */
import { useNavigate } from '@tanstack/react-router'
import { ListFilter, RefreshCw, Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button as AriaButton, Dialog, Modal, ModalOverlay } from 'react-aria-components'
import type { Session } from '~/api/types'
import { useFormat, useT } from '~/i18n'
import { sectionsOf } from '~/lib/palette'
import { type Command, CommandList, type CommandSection } from '~/ui/command-list'
import { type Goal, listOf, useSources } from './palette-sources'

const IS_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The field in the top bar that opens the palette, and the keys that do the same everywhere. */
export function Palette({ features }: { features: Session['features'] }) {
  const t = useT()
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // With a Korean keyboard the key is ㅏ; its place is the same. Ctrl+K is an editing key on a Mac.
      const isK = event.code === 'KeyK' || event.key.toLowerCase() === 'k'
      const isMeant = (IS_MAC ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey
      if (!isK || !isMeant) return
      event.preventDefault()
      setOpen(open => !open)
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
  return (
    <>
      <AriaButton
        aria-label={t.palette.title}
        aria-keyshortcuts={IS_MAC ? 'Meta+K' : 'Control+K'}
        onPress={() => setOpen(true)}
        className="flex h-8 min-w-8 items-center justify-center gap-2 rounded-md text-sm text-ink3 transition-colors hover:bg-sunken hover:text-ink2 md:w-72 md:justify-start md:border md:border-line2/60 md:bg-surface md:pr-1.5 md:pl-2.5"
      >
        <Search size={15} aria-hidden className="shrink-0" />
        <span className="min-w-0 flex-1 truncate text-left max-md:hidden">{t.palette.open}</span>
        <kbd className="rounded border border-line px-1.5 font-sans text-xs leading-5 max-md:hidden">
          {IS_MAC ? '⌘K' : 'Ctrl K'}
        </kbd>
      </AriaButton>
      <ModalOverlay
        isOpen={isOpen}
        onOpenChange={setOpen}
        isDismissable
        className="fixed inset-0 z-50 flex items-start justify-center bg-black/35 p-4 pt-[max(1rem,12vh)] entering:animate-[appear_120ms] dark:bg-black/60"
      >
        <Modal className="flex max-h-full w-[38rem] max-w-full flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-overlay">
          <Dialog aria-label={t.palette.title} className="flex min-h-0 flex-col outline-none">
            <Commands features={features} onClose={() => setOpen(false)} />
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  )
}

function Commands({ features, onClose }: { features: Session['features']; onClose: () => void }) {
  const t = useT()
  const format = useFormat()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const asked = text.trim()
  const { sources, isSearching, retry } = useSources(text, features)
  const found = sectionsOf(sources, text)
  const go = (to: Goal['to']) => {
    onClose()
    void navigate(to)
  }
  const sections = found.map((section): CommandSection => {
    const { kind } = section
    const commands: Command[] = section.entries.map(({ id, label, icon, detail, note, to }) => ({
      id,
      label,
      icon,
      detail,
      note,
      onAction: () => go(to),
    }))
    if (section.hasMore) {
      commands.push({
        id: `${kind}-all`,
        label: t.palette.allOf[kind],
        icon: <ListFilter size={16} aria-hidden />,
        tone: 'quiet',
        onAction: () => go(listOf(kind, asked)),
      })
    }
    if (section.isFailed) {
      commands.push({
        id: `${kind}-failed`,
        label: t.palette.failed[kind],
        note: t.common.retry,
        icon: <RefreshCw size={16} aria-hidden />,
        tone: 'bad',
        onAction: () => retry[kind]?.(),
      })
    }
    return { id: kind, title: t.palette.kinds[kind], commands }
  })
  const count = found.reduce((sum, it) => sum + it.entries.length, 0)
  const status =
    asked === '' ? '' : isSearching ? t.palette.searching : t.palette.found(format.number(count), count)
  return (
    <CommandList
      label={t.palette.title}
      listLabel={t.palette.results}
      placeholder={t.palette.placeholder}
      text={text}
      onText={setText}
      sections={sections}
      status={status}
      empty={
        isSearching ? (
          <p>{t.palette.searching}</p>
        ) : (
          <>
            <p className="font-medium text-ink">{t.palette.nothing(asked)}</p>
            <p className="mt-1">{t.palette.nothingHint}</p>
          </>
        )
      }
      footer={<Keys />}
    />
  )
}

function Keys() {
  const t = useT()
  const { move, open, close } = t.palette.keys
  return (
    <p
      aria-hidden
      className="flex flex-wrap gap-x-4 border-t border-line px-4 py-2 text-xs text-ink3 max-sm:hidden"
    >
      {[
        ['↑↓', move],
        ['Enter', open],
        ['Esc', close],
      ].map(([key, does]) => (
        <span key={key}>
          <kbd className="mr-1 rounded bg-sunken px-1 font-sans">{key}</kbd>
          {does}
        </span>
      ))}
    </p>
  )
}
