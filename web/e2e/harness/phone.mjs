// baresip as a real SIP phone in a process of its own: as a caller or as a registered desk phone. It says a tone
// and keeps what it hears in a file.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, until } from './server.mjs'
import { toneShare } from './sound.mjs'

const modules = '/usr/lib/baresip/modules'

export class Phone {
  /** As `begin`. Nobody can keep a free port for another program, and baresip takes the one after its own for TLS: where
   * somebody else has it by then, other ports are taken. */
  static async start(options) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await Phone.begin(options)
      } catch (error) {
        if (attempt === 5 || !/Address already in use/.test(error.message)) throw error
      }
    }
  }

  /** `account`: user name at the registrar, or none for a caller without registration. */
  static async begin({ sip, user = 'caller', password, register = false, hz = 440, answer = 'manual', codec = 'PCMA' }) {
    const phone = new Phone()
    phone.folder = mkdtempSync(join(tmpdir(), 'perezvon-phone-'))
    phone.sounds = join(phone.folder, 'sounds')
    mkdirSync(phone.sounds)
    phone.sip = sip
    phone.port = await freePort()
    phone.control = await freePort()
    phone.events = []
    writeFileSync(
      join(phone.folder, 'config'),
      [
        `sip_listen 127.0.0.1:${phone.port}`,
        'net_interface 127.0.0.1',
        'call_local_timeout 120',
        'call_max_calls 4',
        `audio_source ausine,${hz}`,
        'audio_player alsa,null',
        'audio_alert alsa,null',
        'ausrc_srate 48000',
        'ausrc_channels 2',
        'auplay_srate 8000',
        'auplay_channels 1',
        'rtp_ports 41000-49000',
        'audio_jitter_buffer_type off',
        `module_path ${modules}`,
        'module g711.so',
        'module ausine.so',
        'module alsa.so',
        'module sndfile.so',
        'module_tmp account.so',
        'module_app menu.so',
        'module_app ctrl_tcp.so',
        `ctrl_tcp_listen 127.0.0.1:${phone.control}`,
        `snd_path ${phone.sounds}`,
        '',
      ].join('\n'),
    )
    const credentials = password ? `;auth_user=${user};auth_pass=${password}` : ''
    writeFileSync(
      join(phone.folder, 'accounts'),
      `<sip:${user}@127.0.0.1:${sip}>${credentials};regint=${register ? 60 : 0};answermode=${answer};audio_codecs=${codec}\n`,
    )
    writeFileSync(join(phone.folder, 'contacts'), '')
    phone.log = ''
    phone.process = spawn('baresip', ['-4', '-f', phone.folder], { stdio: ['ignore', 'pipe', 'pipe'] })
    phone.exited = once(phone.process, 'exit')
    phone.process.stdout.on('data', (text) => (phone.log += text))
    phone.process.stderr.on('data', (text) => (phone.log += text))
    await phone.connect()
    return phone
  }

  async connect() {
    this.socket = await until('the phone to start', async () => {
      if (this.process.exitCode !== null) throw new Error(`baresip ended:\n${this.log}`)
      const socket = connect(this.control, '127.0.0.1')
      return Promise.race([
        once(socket, 'connect').then(() => socket),
        once(socket, 'error').then(() => null),
      ]).catch(() => null)
    })
    let buffer = Buffer.alloc(0)
    this.socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk])
      for (;;) {
        const colon = buffer.indexOf(':')
        if (colon < 0) return
        const length = Number(buffer.subarray(0, colon))
        if (buffer.length < colon + 1 + length + 1) return
        const event = JSON.parse(buffer.subarray(colon + 1, colon + 1 + length).toString())
        buffer = buffer.subarray(colon + 1 + length + 1)
        this.events.push(event)
      }
    })
  }

  /** One of baresip's commands: dial, accept, hangup, hold, resume, … */
  command(command, params = '') {
    const body = JSON.stringify({ command, params })
    this.socket.write(`${Buffer.byteLength(body)}:${body},`)
  }

  /** Waits for an event such as CALL_ESTABLISHED, CALL_INCOMING, CALL_CLOSED, REGISTER_OK. */
  async event(type, limitMs = 30_000) {
    const found = await until(
      `${type} at the phone; it saw ${JSON.stringify(this.events.map((event) => event.type))}`,
      () => {
        const at = this.events.findIndex((event) => event.type === type)
        return at < 0 ? null : this.events.splice(at, 1)[0]
      },
      limitMs,
    )
    return found
  }

  async dial(number) {
    this.command('dial', `sip:${number}@127.0.0.1:${this.sip}`)
  }

  /** Presses keys during the call (RFC 4733). */
  press(digits) {
    for (const digit of digits) this.command('sndcode', digit)
  }

  /** The last two seconds of what the phone heard. */
  lately() {
    return this.heard().slice(-16_000)
  }

  /** What the phone heard so far, as samples at 8 kHz. */
  heard() {
    const files = readdirSync(this.sounds).filter((name) => name.includes('dec'))
    if (files.length === 0) return new Float32Array()
    // The header's length is written at the end of the call: skip it and read what is there.
    const raw = readFileSync(join(this.sounds, files.sort().at(-1))).subarray(44)
    return Float32Array.from({ length: raw.length >> 1 }, (_, n) => raw.readInt16LE(n * 2) / 32_768)
  }

  /** Listens from now on; the answered function tells the longest time without `hz`, in ms. */
  listen(hz) {
    const [from, started] = [this.heard().length, performance.now()]
    return () => {
      const sound = this.heard().subarray(from)
      // Packets that do not come leave no gap in the file: what it lacks was silence somewhere.
      const lacking = performance.now() - started - sound.length / 8
      const window = 2_000
      let [longest, without] = [0, 0]
      for (let at = 0; at + window <= sound.length; at += window) {
        const { share, rms } = toneShare(sound.subarray(at, at + window), hz)
        without = share > 0.7 && rms > 0.01 ? 0 : without + window / 8
        longest = Math.max(longest, without)
      }
      return Math.round(Math.max(longest, lacking))
    }
  }

  async stop() {
    if (this.process.exitCode === null) {
      this.process.kill('SIGTERM')
      await this.exited
    }
    this.socket.destroy()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
