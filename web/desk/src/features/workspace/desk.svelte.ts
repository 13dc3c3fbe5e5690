// What the workspace is about now, from the desk's view, and the note that goes with it.
import type { InteractionView } from '@perezvon/api'
import { caller } from '@perezvon/ui'
import { live } from '../../live/live.svelte'
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

class Writing {
  current = $state.raw<Note | null>(null)

  /** Keeps one note per conversation: the same one while talking and in wrap-up. */
  follow(): void {
    const subject = live.desk?.call ?? live.desk?.wrap_up ?? null
    const interaction = subject?.about.interaction
    if (this.current && this.current.interaction !== interaction) {
      this.current.close()
      this.current = null
    }
    if (!subject || !interaction) return
    const server = { note: subject.note, disposition: subject.disposition }
    if (this.current) this.current.follow(server)
    else this.current = new Note(interaction, nameOf(subject.about), server, drafts, (command) => live.carry(command))
  }
}

export const writing = new Writing()

/** Whom the conversation is with: the card's name, the company, or the number. */
export function nameOf(about: InteractionView): string {
  return about.customer?.name || about.customer?.company || caller(about.from)
}
