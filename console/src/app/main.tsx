/** Starts the console. */
import './styles.css'
import './fonts.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'

/** Long enough that a page which keeps failing is not reloaded forever. */
const RELOAD_AGAIN_MS = 60_000

// After an upgrade of the server the parts of an open page are gone; the page itself is fetched anew.
window.addEventListener('vite:preloadError', () => {
  try {
    const last = Number(sessionStorage.getItem('gyre.reloaded') ?? 0)
    if (Date.now() - last < RELOAD_AGAIN_MS) return
    sessionStorage.setItem('gyre.reloaded', String(Date.now()))
    window.location.reload()
  } catch {
    // Without storage there is no telling whether this was tried; the page shows its error.
  }
})

const root = document.getElementById('root')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
