// A PostgreSQL of the test's own: a private folder, a Unix socket in it and no network.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Nothing here outlives a power failure; a killed server keeps what it committed. */
const settings = ['listen_addresses=', 'fsync=off', 'full_page_writes=off', 'shared_buffers=32MB', 'log_min_messages=fatal']

export class Postgres {
  static async start() {
    const postgres = new Postgres()
    postgres.folder = mkdtempSync(join(tmpdir(), 'perezvon-pg-'))
    postgres.data = join(postgres.folder, 'cluster')
    mkdirSync(postgres.data, { mode: 0o700 })
    const other = otherUser()
    if (other) {
      chmodSync(postgres.folder, 0o755)
      chownSync(postgres.data, other.uid, other.gid)
    }
    await run('initdb', ['-D', postgres.data, '--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'])
    await postgres.up()
    // Row-level security holds everybody but superusers.
    for (const sql of ['CREATE ROLE perezvon LOGIN', 'CREATE DATABASE perezvon OWNER perezvon']) {
      await run('psql', ['-h', postgres.data, '-U', 'postgres', '-c', sql])
    }
    return postgres
  }

  get url() {
    return `postgres://perezvon@localhost/perezvon?host=${this.data}`
  }

  /** Starts it, the first time or again. */
  async up() {
    const options = [`-k ${this.data}`, ...settings.map((setting) => `-c ${setting}`)].join(' ')
    await run('pg_ctl', ['-w', '-D', this.data, '-l', join(this.data, 'log'), '-o', options, 'start'])
    this.running = true
  }

  /** As if its machine lost power. */
  async down() {
    await run('pg_ctl', ['-w', '-D', this.data, '-m', 'immediate', 'stop'])
    this.running = false
  }

  async close() {
    if (this.running) await this.down()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody` where that user is missing. */
function otherUser() {
  if (process.getuid() !== 0) return null
  const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  return { uid: Number(found?.[2] ?? 65_534), gid: Number(found?.[3] ?? 65_534) }
}

async function run(program, parameters) {
  const other = otherUser()
  const command = [path(program), ...parameters]
  if (other) command.unshift('setpriv', `--reuid=${other.uid}`, `--regid=${other.gid}`, '--clear-groups')
  // The server inherits these: a pipe would stay open as long as it runs.
  const child = spawn(command[0], command.slice(1), { cwd: '/', stdio: 'ignore' })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`)
}

/** Debian keeps the programs of each version in a folder of its own. */
function path(program) {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  return newest ? join('/usr/lib/postgresql', newest, 'bin', program) : program
}
