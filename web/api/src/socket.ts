// One WebSocket to the server: reconnects by itself, answers pings, matches replies to what was asked.
// Views come whole, so nothing is replayed after a gap; a command that got no reply is reported as `unanswered`,
// since it may or may not have been carried out.
import { Problem } from './http'
import type { AgentCommand, ClientMessage, ServerMessage } from './types'

export type SocketState = 'connecting' | 'open' | 'lost' | 'closed'

/** Waits before the tries to reconnect, in ms; the last one repeats. Each is shortened by up to a half at random. */
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000]
/** The server pings every 10 s; a socket silent for longer is dead, whatever the browser thinks. */
const SILENCE_MS = 25_000
const REPLY_TIMEOUT_MS = 10_000
/** Of the protocol: larger messages are refused by the server. */
const MAX_MESSAGE_BYTES = 64 * 1024

export interface SocketEvents {
  message(message: ServerMessage): void
  state(state: SocketState): void
}

interface Waiting {
  resolve(message: ServerMessage): void
  reject(problem: Problem): void
  timer: ReturnType<typeof setTimeout>
}

export class Socket {
  private socket: WebSocket | undefined
  private tries = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private waiting = new Map<string, Waiting>()
  private subscribed = false
  private ended = false
  private ready = false

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
    private readonly make: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {
    this.connect()
  }

  /** Sends a command; resolves when the server has committed it, rejects with its refusal. */
  async command(command: AgentCommand): Promise<void> {
    await this.ask((id) => ({ type: 'command', id, command }))
  }

  async offer(sdp: string): Promise<string> {
    const answer = await this.ask((id) => ({ type: 'rtc_offer', id, sdp }))
    if (answer.type !== 'rtc_answer') throw new Problem(0, { code: 'no_answer_sdp' })
    return answer.sdp
  }

  /** Asks for the floor's view as well; kept through reconnections. */
  subscribe(floor: boolean): void {
    this.subscribed = floor
    if (this.ready) this.send({ type: 'subscribe', floor })
  }

  /** Tries at once, such as when the network is back or the page is looked at again. */
  nudge(): void {
    if (this.ended || this.socket) return
    clearTimeout(this.retry)
    this.connect()
  }

  close(): void {
    this.ended = true
    clearTimeout(this.retry)
    this.drop()
    this.events.state('closed')
  }

  private connect(): void {
    this.events.state('connecting')
    const socket = this.make(this.url)
    this.socket = socket
    socket.onopen = () => this.listen()
    socket.onmessage = (event) => {
      this.listen()
      this.take(event.data)
    }
    socket.onclose = () => {
      if (this.socket === socket) this.lost()
    }
  }

  private take(data: unknown): void {
    let message: ServerMessage
    try {
      message = JSON.parse(String(data)) as ServerMessage
    } catch {
      return
    }
    if (message.type === 'hello') this.greeted()
    if (message.type === 'ping') this.send({ type: 'pong' })
    if (message.type === 'reply' || message.type === 'rtc_answer') this.settle(message)
    this.events.message(message)
  }

  /** Only a greeting makes the socket usable: a server that accepts and closes at once is as good as none. */
  private greeted(): void {
    this.tries = 0
    this.ready = true
    this.events.state('open')
    if (this.subscribed) this.send({ type: 'subscribe', floor: true })
  }

  private settle(message: Extract<ServerMessage, { id: string }>): void {
    const waiting = this.waiting.get(message.id)
    if (!waiting) return
    this.waiting.delete(message.id)
    clearTimeout(waiting.timer)
    if (message.type === 'reply' && !message.ok) {
      waiting.reject(new Problem(409, { code: message.code, detail: message.detail }))
    } else {
      waiting.resolve(message)
    }
  }

  private ask(make: (id: string) => ClientMessage): Promise<ServerMessage> {
    if (!this.ready) return Promise.reject(new Problem(0, { code: 'no_socket' }))
    const id = crypto.randomUUID()
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id)
        reject(new Problem(0, { code: 'unanswered' }))
      }, REPLY_TIMEOUT_MS)
      this.waiting.set(id, { resolve, reject, timer })
      this.send(make(id))
    })
  }

  private send(message: ClientMessage): void {
    const text = JSON.stringify(message)
    if (text.length > MAX_MESSAGE_BYTES) throw new Problem(0, { code: 'too_large' })
    // A socket that is closing takes nothing more; what waits for an answer is told when it has closed.
    if (this.socket && this.socket.readyState < WebSocket.CLOSING) this.socket.send(text)
  }

  private listen(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.socket?.close(), SILENCE_MS)
  }

  private lost(): void {
    this.drop()
    if (this.ended) return
    this.events.state('lost')
    const wait = BACKOFF_MS[Math.min(this.tries, BACKOFF_MS.length - 1)] ?? 0
    this.tries += 1
    this.retry = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2))
  }

  private drop(): void {
    this.ready = false
    clearTimeout(this.silence)
    const socket = this.socket
    this.socket = undefined
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    }
    for (const waiting of this.waiting.values()) {
      clearTimeout(waiting.timer)
      waiting.reject(new Problem(0, { code: 'unanswered' }))
    }
    this.waiting.clear()
  }
}
