// Starts the real server on free ports and a fresh data folder, and ends it again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../../..')
export const password = 'a-password-for-tests'

/** The binary under test: what PEREZVON_TEST_BINARY names, or the development build. */
export function binary() {
  const path = process.env.PEREZVON_TEST_BINARY ?? join(root, 'target/debug/perezvon')
  if (!existsSync(path)) throw new Error(`${path} is missing: run cargo build -p perezvon-server`)
  return path
}

/** A port that was free a moment ago. */
export async function freePort() {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

export class Server {
  static async start({ mode = 'demo', data, env = {}, life = 'off' } = {}) {
    const server = new Server()
    server.data = data ?? mkdtempSync(join(tmpdir(), 'perezvon-e2e-'))
    server.http = await freePort()
    server.sip = await freePort()
    server.rtp = 21000 + Math.floor(Math.random() * 115) * 100
    server.webrtc = await freePort()
    server.mode = mode
    server.environment = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PEREZVON_'))),
      PEREZVON_DATA: server.data,
      PEREZVON_HTTP: `127.0.0.1:${server.http}`,
      PEREZVON_SIP: `127.0.0.1:${server.sip}`,
      PEREZVON_RTP_PORTS: `${server.rtp}-${server.rtp + 98}`,
      PEREZVON_WEBRTC_PORT: String(server.webrtc),
      PEREZVON_DEMO_PASSWORD: password,
      PEREZVON_DEMO_LIFE: life,
      ...env,
    }
    await server.launch()
    return server
  }

  /** Starts the process (again, on the same data) and waits until it is ready. */
  async launch() {
    this.log = []
    this.process = spawn(binary(), [this.mode], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] })
    this.exited = once(this.process, 'exit')
    for (const stream of [this.process.stdout, this.process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.log.push(line)
        if (this.log.length > 2000) this.log.shift()
        if (process.env.PEREZVON_TEST_VERBOSE) console.error(line)
      })
    }
    await until(`the server to be ready`, async () => {
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.log.join('\n')}`)
      const answer = await fetch(`${this.url}/readyz`).catch(() => null)
      return answer?.ok
    })
  }

  get url() {
    return `http://127.0.0.1:${this.http}`
  }

  /** Whether audio of phones or browsers may come in there. */
  isMediaPort(port) {
    return port === this.webrtc || (port >= this.rtp && port <= this.rtp + 98)
  }

  /** As an outage would: no warning, nothing flushed. */
  async kill() {
    this.process.kill('SIGKILL')
    await this.exited
  }

  /** As an operator would; the data stays. */
  async end() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM')
      await this.exited
    }
  }

  async stop() {
    await this.end()
    rmSync(this.data, { recursive: true, force: true })
  }

  /** A signed-in client of the API. */
  async client(email) {
    const answer = await fetch(`${this.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    if (!answer.ok) throw new Error(`sign-in of ${email}: ${answer.status} ${await answer.text()}`)
    const { token } = await answer.json()
    const call = async (method, path, body) => {
      const reply = await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`)
      const type = reply.headers.get('content-type') ?? ''
      if (reply.status === 204) return null
      return type.includes('json') ? reply.json() : Buffer.from(await reply.arrayBuffer())
    }
    return {
      token,
      get: (path) => call('GET', path),
      post: (path, body) => call('POST', path, body),
      put: (path, body) => call('PUT', path, body),
      command: (command) => call('POST', '/desk/command', command),
    }
  }
}

/** Asks again until the answer is truthy; the only wait of these tests that has no event to wait on. */
export async function until(what, ask, limitMs = 30_000) {
  const end = Date.now() + limitMs
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
