/** A server of our own for the length of a test: started on a free port with a folder of its own. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BINARY = process.env.GYRE_BINARY ?? fileURLToPath(new URL('../../target/release/gyre', import.meta.url))
const READY_MS_MAX = 60_000

export const API_KEY = 'sdk-tests-api-key'
export const WRITE_KEY = 'sdk-tests-write-key'

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

export const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Asks until `ask` answers something, or the time is over. */
export async function eventually(what, ask, msMax = 15_000) {
  const until = Date.now() + msMax
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    if (Date.now() > until) throw new Error(`waited ${msMax} ms in vain for ${what}`)
    await pause(100)
  }
}

/**
 * Starts the server; `{ url, ask, stop, log }`.
 *
 * `port` is where it listens, a free one if none is given; `publicUrl` where it says that it is. With
 * `fileKilobytesMax` no file of its grows beyond that, as on a full disk.
 */
export async function startGyre({ port: wanted, publicUrl, fileKilobytesMax } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gyre-sdk-'))
  const port = wanted ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const serve = [BINARY, 'serve', '--listen', `127.0.0.1:${port}`, '--data', folder]
  // the signal is ignored so that a write fails instead of ending the process
  const limit = ['-c', `trap '' XFSZ; ulimit -f ${fileKilobytesMax}; exec "$@"`, 'bash']
  const [program, ...args] = fileKilobytesMax ? ['bash', ...limit, ...serve] : serve
  const child = spawn(program, args, {
    env: { ...process.env, GYRE_API_KEY: API_KEY, GYRE_WRITE_KEY: WRITE_KEY, GYRE_PUBLIC_URL: publicUrl ?? url },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', it => (log = (log + it).slice(-20_000)))
  const ended = new Promise(resolve => child.once('exit', resolve))

  async function stop() {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }

  async function ask(method, path, body) {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return JSON.parse(text)
  }

  try {
    await eventually(
      'the server',
      async () => {
        if (child.exitCode !== null) throw new Error(`the server ended:\n${log}`)
        const answer = await fetch(`${url}/readyz`).catch(() => undefined)
        return answer?.ok ? true : undefined
      },
      READY_MS_MAX,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { url, ask, stop, log: () => log }
}
