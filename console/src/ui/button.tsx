/** Buttons, and links that look like them. */
import { createLink } from '@tanstack/react-router'
import type { ReactNode, Ref } from 'react'
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Tooltip,
  TooltipTrigger,
} from 'react-aria-components'
import { cx } from './cx'

export type Look = 'primary' | 'secondary' | 'ghost' | 'danger'
/** `icon` and `icon-sm` are squares for a lone icon. */
export type Size = 'md' | 'sm' | 'icon' | 'icon-sm'

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent hover:brightness-110 pressed:brightness-95',
  secondary: 'border border-line2/60 bg-surface text-ink hover:bg-sunken pressed:bg-line',
  ghost: 'text-ink2 hover:bg-sunken hover:text-ink pressed:bg-line',
  danger: 'border border-bad/50 bg-surface text-bad hover:bg-bad-bg',
}
const SIZES: Record<Size, string> = { md: 'h-8 px-3', sm: 'h-7 px-2', icon: 'size-8', 'icon-sm': 'size-7' }

export const buttonClass = (look: Look = 'secondary', size: Size = 'md', more?: string) =>
  cx(
    'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md text-sm font-medium',
    'transition-colors duration-100 disabled:cursor-default disabled:opacity-45 disabled:hover:brightness-100',
    LOOKS[look],
    SIZES[size],
    more,
  )

export interface ButtonProps extends Omit<AriaButtonProps, 'className'> {
  ref?: Ref<HTMLButtonElement>
  look?: Look
  size?: Size
  className?: string
}

export function Button({ look, size, className, ...props }: ButtonProps) {
  return <AriaButton {...props} className={buttonClass(look, size, className)} />
}

interface IconButtonProps extends Omit<ButtonProps, 'children' | 'aria-label' | 'size'> {
  size?: 'md' | 'sm'
  /** Read aloud and shown as a tooltip. */
  label: string
  children: ReactNode
}

/** A square button whose words are a tooltip. */
export function IconButton({ label, className, look = 'ghost', size = 'md', ...props }: IconButtonProps) {
  return (
    <TooltipTrigger delay={400} closeDelay={0}>
      <AriaButton
        {...props}
        aria-label={label}
        className={buttonClass(look, size === 'sm' ? 'icon-sm' : 'icon', className)}
      />
      <Tip>{label}</Tip>
    </TooltipTrigger>
  )
}

export function Tip({ children }: { children: ReactNode }) {
  return (
    <Tooltip
      offset={6}
      className="z-60 max-w-72 rounded-md bg-ink px-2 py-1 text-xs text-surface shadow-overlay"
    >
      {children}
    </Tooltip>
  )
}

interface LinkLookProps extends React.ComponentProps<'a'> {
  look?: Look
  size?: Size
}

function StyledAnchor({ look, size, className, ...props }: LinkLookProps) {
  return <a {...props} className={buttonClass(look, size, className)} />
}

/** A link to another page that looks like a button. */
export const LinkButton = createLink(StyledAnchor)

function TextAnchor({ className, ...props }: React.ComponentProps<'a'>) {
  return (
    <a {...props} className={cx('rounded-sm text-accent underline-offset-2 hover:underline', className)} />
  )
}

/** A link inside text or a table. */
export const TextLink = createLink(TextAnchor)

function RowAnchor({ className, ...props }: React.ComponentProps<'a'>) {
  return (
    <a
      {...props}
      className={cx(
        'rounded-sm font-medium text-ink underline-offset-2 hover:text-accent hover:underline',
        className,
      )}
    />
  )
}

/** The name of a row in a list; the first thing one clicks. */
export const RowLink = createLink(RowAnchor)
