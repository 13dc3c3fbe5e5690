// The note and disposition of one conversation while it is being written: on the screen at once, on this machine with
// every key, at the server a moment later. It outlives the passage from talking to wrap-up.
import { Problem, type AgentCommand } from '@perezvon/api'
import { asProblem } from '@perezvon/ui'
import type { Drafts } from './drafts'

/** Quiet time after the last key before a save goes out. */
export const AUTOSAVE_MS = 700

export type Saving = 'clean' | 'waiting' | 'saving' | 'saved' | 'failed'

type Carry = (command: AgentCommand) => Promise<void>

interface Written {
  note: string
  disposition: string | null
}

export class Note {
  note = $state('')
  disposition = $state<string | null>(null)
  saving = $state<Saving>('clean')
  savedAt = $state(0)
  problem = $state.raw<Problem | null>(null)
  private acknowledged: Written
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false
  /** One save at a time, so that an older one never overtakes a newer. */
  private underway = false

  constructor(
    readonly interaction: string,
    readonly who: string,
    server: Written,
    private readonly drafts: Drafts,
    private readonly carry: Carry,
    private readonly now: () => number = Date.now,
  ) {
    const draft = drafts.read(interaction)
    this.note = draft?.note ?? server.note
    this.disposition = draft ? draft.disposition : server.disposition
    this.acknowledged = server
    if (draft && this.differs()) this.schedule()
  }

  type(note: string): void {
    this.note = note
    this.changed()
  }

  choose(disposition: string): void {
    this.disposition = disposition
    this.changed()
  }

  /** Another tab or the server may know more; what is being written here wins. */
  follow(server: Written): void {
    if (this.saving === 'waiting' || this.saving === 'saving' || this.saving === 'failed') return
    if (same(server, this.acknowledged)) return
    this.acknowledged = server
    this.note = server.note
    this.disposition = server.disposition
  }

  /** Sends what is not acknowledged yet; the same state sent twice does no harm. */
  async save(): Promise<void> {
    this.cancel()
    if (!this.differs() || this.underway) return
    await this.send(false)
  }

  /** Ends the wrap-up with what is written. */
  async finish(): Promise<boolean> {
    this.cancel()
    return this.send(true)
  }

  /** No more saves by itself; an unacknowledged draft stays on this machine. */
  close(): void {
    if (this.timer) void this.save()
    this.closed = true
    this.cancel()
  }

  private changed(): void {
    this.drafts.write({ interaction: this.interaction, who: this.who, note: this.note, disposition: this.disposition, at: this.now() })
    this.schedule()
  }

  private schedule(): void {
    this.cancel()
    this.saving = 'waiting'
    this.timer = setTimeout(() => void this.save(), AUTOSAVE_MS)
  }

  private async send(finish: boolean): Promise<boolean> {
    const written: Written = { note: this.note, disposition: this.disposition }
    this.saving = 'saving'
    this.underway = true
    try {
      await this.carry({ command: 'wrap_up', interaction: this.interaction, ...written, finish })
    } catch (error) {
      this.problem = asProblem(error)
      this.saving = 'failed'
      return false
    } finally {
      this.underway = false
    }
    this.acknowledged = written
    this.problem = null
    this.savedAt = this.now()
    this.saving = 'saved'
    if (!this.differs()) this.drafts.drop(this.interaction)
    else if (this.timer) this.saving = 'waiting'
    // What was typed meanwhile, when its own time to be saved has passed already.
    else if (!finish) await this.send(false)
    return true
  }

  private differs(): boolean {
    return !same({ note: this.note, disposition: this.disposition }, this.acknowledged)
  }

  private cancel(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }
}

function same(a: Written, b: Written): boolean {
  return a.note === b.note && a.disposition === b.disposition
}
