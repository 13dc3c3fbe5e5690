// Carries keys to actions.
import { pressed, typing } from '@perezvon/ui'
import type { Action } from './actions'

/** Time for the second key after `g`. */
const SEQUENCE_MS = 1_200

export interface ShortcutHost {
  actions: Action[]
  singleKeys(): boolean
  /** A dialog is open: only call keys act. */
  covered(): boolean
  now(): number
}

/** Makes the key handler; returns whether it took the key. */
export function shortcuts(host: ShortcutHost): (event: KeyboardEvent) => boolean {
  let goAt = Number.NEGATIVE_INFINITY

  return (event) => {
    if (event.isComposing) return false
    const inField = typing(event.target)
    const bare = !event.altKey && !event.ctrlKey && !event.metaKey
    const singles = host.singleKeys() && !inField && !host.covered()

    if (singles && bare && !event.shiftKey && host.now() - goAt < SEQUENCE_MS) {
      goAt = Number.NEGATIVE_INFINITY
      const target = host.actions.find((action) => action.goKey === event.code && action.available())
      if (target) return take(event, target)
    }
    if (singles && bare && !event.shiftKey && event.code === 'KeyG') {
      goAt = host.now()
      return true
    }
    const hit = host.actions.find((action) => action.shortcut && pressed(event, action.shortcut) && (singles || !action.single) && action.available())
    return hit ? take(event, hit) : false
  }

  function take(event: KeyboardEvent, action: Action): boolean {
    event.preventDefault()
    if (!event.repeat) action.run()
    return true
  }
}
