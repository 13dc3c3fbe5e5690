// SIPp as the trunk of a provider, or as a phone outside.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { udpSockets } from './datagrams.mjs'
import { freePort, until } from './server.mjs'

/** Scenarios of the whole server, and those that telephony is tested with alone. */
const folders = [resolve(import.meta.dirname, '../sipp'), resolve(import.meta.dirname, '../../../crates/telephony/tests/sipp')]

export class Sipp {
  /** Runs a scenario towards the port `to`; answers once it listens. */
  static async start(scenario, to, { port, from = '127.0.0.1', number = '', parameters = [] } = {}) {
    const sipp = new Sipp()
    sipp.folder = mkdtempSync(join(tmpdir(), 'perezvon-sipp-'))
    sipp.port = port ?? (await freePort())
    sipp.scenario = scenario
    const file = folders.map((folder) => join(folder, `${scenario}.xml`)).find(existsSync)
    const fixed = ['-sf', file, '-i', from, '-mi', from, '-p', sipp.port, '-s', number, '-nostdin', '-timeout', '60s', '-timeout_error', '-trace_err']
    sipp.process = spawn('sipp', [...fixed, ...parameters, `127.0.0.1:${to}`], { cwd: sipp.folder, stdio: 'ignore' })
    sipp.ended = once(sipp.process, 'exit')
    await until(`${scenario} to listen`, () => sipp.process.exitCode !== null || udpSockets().some((socket) => socket.port === sipp.port))
    return sipp
  }

  /** A scenario from its start to its good end. */
  static async run(scenario, to, options) {
    await (await Sipp.start(scenario, to, options)).succeeds()
  }

  async succeeds() {
    const [status] = await this.ended
    const errors = this.errors()
    this.remove()
    if (status !== 0) throw new Error(`SIPp's ${this.scenario} ended with ${status}:\n${errors}`)
  }

  errors() {
    const file = join(this.folder, `${this.scenario}_${this.process.pid}_errors.log`)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  remove() {
    if (this.process.exitCode === null) this.process.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}
