// The rules of a queue while they are written: how each begins, and what is said of them in a few words.
import type { Announcement, Channel, Directory, Goal, Only, Overflow, OverflowWhen, RoutingStep, Say, Widen } from '@perezvon/api'
import { names } from '../../live/directory.svelte'
import { offered } from './form'

export const MOST_RULES = 8

export const WIDENS = ['lower_level', 'drop_skill', 'add_queue'] as const
export const WHENS = ['estimate_over', 'waited_over', 'more_waiting', 'nobody_signed_in'] as const
export const GOALS = ['onward', 'queue', 'flow', 'number', 'voicemail', 'callback'] as const
export const SAYS = ['position', 'wait', 'prompt', 'callback'] as const
export const ONLYS = ['always', 'estimate_over', 'behind'] as const

/** Queues but the queue `own`. */
export function otherQueues(own: string): Directory['queues'] {
  return names.all.queues.filter((queue) => queue.id !== own)
}

/** The queues that a rule of the queue `own` may lead to: those of its channel. */
export function queuesToLeadTo(own: string, channel: Channel): Directory['queues'] {
  const channelOf = (id: string) => offered.queues.find((queue) => queue.id === id)?.routing.channel
  return otherQueues(own).filter((queue) => (channelOf(queue.id) ?? channel) === channel)
}

/** Chats and mails go to other queues only: they are not called back, speak no message and follow no flow. */
export function goalsOf(channel: Channel): readonly Goal['kind'][] {
  return channel === 'voice' ? GOALS : ['queue']
}

/** A list with the chosen thing in it, also when it is there no more. */
export function withChosen<T extends { id: string; name: string }>(list: T[], chosen: string, gone: string): { value: string; label: string }[] {
  const choices = list.map((one) => ({ value: one.id, label: one.name }))
  return chosen === '' || list.some((one) => one.id === chosen) ? choices : [...choices, { value: chosen, label: gone }]
}

export function beginWiden(kind: Widen['kind'], own: string): Widen {
  const skill = names.all.skills[0]?.id ?? ''
  switch (kind) {
    case 'lower_level':
      return { kind, skill, level: 1 }
    case 'drop_skill':
      return { kind, skill }
    case 'add_queue':
      return { kind, queue: otherQueues(own)[0]?.id ?? '' }
  }
}

export function beginWhen(kind: OverflowWhen['kind']): OverflowWhen {
  switch (kind) {
    case 'estimate_over':
    case 'waited_over':
      return { kind, s: 300 }
    case 'more_waiting':
      return { kind, than: 10 }
    case 'nobody_signed_in':
      return { kind }
  }
}

export function beginGoal(kind: Goal['kind'], own: string, channel: Channel): Goal {
  switch (kind) {
    case 'onward':
    case 'voicemail':
    case 'callback':
      return { kind }
    case 'queue':
      return { kind, queue: queuesToLeadTo(own, channel)[0]?.id ?? '' }
    case 'flow':
      return { kind, flow: offered.flows[0]?.id ?? '' }
    case 'number':
      return { kind, to: '', trunk: null }
  }
}

export function beginSay(kind: Say['kind']): Say {
  switch (kind) {
    case 'position':
    case 'wait':
    case 'callback':
      return { kind }
    case 'prompt':
      return { kind, name: '' }
  }
}

export function beginOnly(kind: Only['kind']): Only {
  switch (kind) {
    case 'always':
      return { kind }
    case 'estimate_over':
      return { kind, s: 300 }
    case 'behind':
      return { kind, others: 3 }
  }
}

export function nextStep(steps: RoutingStep[], own: string): RoutingStep {
  return { after_s: (steps.at(-1)?.after_s ?? 0) + 30, widen: beginWiden(names.all.skills.length > 0 ? 'drop_skill' : 'add_queue', own) }
}

/** The first rule is the one that most need: who waits too long leaves a message. */
export function nextRule(rules: Overflow[], own: string, channel: Channel): Overflow {
  if (channel !== 'voice') return { when: beginWhen(rules.length === 0 ? 'waited_over' : 'nobody_signed_in'), to: beginGoal('queue', own, channel) }
  return rules.length === 0 ? { when: beginWhen('waited_over'), to: { kind: 'voicemail' } } : { when: beginWhen('nobody_signed_in'), to: { kind: 'onward' } }
}

/** The position first; after it the estimated wait, where nothing says it yet. */
export function nextAnnouncement(list: Announcement[]): Announcement {
  const kind = (['position', 'wait'] as const).find((kind) => list.every((one) => one.say.kind !== kind)) ?? 'prompt'
  return { after_s: 30, every_s: kind === 'prompt' ? 0 : 60, say: beginSay(kind), only: { kind: 'always' } }
}

/** The list with one of it at another place. */
export function moved<T>(list: T[], from: number, to: number): T[] {
  const rest = list.filter((_, at) => at !== from)
  return [...rest.slice(0, to), list[from] as T, ...rest.slice(to)]
}
