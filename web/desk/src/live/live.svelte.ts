// The live half of the app: one socket, the views it brings, the commands that go out on it.
import { http, Problem, Socket, type AgentCommand, type DeskView, type FloorView, type Health, type Me, type ServerMessage, type SocketState } from '@perezvon/api'
import { asProblem, clock } from '@perezvon/ui'

/** A socket gone for less than this is not worth a person's attention. */
const BANNER_AFTER_MS = 1_000

export interface Refusal {
  command: AgentCommand['command']
  problem: Problem
}

class Live {
  socketState = $state<SocketState>('closed')
  /** The socket has been away long enough to say so. */
  away = $state(false)
  desk = $state.raw<DeskView | null>(null)
  floor = $state.raw<FloorView | null>(null)
  /** When the last floor came, by this machine's clock. */
  floorAt = $state(0)
  health = $state<Health>('ok')
  refusal = $state.raw<Refusal | null>(null)
  /** Commands on their way, by name. */
  pending = $state.raw<ReadonlySet<AgentCommand['command']>>(new Set())
  private socket: Socket | undefined
  private awayTimer: ReturnType<typeof setTimeout> | undefined
  private helloListeners = new Set<() => void>()

  open(onExpired: () => void, onHello: (me: Me) => void): () => void {
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/socket`
    const socket = new Socket(url, {
      message: (message) => this.take(message, onHello),
      state: (state) => this.turn(state, onExpired),
    })
    this.socket = socket
    const nudge = () => document.visibilityState === 'visible' && socket.nudge()
    addEventListener('online', nudge)
    document.addEventListener('visibilitychange', nudge)
    return () => {
      removeEventListener('online', nudge)
      document.removeEventListener('visibilitychange', nudge)
      socket.close()
      this.socket = undefined
      this.desk = null
      this.floor = null
      this.refusal = null
      clearTimeout(this.awayTimer)
      this.away = false
    }
  }

  /** Called after each greeting of the server, the first and those after a gap. */
  onHello(listener: () => void): () => void {
    this.helloListeners.add(listener)
    return () => this.helloListeners.delete(listener)
  }

  subscribeFloor(): () => void {
    this.socket?.subscribe(true)
    return () => this.socket?.subscribe(false)
  }

  /** Sends a command; a refusal stays on the screen as a sentence until the next command. */
  async command(command: AgentCommand): Promise<boolean> {
    this.refusal = null
    this.pending = new Set([...this.pending, command.command])
    try {
      await this.carry(command)
      return true
    } catch (error) {
      this.refusal = { command: command.command, problem: asProblem(error) }
      return false
    } finally {
      this.pending = new Set([...this.pending].filter((name) => name !== command.command))
    }
  }

  /** As `command`, for what happens by itself (autosave): the caller says what a refusal means. */
  async carry(command: AgentCommand): Promise<void> {
    // Without a socket the plain request still works when only the socket is broken.
    if (this.socketState === 'open' && this.socket) await this.socket.command(command)
    else await http.post('/desk/command', command)
  }

  async offer(sdp: string): Promise<string> {
    if (!this.socket) throw new Problem(0, { code: 'no_socket' })
    return this.socket.offer(sdp)
  }

  take(message: ServerMessage, onHello: (me: Me) => void = () => undefined): void {
    switch (message.type) {
      case 'hello':
        clock.follow(message.server_time)
        onHello(message.me)
        for (const listener of this.helloListeners) listener()
        return
      case 'desk':
        this.desk = message.desk
        return
      case 'floor':
        this.floor = message.floor
        this.floorAt = Date.now()
        return
      case 'health':
        this.health = message.journal
        return
      case 'reply':
      case 'rtc_answer':
      case 'ping':
        return
    }
  }

  private turn(state: SocketState, onExpired: () => void): void {
    this.socketState = state
    if (state === 'open' || state === 'closed') {
      clearTimeout(this.awayTimer)
      this.awayTimer = undefined
      this.away = false
      return
    }
    this.awayTimer ??= setTimeout(() => {
      this.away = true
      void this.checkSession(onExpired)
    }, BANNER_AFTER_MS)
  }

  /** A refused upgrade looks like any lost socket; whether the session is over is asked plainly. */
  private async checkSession(onExpired: () => void): Promise<void> {
    try {
      await http.get('/session')
    } catch (error) {
      if (error instanceof Problem && error.status === 401) onExpired()
    }
  }
}

export const live = new Live()
