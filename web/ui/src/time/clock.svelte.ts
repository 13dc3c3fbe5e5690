// One clock for every timer on the screen, in the server's time. A hidden page's timers are throttled, so nothing
// counts ticks: everything is a difference of timestamps.

let offsetMs = 0
const state = $state({ now: Date.now() })
let timer: ReturnType<typeof setTimeout> | undefined

function tick(): void {
  clearTimeout(timer)
  const now = Date.now() + offsetMs
  state.now = now
  timer = setTimeout(tick, 1_000 - (now % 1_000))
}

export const clock = {
  /** The server's time, fresh once a second; reading it in markup redraws with it. */
  get now(): number {
    return state.now
  },
  /** The server's time at this very moment; nothing is redrawn by it. */
  exact(): number {
    return Date.now() + offsetMs
  },
  /** Takes over the server's clock, given what it said it is now. */
  follow(serverTime: number): void {
    offsetMs = serverTime - Date.now()
    tick()
  },
  start(): () => void {
    const woken = () => document.visibilityState === 'visible' && tick()
    document.addEventListener('visibilitychange', woken)
    tick()
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', woken)
    }
  },
}
