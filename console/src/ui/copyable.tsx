/** A text that is taken elsewhere: an address, a key, lines of code. */
import { Copy } from 'lucide-react'
import { useT } from '~/i18n'
import { IconButton } from './button'
import { Scroll } from './scroll'
import { useToasts } from './toast'

function useCopy() {
  const t = useT()
  const toasts = useToasts()
  return async (text: string) => {
    try {
      await navigator.clipboard.writeText(text)
      toasts.say(t.common.copied)
    } catch {
      // Without permission for the clipboard the text can still be selected by hand.
    }
  }
}

interface CopyableProps {
  label: string
  text: string
}

export function Copyable({ label, text }: CopyableProps) {
  const copy = useCopy()
  return (
    <div className="flex items-center gap-2 rounded-md bg-sunken px-3 py-2">
      <code className="min-w-0 flex-1 font-mono text-sm break-all select-all">{text}</code>
      <IconButton label={label} onPress={() => void copy(text)}>
        <Copy size={14} aria-hidden />
      </IconButton>
    </div>
  )
}

/** Code as it is typed, with a button that takes it along. */
export function CodeBlock({ label, text }: CopyableProps) {
  const copy = useCopy()
  return (
    <div className="relative">
      <Scroll label={label} className="overflow-x-auto rounded-md bg-sunken">
        <pre className="p-3 pr-12 font-mono text-xs leading-relaxed">{text}</pre>
      </Scroll>
      <IconButton label={label} onPress={() => void copy(text)} className="absolute top-1.5 right-1.5">
        <Copy size={14} aria-hidden />
      </IconButton>
    </div>
  )
}
