// The floor's figures from sums (PRODUCT.md, "Measures"): numerators and denominators are added, percentages never averaged.
import type { AgentView, QueueToday, QueueView } from '@perezvon/api'

/** Per cent with one decimal, or nothing when there is nothing to divide by. */
function percent(part: number, whole: number): number | null {
  return whole > 0 ? Math.round((part / whole) * 1_000) / 10 : null
}

/** Answered within the threshold / (offered - abandoned before the short threshold). */
export function serviceLevel(today: QueueToday): number | null {
  return percent(today.answered_in_threshold, today.offered - today.abandoned_short)
}

/** Abandoned after the short threshold / (offered - short abandons). */
export function abandonment(today: QueueToday): number | null {
  return percent(today.abandoned - today.abandoned_short, today.offered - today.abandoned_short)
}

export function sum(queues: QueueView[]): QueueToday {
  const total: QueueToday = { offered: 0, answered: 0, answered_in_threshold: 0, abandoned: 0, abandoned_short: 0, answer_wait_ms: 0 }
  for (const { today } of queues) for (const key of Object.keys(total) as (keyof QueueToday)[]) total[key] += today[key]
  return total
}

export interface Kpi {
  serviceLevel: number | null
  abandonment: number | null
  waiting: number
  longestSince: number | null
  /** Mean over conversations, not over agents. */
  handleMs: number | null
  ready: number
  inCalls: number
  signedIn: number
}

export function kpi(queues: QueueView[], agents: AgentView[]): Kpi {
  const total = sum(queues)
  const since = queues.flatMap((queue) => queue.longest_since ?? [])
  const handled = agents.reduce((count, agent) => count + agent.handled_today, 0)
  const handle = agents.reduce((ms, agent) => ms + agent.handled_today * agent.mean_handle_ms, 0)
  const present = agents.filter((agent) => agent.presence.state !== 'offline' || agent.activity !== 'idle')
  return {
    serviceLevel: serviceLevel(total),
    abandonment: abandonment(total),
    waiting: queues.reduce((count, queue) => count + queue.waiting, 0),
    longestSince: since.length > 0 ? Math.min(...since) : null,
    handleMs: handled > 0 ? handle / handled : null,
    ready: present.filter((agent) => agent.presence.state === 'ready' && agent.activity === 'idle').length,
    inCalls: present.filter((agent) => agent.activity === 'talking' || agent.activity === 'hold').length,
    signedIn: present.length,
  }
}
