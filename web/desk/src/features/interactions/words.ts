import type { Outcome } from '@perezvon/api'
import { t, type PlainKey } from '@perezvon/ui'

export const OUTCOMES: Outcome[] = ['answered', 'abandoned', 'ended_in_flow', 'left_message', 'not_reached', 'refused', 'interrupted', 'open']

export function outcomeWord(outcome: string): string {
  return (OUTCOMES as string[]).includes(outcome) ? t(`outcome.${outcome}` as PlainKey) : outcome
}

/** Somebody was lost, or something happened that asks for nothing; a message asks to be heard and stands out no less than a talk. */
export function outcomeTone(outcome: Outcome): 'plain' | 'bad' | 'muted' {
  switch (outcome) {
    case 'answered':
    case 'left_message':
      return 'plain'
    case 'abandoned':
    case 'interrupted':
    case 'not_reached':
      return 'bad'
    case 'ended_in_flow':
    case 'refused':
    case 'open':
      return 'muted'
  }
}
