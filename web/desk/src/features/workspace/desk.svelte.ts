// What the workspace is about now, from the desk's view, and the notes that go with it.
import type { InteractionView } from '@perezvon/api'
import { caller } from '@perezvon/ui'
import { live } from '../../live/live.svelte'
import { choose, conversations, openOf, ringing, type Choice, type Conversation, type Ringing } from './conversations'
import { Drafts } from './drafts'
import { Note } from './note.svelte'

export const drafts = new Drafts(localStorage)

/** Which panel under the call controls is open, and what was asked to take the focus. */
export const panels = $state<{ open: 'keypad' | 'transfer' | null; focus: 'note' | 'disposition' | null; card: boolean; roster: boolean }>({
  open: null,
  focus: null,
  card: false,
  roster: false,
})

class AtDesk {
  private choice = $state.raw<Choice | null>(null)
  readonly all: Conversation[] = $derived(conversations(live.desk))
  readonly open: Conversation | null = $derived(openOf(this.all, this.choice))
  readonly ringing: Ringing | null = $derived(ringing(live.desk))

  /** What is open stays open when others come, go or change their order. A call passes, and is no choice. */
  follow(): void {
    if (this.open?.item) this.choice = choose(this.all, this.open.interaction)
  }

  show(interaction: string): void {
    this.choice = choose(this.all, interaction)
    panels.open = null
    panels.roster = false
  }
}

export const atDesk = new AtDesk()

class Writing {
  private notes = $state.raw<ReadonlyMap<string, Note>>(new Map())
  readonly current: Note | null = $derived(this.notes.get(atDesk.open?.interaction ?? '') ?? null)

  /** Keeps one note per conversation: the same one while it is at hand, while it rests and in wrap-up. */
  follow(): void {
    atDesk.follow()
    const notes = new Map<string, Note>()
    for (const { interaction, about, note, disposition } of atDesk.all) {
      const server = { note, disposition }
      const known = this.notes.get(interaction)
      known?.follow(server)
      notes.set(interaction, known ?? new Note(interaction, nameOf(about), server, drafts, (command) => live.carry(command)))
    }
    const gone = [...this.notes.values()].filter((note) => !notes.has(note.interaction))
    for (const note of gone) note.close()
    if (gone.length > 0 || notes.size !== this.notes.size) this.notes = notes
  }

  has(interaction: string): boolean {
    return this.notes.has(interaction)
  }

  save(): void {
    for (const note of this.notes.values()) void note.save()
  }
}

export const writing = new Writing()

/** Whom the conversation is with: the card's name, the company, or the number. */
export function nameOf(about: InteractionView): string {
  return about.customer?.name || about.customer?.company || caller(about.from)
}
