import type { Outcome } from '@perezvon/api'
import { t, type PlainKey } from '@perezvon/ui'

export const OUTCOMES: Outcome[] = ['answered', 'abandoned', 'ended_in_flow', 'refused', 'interrupted', 'open']

export function outcomeWord(outcome: string): string {
  return (OUTCOMES as string[]).includes(outcome) ? t(`outcome.${outcome}` as PlainKey) : outcome
}
