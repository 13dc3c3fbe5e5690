// What an agent has typed and the server has not acknowledged yet, kept on this machine through reloads and outages.

export interface Draft {
  interaction: string
  who: string
  note: string
  disposition: string | null
  at: number
}

const PREFIX = 'perezvon.draft.'
/** Older drafts than this are of nobody's interest. */
const KEEP_MS = 7 * 86_400_000
/** More are not kept; the oldest go first. */
const MAX_DRAFTS = 50

export class Drafts {
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>) {}

  read(interaction: string): Draft | undefined {
    return this.parse(this.storage.getItem(PREFIX + interaction))
  }

  write(draft: Draft): void {
    try {
      this.storage.setItem(PREFIX + draft.interaction, JSON.stringify(draft))
    } catch {
      // The storage is full or forbidden; the text is still on the screen and on its way to the server.
    }
  }

  drop(interaction: string): void {
    this.storage.removeItem(PREFIX + interaction)
  }

  /** All drafts, newest first; clears what is too old or too many. */
  list(now: number): Draft[] {
    const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index)).filter((key) => key?.startsWith(PREFIX))
    const drafts = keys.flatMap((key) => this.parse(this.storage.getItem(key ?? '')) ?? []).sort((a, b) => b.at - a.at)
    const kept = drafts.filter((draft, index) => index < MAX_DRAFTS && now - draft.at < KEEP_MS)
    for (const draft of drafts) if (!kept.includes(draft)) this.drop(draft.interaction)
    return kept
  }

  private parse(text: string | null): Draft | undefined {
    if (!text) return undefined
    try {
      const draft = JSON.parse(text) as Draft
      return typeof draft.interaction === 'string' && typeof draft.note === 'string' ? draft : undefined
    } catch {
      return undefined
    }
  }
}
