/** Dialogs: a window in the middle, a sheet at the side, a question before something final. */
import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { useT } from '~/i18n'
import { Button, IconButton } from './button'
import { cx } from './cx'
import { TextField } from './field'

interface DialogProps {
  title: ReactNode
  isOpen: boolean
  onClose: () => void
  children: ReactNode
  /** Where it stands. */
  side?: 'center' | 'right'
  footer?: ReactNode
  subtitle?: ReactNode
  role?: 'dialog' | 'alertdialog'
  isDismissable?: boolean
}

export function Dialog(props: DialogProps) {
  const { title, isOpen, onClose, children, side = 'center', footer, subtitle } = props
  const t = useT()
  const right = side === 'right'
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={open => !open && onClose()}
      isDismissable={props.isDismissable ?? true}
      className={cx(
        'fixed inset-0 z-50 flex bg-black/35 entering:animate-[appear_120ms] dark:bg-black/60',
        right ? 'justify-end' : 'items-center justify-center p-4',
      )}
    >
      <Modal
        className={cx(
          'flex max-h-full flex-col overflow-hidden bg-surface shadow-overlay',
          right
            ? 'h-full w-[26rem] max-w-full border-l border-line'
            : 'w-[30rem] max-w-full rounded-xl border border-line',
        )}
      >
        <AriaDialog role={props.role} className="flex min-h-0 flex-1 flex-col outline-none">
          <header className="flex items-start gap-3 border-b border-line px-5 py-4">
            <div className="min-w-0 flex-1">
              <Heading slot="title" className="text-lg font-semibold text-balance">
                {title}
              </Heading>
              {subtitle && <p className="mt-0.5 text-sm text-ink2">{subtitle}</p>}
            </div>
            <IconButton label={t.common.close} size="sm" onPress={onClose}>
              <X size={16} aria-hidden />
            </IconButton>
          </header>
          <div className="min-h-0 flex-1 overflow-auto px-5 py-4">{children}</div>
          {footer && (
            <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

interface ConfirmProps {
  title: string
  body: ReactNode
  action: string
  isOpen: boolean
  onClose: () => void
  onConfirm: () => Promise<unknown> | undefined
  isDanger?: boolean
  /** Must be typed before the button works. */
  typed?: { label: string; text: string }
}

/** The one way to ask before something that cannot be taken back. */
export function Confirm(props: ConfirmProps) {
  const t = useT()
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const digits = (value: string) => value.replace(/[\s,.]/g, '')
  const ready = !props.typed || digits(text) === digits(props.typed.text)
  const close = () => {
    setText('')
    props.onClose()
  }
  const confirm = async () => {
    setBusy(true)
    try {
      await props.onConfirm()
      close()
    } catch {
      // The caller has told the person what went wrong; the question stays open.
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog
      role="alertdialog"
      title={props.title}
      isOpen={props.isOpen}
      onClose={close}
      footer={
        <>
          <Button onPress={close}>{t.common.cancel}</Button>
          <Button
            look={props.isDanger ? 'danger' : 'primary'}
            isDisabled={!ready || busy}
            isPending={busy}
            onPress={confirm}
          >
            {props.action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-base text-ink2">
        <div>{props.body}</div>
        {props.typed && (
          <TextField label={props.typed.label} value={text} onChange={setText} autoComplete="off" />
        )}
      </div>
    </Dialog>
  )
}
