// The agent's telephone in the browser: one peer that lasts as long as the desk, in one tab at a time. Calls come and
// go on the server's side of it; here only the microphone is opened while one is on.
import { live } from '../../live/live.svelte'
import { onGesture, silentTrack } from './audio'
import { askMicrophone, type Microphone } from './microphone'
import { openPeer } from './peer'
import { expose } from './probe'

/** Waits before the tries to connect again, in ms; the last one repeats. */
const BACKOFF_MS = [300, 1_000, 2_000, 4_000, 8_000]
/** ICE may heal a short gap by itself; after this a fresh offer is quicker. */
const HEAL_MS = 2_500
/** The server may say that it does not hear us yet while we connect. */
const UNSEEN_MS = 4_000

export type Line = 'off' | 'elsewhere' | 'connecting' | 'connected' | 'lost'

class Softphone {
  line = $state<Line>('off')
  microphone = $state.raw<Microphone>({ state: 'asking' })
  /** The browser will play sound only after a click. */
  blocked = $state(false)
  private agent = ''
  private peer: RTCPeerConnection | undefined
  private stream: MediaStream | undefined
  private audio: HTMLAudioElement | undefined
  private silence: MediaStreamTrack | undefined
  private tries = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private unseen: ReturnType<typeof setTimeout> | undefined
  private release: (() => void) | undefined
  private generation = 0
  /** The generation whose offer is on its way. */
  private offering: number | undefined
  private open = false

  /** Becomes the agent's telephone if no other tab is it; when that tab goes, this one takes over. */
  start(agent: string): () => void {
    this.agent = agent
    const generation = ++this.generation
    this.line = 'elsewhere'
    void this.hold(false, generation)
    const stopHello = live.onHello(() => this.greeted())
    const stopGesture = onGesture(() => this.blocked && void this.play())
    const self = this
    expose({
      get peer() {
        return self.peer
      },
      get remoteStream() {
        return self.stream
      },
    })
    return () => {
      this.generation += 1
      stopHello()
      stopGesture()
      this.release?.()
      this.release = undefined
      this.shut('off')
      if (this.microphone.state === 'live') this.microphone.track.stop()
      this.microphone = { state: 'asking' }
    }
  }

  /** Makes this tab the telephone although another one is. */
  takeOver(): void {
    void this.hold(true, this.generation)
  }

  async retryMicrophone(): Promise<void> {
    this.microphone = { state: 'asking' }
    await this.listen()
  }

  /** Lets the microphone through during a conversation only. */
  gate(open: boolean): void {
    this.open = open
    if (this.microphone.state === 'live') this.microphone.track.enabled = open
  }

  /** The server's word on whether it hears this browser. */
  seen(connected: boolean): void {
    clearTimeout(this.unseen)
    this.unseen = undefined
    if (connected || this.line !== 'connected') return
    this.unseen = setTimeout(() => this.line === 'connected' && this.connectSoon(0), UNSEEN_MS)
  }

  private async hold(steal: boolean, generation: number): Promise<void> {
    const work = () =>
      new Promise<void>((resolve) => {
        if (generation !== this.generation) return resolve()
        this.release = resolve
        this.begin()
      })
    if (!navigator.locks) return void work()
    try {
      await navigator.locks.request(`perezvon-softphone-${this.agent}`, { steal }, work)
    } catch {
      // Another tab took the line over: fall back in line behind it.
      if (generation !== this.generation) return
      this.shut('elsewhere')
      void this.hold(false, generation)
    }
  }

  private begin(): void {
    this.line = 'connecting'
    this.silence ??= silentTrack()
    void this.connect()
    void this.listen()
  }

  /** Asks for the microphone beside the connection: a question left open holds up nothing. */
  private async listen(): Promise<void> {
    const generation = this.generation
    const microphone = await askMicrophone()
    if (generation !== this.generation) {
      if (microphone.state === 'live') microphone.track.stop()
      return
    }
    this.microphone = microphone
    if (microphone.state !== 'live') return
    microphone.track.enabled = this.open
    microphone.track.onended = () => void this.retryMicrophone()
    await this.peer?.getSenders()[0]?.replaceTrack(microphone.track).catch(() => this.connectSoon(0))
  }

  private async connect(): Promise<void> {
    const generation = this.generation
    clearTimeout(this.timer)
    this.timer = undefined
    // One offer at a time: of two, the server may keep the peer whose answer we throw away, and nobody hears anybody.
    if (this.offering === generation) return
    this.offering = generation
    const old = this.peer
    if (this.line !== 'connecting') this.line = 'lost'
    const track = this.microphone.state === 'live' ? this.microphone.track : this.silence
    try {
      const peer = await openPeer(track, (sdp) => live.offer(sdp), {
        stream: (stream) => this.hear(stream),
        state: (state) => peer === this.peer && this.turned(state),
      })
      if (generation !== this.generation) return peer.close()
      if (old) close(old)
      this.peer = peer
      if (this.microphone.state === 'live' && track !== this.microphone.track) {
        await peer.getSenders()[0]?.replaceTrack(this.microphone.track)
      }
      this.turned(peer.connectionState)
    } catch {
      if (generation === this.generation) this.connectSoon()
    } finally {
      if (this.offering === generation) this.offering = undefined
    }
  }

  private turned(state: RTCPeerConnectionState): void {
    switch (state) {
      case 'connected':
        this.tries = 0
        clearTimeout(this.timer)
        this.timer = undefined
        this.line = 'connected'
        return
      case 'disconnected':
        this.line = 'lost'
        this.connectSoon(HEAL_MS)
        return
      case 'failed':
      case 'closed':
        this.line = 'lost'
        this.connectSoon()
        return
      case 'new':
      case 'connecting':
        return
    }
  }

  private connectSoon(waitMs?: number): void {
    if (this.timer || this.line === 'off' || this.line === 'elsewhere') return
    const wait = waitMs ?? BACKOFF_MS[Math.min(this.tries++, BACKOFF_MS.length - 1)] ?? 0
    this.timer = setTimeout(() => void this.connect(), wait)
  }

  /** After a gap of the socket the media may well have lived on; only a dead peer is replaced. */
  private greeted(): void {
    if (this.line === 'off' || this.line === 'elsewhere') return
    if (this.peer?.connectionState === 'connected') return
    this.tries = 0
    clearTimeout(this.timer)
    void this.connect()
  }

  private hear(stream: MediaStream): void {
    this.stream = stream
    if (!this.audio) {
      this.audio = document.createElement('audio')
      this.audio.autoplay = true
      this.audio.hidden = true
      document.body.append(this.audio)
    }
    this.audio.srcObject = stream
    void this.play()
  }

  private async play(): Promise<void> {
    try {
      await this.audio?.play()
      this.blocked = false
    } catch {
      this.blocked = true
    }
  }

  private shut(line: Line): void {
    clearTimeout(this.timer)
    clearTimeout(this.unseen)
    this.timer = undefined
    if (this.peer) close(this.peer)
    this.peer = undefined
    this.stream = undefined
    this.audio?.remove()
    this.audio = undefined
    this.line = line
  }
}

function close(peer: RTCPeerConnection): void {
  peer.onconnectionstatechange = null
  peer.ontrack = null
  peer.close()
}

export const softphone = new Softphone()
