import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, Socket, type ServerMessage, type SocketState } from '../src'

class FakeSocket {
  static all: FakeSocket[] = []
  readyState: number = WebSocket.CONNECTING
  sent: Record<string, unknown>[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null

  constructor() {
    FakeSocket.all.push(this)
  }
  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.readyState = WebSocket.CLOSED
    this.onclose?.()
  }
  open() {
    this.readyState = WebSocket.OPEN
    this.onopen?.()
    this.say({ type: 'hello', me: {}, server_time: 0, version: 'test' })
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

const last = () => FakeSocket.all.at(-1)!
let states: SocketState[]
let messages: ServerMessage[]
let socket: Socket

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(1)
  FakeSocket.all = []
  states = []
  messages = []
  socket = new Socket('ws://desk/api/v1/socket', { message: (m) => messages.push(m), state: (s) => states.push(s) }, () => new FakeSocket() as unknown as WebSocket)
})

afterEach(() => {
  socket.close()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('the socket', () => {
  it('resolves a command by its reply and rejects with the reason of a refusal', async () => {
    last().open()
    const done = socket.command({ command: 'accept', offer: 'o' })
    const refused = socket.command({ command: 'decline', offer: 'o' })
    const [one, two] = last().sent
    last().say({ type: 'reply', id: two!.id, ok: false, code: 'offer_over', detail: 'over' })
    last().say({ type: 'reply', id: one!.id, ok: true })
    await expect(done).resolves.toBeUndefined()
    await expect(refused).rejects.toMatchObject({ code: 'offer_over' })
  })

  it('answers a ping', () => {
    last().open()
    last().say({ type: 'ping' })
    expect(last().sent).toEqual([{ type: 'pong' }])
  })

  it('comes back with growing waits and asks for the floor again', () => {
    last().open()
    socket.subscribe(true)
    last().close()
    expect(states.at(-1)).toBe('lost')
    vi.advanceTimersByTime(249)
    expect(FakeSocket.all).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(FakeSocket.all).toHaveLength(2)
    last().close()
    vi.advanceTimersByTime(499)
    expect(FakeSocket.all).toHaveLength(2)
    vi.advanceTimersByTime(1)
    last().open()
    expect(last().sent).toEqual([{ type: 'subscribe', floor: true }])
  })

  it('says of a command cut off by a lost socket that nobody knows whether it was carried out', async () => {
    last().open()
    const cut = socket.command({ command: 'hang_up', interaction: 'i' })
    last().close()
    await expect(cut).rejects.toMatchObject({ code: 'unanswered' })
  })

  it('is not open before the server has greeted, and backs off from one that closes at once', () => {
    for (const wait of [250, 500, 1_000]) {
      last().readyState = WebSocket.OPEN
      last().onopen?.()
      last().close()
      const before = FakeSocket.all.length
      vi.advanceTimersByTime(wait - 1)
      expect(FakeSocket.all).toHaveLength(before)
      vi.advanceTimersByTime(1)
      expect(FakeSocket.all).toHaveLength(before + 1)
    }
    expect(states).not.toContain('open')
  })

  it('refuses at once without a socket', async () => {
    await expect(socket.command({ command: 'accept', offer: 'o' })).rejects.toBeInstanceOf(Problem)
  })

  it('takes a long silence for a dead connection', () => {
    last().open()
    vi.advanceTimersByTime(20_000)
    last().say({ type: 'ping' })
    vi.advanceTimersByTime(24_000)
    expect(FakeSocket.all).toHaveLength(1)
    vi.advanceTimersByTime(1_500)
    expect(states).toContain('lost')
    expect(FakeSocket.all.length).toBeGreaterThan(1)
  })

  it('is not thrown by a message that is no JSON', () => {
    last().open()
    last().onmessage?.({ data: '{' })
    expect(messages.map((message) => message.type)).toEqual(['hello'])
  })

  it('sends nothing into a socket that is closing', async () => {
    last().open()
    last().readyState = WebSocket.CLOSING
    const before = last().sent.length
    const asked = socket.command({ command: 'set_presence', presence: { state: 'ready' } })
    last().say({ type: 'ping' })
    expect(last().sent.length).toBe(before)
    last().close()
    await expect(asked).rejects.toMatchObject({ code: 'unanswered' })
  })
})
