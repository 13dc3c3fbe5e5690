// Headless Chromium as an agent: a microphone that plays a tone, a page, and what can be heard in it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { password, until } from './server.mjs'
import { writeTone } from './sound.mjs'

export class Desk {
  /** Opens the page with `hz` as the agent's voice, and signs in unless `email` is null. */
  static async open(server, { email = 'agent1@demo.example', hz = 1000, language = 'en', width = 1440, height = 900, dark = false } = {}) {
    const desk = new Desk()
    desk.folder = mkdtempSync(join(tmpdir(), 'perezvon-desk-'))
    const voice = writeTone(join(desk.folder, 'voice.wav'), hz)
    desk.browser = await chromium.launch({
      executablePath: process.env.PEREZVON_TEST_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--allow-loopback-in-peer-connection',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        `--use-file-for-fake-audio-capture=${voice}`,
        '--autoplay-policy=no-user-gesture-required',
      ],
    })
    desk.context = await desk.browser.newContext({
      viewport: { width, height },
      locale: language === 'ru' ? 'ru-RU' : 'en-GB',
      timezoneId: 'Europe/Moscow',
      colorScheme: dark ? 'dark' : 'light',
      permissions: ['microphone'],
    })
    desk.context.setDefaultTimeout(30_000)
    desk.problems = []
    if (email) {
      const answer = await desk.context.request.post(`${server.url}/api/v1/session`, { data: { email, password } })
      if (!answer.ok()) throw new Error(`sign-in of ${email}: ${answer.status()}`)
    }
    await desk.openPage(server)
    return desk
  }

  /** The first page, or one after it was closed: the browser stays signed in. */
  async openPage(server) {
    this.page = await this.context.newPage()
    this.page.on('pageerror', (error) => this.problems.push(`page error: ${error.message}`))
    this.page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`console: ${message.text()}`)
    })
    await this.page.goto(`${server.url}/?probe`)
  }

  /** Loudness and the strongest frequency of what the agent hears now. */
  async hears() {
    return this.page.evaluate(async () => {
      const stream = window.__perezvon?.remoteStream
      if (!stream) return { rms: 0, hz: 0 }
      window.__ear ??= (() => {
        const context = new AudioContext()
        const analyser = context.createAnalyser()
        analyser.fftSize = 8192
        return { context, analyser }
      })()
      if (window.__ear.stream !== stream) {
        window.__ear.source?.disconnect()
        window.__ear.source = window.__ear.context.createMediaStreamSource(stream)
        window.__ear.source.connect(window.__ear.analyser)
        window.__ear.stream = stream
      }
      await window.__ear.context.resume()
      const { analyser, context } = window.__ear
      const time = new Float32Array(analyser.fftSize)
      analyser.getFloatTimeDomainData(time)
      const rms = Math.sqrt(time.reduce((sum, value) => sum + value * value, 0) / time.length)
      const bins = new Float32Array(analyser.frequencyBinCount)
      analyser.getFloatFrequencyData(bins)
      let top = 0
      for (let n = 1; n < bins.length; n++) if (bins[n] > bins[top]) top = n
      return { rms, hz: (top * context.sampleRate) / analyser.fftSize }
    })
  }

  /** Waits until the agent hears a tone within 15 Hz. */
  async untilHears(hz) {
    let last
    return until(
      `the agent to hear ${hz} Hz`,
      async () => {
        last = await this.hears()
        return last.rms > 0.01 && Math.abs(last.hz - hz) < 15 ? last : null
      },
      20_000,
    ).catch((error) => {
      throw new Error(`${error.message}; heard ${JSON.stringify(last)}`)
    })
  }

  /** Listens from now on; the answered function stops it and tells the longest time without `hz`, in ms. */
  listen(hz) {
    let [listening, longest, heardAt] = [true, 0, performance.now()]
    const ended = until('the end of listening', async () => {
      const heard = await this.hears()
      const now = performance.now()
      if (heard.rms > 0.01 && Math.abs(heard.hz - hz) < 15) {
        longest = Math.max(longest, now - heardAt)
        heardAt = now
      }
      return !listening
    }, 600_000).catch((error) => error)
    return async () => {
      listening = false
      const error = await ended
      if (error instanceof Error) throw error
      return Math.round(Math.max(longest, performance.now() - heardAt))
    }
  }

  /** Waits until the top bar says so in English: `Ready`, `Talking`, `After call` … */
  async untilState(state) {
    await this.page.getByTestId('presence').filter({ hasText: state }).waitFor()
  }

  async close() {
    await this.browser.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
