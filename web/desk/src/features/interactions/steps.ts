// Every step of a conversation in plain words.
import type { JournalEntry, JournalEvent, Receipt } from '@perezvon/api'
import { caller, duration, phone, t, type Mark } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'
import { reasonWord, shown } from '../presence/state'
import { collectedWord } from './collected'
import { outcomeWord } from './words'

export interface Step {
  text: string
  detail?: string
  mark?: Mark
}

export function stepOf(entry: JournalEntry): Step {
  return words(entry.event, entry)
}

const nameOf = (id: string) => names.agent(id) || t('step.some_agent')

/** Why this agent, and why not the others. */
function why(receipt: Receipt): string {
  const others = (which: 'next' | 'declined') => receipt.agents.filter((other) => other.why === which).map((other) => nameOf(other.agent)).join(', ')
  const chosen = {
    preferred: () => t('step.why_preferred'),
    agents_to_spare: () => t('step.why_spare', { strategy: receipt.strategy, idle: duration(receipt.measure), percent: Math.round(receipt.measure / 10_000), count: receipt.measure }),
    interactions_waiting: () => t('step.why_waiting', { position: receipt.position }),
  }[receipt.regime]()
  return [
    chosen,
    receipt.step > 0 && t('step.why_step', { step: receipt.step }),
    others('next') && t('step.why_behind', { agents: others('next') }),
    others('declined') && t('step.why_declined', { agents: others('declined') }),
    receipt.callers.length > 0 && t('step.why_callers', { count: receipt.callers.length }),
  ].filter(Boolean).join('; ')
}

function words(event: JournalEvent, entry: JournalEntry): Step {
  const agent = (id: string) => entry.agent_name || names.agent(id) || t('step.some_agent')
  const by = (id: string) => entry.by_name || names.agent(id) || t('step.some_agent')
  const queue = (id: string | null) => entry.queue_name || names.queue(id) || t('step.some_queue')
  switch (event.kind) {
    case 'interaction_started':
      return { text: t('step.started', { direction: event.direction, from: caller(event.from), to: phone(event.to) }) }
    case 'customer_matched':
      return { text: event.created ? t('step.customer_created') : t('step.customer_matched') }
    case 'flow_answered':
      return { text: t('step.flow_answered') }
    case 'flow_node':
      return { text: t('step.flow_node', { kind: event.node_kind }), detail: event.node }
    case 'collected':
      return { text: t('step.collected', { name: collectedWord(event.name), value: event.value }), ...(event.node === event.name ? {} : { detail: event.node }) }
    case 'queued':
      return { text: t('step.queued', { queue: queue(event.queue), position: event.position }), mark: 'ring', ...(event.attempt > 1 ? { detail: t('step.attempt', { attempt: event.attempt }) } : {}) }
    case 'place_restored':
      return { text: t('step.place_restored') }
    case 'position_announced':
      return { text: t('step.position_announced', { position: event.position }) }
    case 'routed':
      return { text: t('step.routed', { count: event.agents.length, agents: event.agents.map(nameOf).join(', ') }), detail: why(event.receipt) }
    case 'nothing_for':
      return { text: t('step.nothing_for', { agent: agent(event.nothing.agent), waiting: event.nothing.waiting }) }
    case 'offered':
      return { text: t('step.offered', { agent: agent(event.agent), device: event.device }), mark: 'ring' }
    case 'offer_ended':
      return { text: t('step.offer_ended', { agent: agent(event.agent), outcome: event.outcome }), detail: t('step.rang', { time: duration(event.rang_ms) }), ...(event.outcome === 'accepted' ? {} : { mark: 'off' as const }) }
    case 'left_queue':
      return { text: t('step.left_queue', { queue: queue(event.queue), outcome: event.outcome }), detail: t('call.waited', { time: duration(event.wait_ms) }), ...(event.outcome === 'abandoned' ? { mark: 'bad' as const } : {}) }
    case 'agent_connected':
      return { text: t('step.agent_connected', { agent: agent(event.agent), device: event.device }), mark: 'talk' }
    case 'hold_started':
      return { text: t('step.hold_started', { by: event.by }), mark: 'hold' }
    case 'hold_ended':
      return { text: t('step.hold_ended', { by: event.by }), detail: duration(event.held_ms), mark: 'talk' }
    case 'agent_lost':
      return { text: t('step.agent_lost', { agent: agent(event.agent) }), mark: 'bad' }
    case 'agent_back':
      return { text: t('step.agent_back', { agent: agent(event.agent) }), mark: 'talk' }
    case 'transferred_to_queue':
      return { text: t('step.transferred_to_queue', { by: by(event.by), queue: queue(event.queue) }) }
    case 'transferred_to_agent':
      return { text: t('step.transferred_to_agent', { by: by(event.by), agent: agent(event.agent) }) }
    case 'agent_disconnected':
      return { text: t('step.agent_disconnected', { agent: agent(event.agent) }), detail: [t('call.talked', { time: duration(event.talk_ms) }), event.hold_ms > 0 && t('step.held', { time: duration(event.hold_ms) })].filter(Boolean).join(', ') }
    case 'party_connected':
      return { text: t('step.party_connected', { uri: event.uri }), mark: 'talk' }
    case 'recording_started':
      return { text: t('step.recording_started') }
    case 'recording_sealed':
      return { text: t('step.recording_sealed'), detail: `${duration(event.duration_ms)}, ${t('step.kilobytes', { count: Math.round(event.bytes / 1_024) })}` }
    case 'recording_failed':
      return { text: t('step.recording_failed'), detail: event.reason, mark: 'bad' }
    case 'interaction_ended':
      return { text: t('step.ended', { by: event.by, cause: event.cause }), detail: outcomeWord(event.outcome), ...(event.outcome === 'answered' ? {} : { mark: 'bad' as const }) }
    case 'wrap_up_started':
      return { text: t('step.wrap_up_started', { agent: agent(event.agent) }), mark: 'wrap' }
    case 'noted':
      return { text: t('step.noted', { agent: agent(event.agent) }), detail: [entry.disposition_name ?? names.disposition(event.disposition), event.note].filter(Boolean).join(': ') }
    case 'wrap_up_extended':
      return { text: t('step.wrap_up_extended', { agent: agent(event.agent) }), mark: 'wrap' }
    case 'wrap_up_ended':
      return { text: t('step.wrap_up_ended', { agent: agent(event.agent) }), detail: duration(event.wrap_up_ms) }
    case 'agent_state': {
      const state = shown(event.presence, event.activity)
      return { text: t('step.agent_state', { agent: agent(event.agent), state: state.word }), mark: state.mark, ...(event.presence.state === 'break' && event.activity !== 'idle' ? { detail: reasonWord(event.presence.reason) } : {}) }
    }
  }
}
