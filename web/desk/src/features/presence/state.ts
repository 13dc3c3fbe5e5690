// The one state a person sees, out of the two that the system keeps apart: what was chosen and what is observed.
import type { Activity, Presence } from '@perezvon/api'
import { t, type Mark, type PlainKey } from '@perezvon/ui'

export type Shown = { mark: Mark; word: string }

/** Reasons offered by the menu, in its order. */
export const BREAK_REASONS = ['lunch', 'rest', 'training', 'meeting', 'paperwork'] as const
/** Reasons that rules set, each with a sentence of its own. */
export const SYSTEM_REASONS = ['missed_offer', 'connection_lost', 'phone_unreachable', 'declined_offers'] as const

export type SystemReason = (typeof SYSTEM_REASONS)[number]

/** Why a rule took the agent out of the offers, if one did. */
export function takenOut(presence: Presence): SystemReason | undefined {
  return presence.state === 'break' ? SYSTEM_REASONS.find((reason) => reason === presence.reason) : undefined
}

const KNOWN: readonly string[] = [...BREAK_REASONS, ...SYSTEM_REASONS]

export function reasonWord(reason: string): string {
  return KNOWN.includes(reason) ? t(`state.reason_${reason}` as PlainKey) : reason
}

/** `call`: what is observed is a call; chats and mails have words of their own. */
export function shown(presence: Presence, activity: Activity, call = true): Shown {
  switch (activity) {
    case 'reserved':
      return { mark: 'ring', word: t('state.reserved') }
    case 'ringing':
      return { mark: 'ring', word: t(call ? 'state.ringing' : 'state.offered') }
    case 'talking':
      return { mark: 'talk', word: t(call ? 'state.talking' : 'state.at_work') }
    case 'hold':
      return { mark: 'hold', word: t('state.hold') }
    case 'wrap_up':
      return { mark: 'wrap', word: t(call ? 'state.wrap_up' : 'item.wrap_up') }
    case 'idle':
      return idle(presence)
  }
}

function idle(presence: Presence): Shown {
  switch (presence.state) {
    case 'ready':
      return { mark: 'ready', word: t('state.ready') }
    case 'break':
      return { mark: 'off', word: t('state.break', { reason: reasonWord(presence.reason) }) }
    case 'offline':
      return { mark: 'off', word: t('state.offline') }
  }
}
