// Every step of a conversation in plain words.
import type { Channel, Goal, JournalEntry, JournalEvent, OverflowCause, Receipt } from '@perezvon/api'
import { caller, clock, duration, phone, t, type Mark } from '@perezvon/ui'
import { dates } from '../../live/dates.svelte'
import { names } from '../../live/directory.svelte'
import { reasonWord, shown } from '../presence/state'
import { collectedWord } from './collected'
import { outcomeTone, outcomeWord } from './words'

export interface Step {
  text: string
  detail?: string
  mark?: Mark
}

/** Calls, chats and mails take the same steps; some of them have other words. */
export function stepOf(entry: JournalEntry, channel: Channel = 'voice'): Step {
  return words(entry.event, entry, channel)
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

/** Why a caller left a queue without an agent: what was measured. */
function cause(of: OverflowCause): string {
  switch (of.kind) {
    case 'estimate':
      return t('step.cause_estimate', { time: duration(of.wait_ms) })
    case 'waited':
      return t('call.waited', { time: duration(of.wait_ms) })
    case 'more_waiting':
      return t('step.cause_more_waiting', { count: of.waiting })
    case 'nobody_signed_in':
      return t('step.cause_nobody')
    case 'closed':
      return t('step.cause_closed')
    case 'asked':
      return t('step.cause_asked')
  }
}

function goal(to: Goal): string {
  switch (to.kind) {
    case 'queue':
      return t('step.to_queue', { queue: names.queue(to.queue) ?? t('step.some_queue') })
    case 'number':
      return t('step.to_number', { number: phone(to.to) })
    case 'onward':
    case 'flow':
    case 'voicemail':
    case 'callback':
      return t(`step.to_${to.kind}`)
  }
}

/** A range in whole minutes, as it was spoken. */
function told(lowS: number, highS: number | null): string {
  const [low, high] = [Math.round(lowS / 60), Math.round((highS ?? 0) / 60)]
  return t('step.wait_announced', { range: highS === null ? 'over' : low === 0 ? 'upto' : 'range', low, high })
}

function words(event: JournalEvent, entry: JournalEntry, channel: Channel): Step {
  const agent = (id: string) => entry.agent_name || names.agent(id) || t('step.some_agent')
  const by = (id: string) => entry.by_name || names.agent(id) || t('step.some_agent')
  const queue = (id: string | null) => entry.queue_name || names.queue(id) || t('step.some_queue')
  switch (event.kind) {
    case 'interaction_started':
      return { text: event.channel === 'voice' ? t('step.started', { direction: event.direction, from: caller(event.from), to: phone(event.to) }) : t('step.item_started', { channel: event.channel, from: caller(event.from) }) }
    case 'subject':
      return { text: t('step.subject', { subject: event.text }), ...(event.link ? { detail: event.link } : {}) }
    case 'rested':
      return { text: t('step.rested', { agent: agent(event.agent), channel }), mark: 'off' }
    case 'went_on':
      return { text: t('step.went_on', { agent: agent(event.agent), channel }), detail: t('step.had_rested', { time: duration(event.rested_ms) }), mark: 'talk' }
    case 'customer_matched':
      if (channel !== 'voice') return { text: t('step.item_customer') }
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
    case 'wait_announced':
      return { text: told(event.low_s, event.high_s) }
    case 'overflowed':
      return { text: t('step.overflowed', { queue: queue(event.queue), to: goal(event.to) }), detail: cause(event.cause) }
    case 'callback_promised':
      return { text: t('step.callback_promised', { number: phone(event.number) }), mark: 'ring' }
    case 'callback_dialled':
      return { text: t('step.callback_dialled'), mark: 'ring', ...(event.attempt > 1 ? { detail: t('step.try', { attempt: event.attempt }) } : {}) }
    case 'callback_failed':
      return { text: t('step.callback_failed', { cause: event.cause }), detail: event.again_at ? t('step.again_at', { time: dates().moment(event.again_at, clock.now) }) : t('step.not_again'), mark: 'bad' }
    case 'message_started':
      return { text: t('step.message_started'), mark: 'talk' }
    case 'routed':
      return { text: t('step.routed', { count: event.agents.length, agents: event.agents.map(nameOf).join(', ') }), detail: why(event.receipt) }
    case 'nothing_for':
      return { text: t('step.nothing_for', { agent: agent(event.nothing.agent), waiting: event.nothing.waiting }) }
    case 'offered':
      return { text: t('step.offered', { agent: agent(event.agent), device: channel === 'voice' ? event.device : '' }), mark: 'ring' }
    case 'offer_ended':
      return { text: t('step.offer_ended', { agent: agent(event.agent), outcome: event.outcome, channel }), detail: t(channel === 'voice' ? 'step.rang' : 'step.was_offered', { time: duration(event.rang_ms) }), ...(event.outcome === 'accepted' ? {} : { mark: 'off' as const }) }
    case 'left_queue':
      return { text: t('step.left_queue', { queue: queue(event.queue), outcome: event.outcome, channel }), detail: t('call.waited', { time: duration(event.wait_ms) }), ...(event.outcome === 'abandoned' ? { mark: 'bad' as const } : {}) }
    case 'agent_connected':
      return { text: channel === 'voice' ? t('step.agent_connected', { agent: agent(event.agent), device: event.device }) : t('step.item_taken', { agent: agent(event.agent), channel }), mark: 'talk' }
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
      if (channel !== 'voice') return { text: t('step.item_put_down', { agent: agent(event.agent), channel }), detail: t('step.worked', { time: duration(event.talk_ms) }) }
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
      if (channel !== 'voice') return { text: t('step.item_ended', { by: event.by }), detail: outcomeWord(event.outcome), ...(outcomeTone(event.outcome) === 'plain' ? {} : { mark: 'bad' as const }) }
      return { text: t('step.ended', { by: event.by, cause: event.cause }), detail: outcomeWord(event.outcome), ...(outcomeTone(event.outcome) === 'plain' ? {} : { mark: 'bad' as const }) }
    case 'wrap_up_started':
      return { text: t(channel === 'voice' ? 'step.wrap_up_started' : 'step.item_wrap_up_started', { agent: agent(event.agent) }), mark: 'wrap' }
    case 'noted':
      return { text: t('step.noted', { agent: agent(event.agent) }), detail: [entry.disposition_name ?? names.disposition(event.disposition), event.note].filter(Boolean).join(': ') }
    case 'wrap_up_extended':
      return { text: t(channel === 'voice' ? 'step.wrap_up_extended' : 'step.item_wrap_up_extended', { agent: agent(event.agent) }), mark: 'wrap' }
    case 'wrap_up_ended':
      return { text: t(channel === 'voice' ? 'step.wrap_up_ended' : 'step.item_wrap_up_ended', { agent: agent(event.agent) }), detail: duration(event.wrap_up_ms) }
    case 'agent_state': {
      const state = shown(event.presence, event.activity)
      return { text: t('step.agent_state', { agent: agent(event.agent), state: state.word }), mark: state.mark, ...(event.presence.state === 'break' && event.activity !== 'idle' ? { detail: reasonWord(event.presence.reason) } : {}) }
    }
  }
}
