/** A shop's pages, served from an origin of their own: one per browser library, with the library from node_modules. */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

const FOLDERS = [
  ['/modules/', new URL('node_modules/', import.meta.url)],
  ['/pages/', new URL('pages/', import.meta.url)],
]

/** The document of a page: scripts that make globals first, then the module that drives the library. */
function documentOf(browser) {
  const scripts = browser.scripts.map(it => `<script src="/modules/${it}"></script>`)
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">
${scripts.join('\n')}
<script type="module">import * as page from '/pages/${browser.page}'; window.page = page</script>
</head><body><h1>Shop</h1></body></html>`
}

/** Serves the pages of `browsers` at `/<run>`; `{ url, stop }`. The host is `localhost`: another site than 127.0.0.1. */
export function startPages(browsers) {
  const server = createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://localhost')
    const browser = browsers.find(it => pathname === `/${it.run}`)
    if (browser || pathname === '/elsewhere') {
      outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      outgoing.end(browser ? documentOf(browser) : '<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">')
      return
    }
    const folder = FOLDERS.find(([prefix]) => pathname.startsWith(prefix))
    const file = folder && new URL(`./${decodeURIComponent(pathname.slice(folder[0].length))}`, folder[1])
    if (!file?.href.startsWith(folder[1].href)) {
      outgoing.writeHead(404).end()
      return
    }
    const content = createReadStream(fileURLToPath(file))
    content.once('error', () => outgoing.writeHead(404).end())
    content.once('open', () => {
      outgoing.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' })
      content.pipe(outgoing)
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const stop = () =>
        new Promise(done => {
          server.close(done)
          server.closeAllConnections()
        })
      resolve({ url: `http://localhost:${server.address().port}`, stop })
    })
  })
}
