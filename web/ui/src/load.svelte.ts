// Something fetched: what came, whether it is being fetched long enough to say so, and why it failed. A newer start
// cancels the older one, and what was shown stays until something new has come.
import { Problem } from '@perezvon/api'

/** Below this nothing moves on the screen; after it a skeleton shows. */
const QUIET_MS = 300

export class Load<T> {
  data = $state.raw<T>()
  problem = $state.raw<Problem>()
  /** The work lasts longer than a person overlooks. */
  slow = $state(false)
  running = $state(false)
  private controller: AbortController | undefined
  private again: (() => Promise<void>) | undefined

  async start(work: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.controller?.abort()
    const controller = new AbortController()
    this.controller = controller
    this.again = () => this.start(work)
    this.problem = undefined
    this.running = true
    const timer = setTimeout(() => (this.slow = this.controller === controller), QUIET_MS)
    try {
      const data = await work(controller.signal)
      if (this.controller === controller) this.data = data
    } catch (error) {
      if (this.controller === controller) this.problem = asProblem(error)
    } finally {
      clearTimeout(timer)
      if (this.controller === controller) {
        this.slow = false
        this.running = false
      }
    }
  }

  async retry(): Promise<void> {
    await this.again?.()
  }

  stop(): void {
    this.controller?.abort()
    this.controller = undefined
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, { code: 'unexpected', detail: String(error) })
}
