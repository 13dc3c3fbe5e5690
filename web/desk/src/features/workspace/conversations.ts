// What an agent has at hand, over all channels: the call first, then chats and mails in the order in which they came.
import type { CallView, Channel, DeskView, Device, InteractionView, ItemPhase, ItemView, UtcMs, WrapUpView } from '@perezvon/api'

/** One conversation of the desk that was accepted. */
export interface Conversation {
  interaction: string
  channel: Channel
  about: InteractionView
  note: string
  disposition: string | null
  call?: CallView
  wrapUp?: WrapUpView
  item?: ItemView
}

/** What is offered, whatever it is. */
export interface Ringing {
  offer: string
  channel: Channel
  about: InteractionView
  /** Of a chat or a mail. */
  subject: string
  offeredAt: UtcMs
  deadline: UtcMs
  /** Where a call rings. */
  device: Device
  callsCustomer: boolean
}

type Offered = Extract<ItemPhase, { phase: 'offered' }>

export function conversations(desk: DeskView | null): Conversation[] {
  if (!desk) return []
  const { call, wrap_up: wrapUp } = desk
  const calls: Conversation[] = call ? [{ ...written(call), channel: 'voice', call }] : wrapUp ? [{ ...written(wrapUp), channel: 'voice', wrapUp }] : []
  const items = desk.items.filter((item) => item.phase.phase !== 'offered').map((item): Conversation => ({ ...written(item), channel: item.channel, item }))
  // Each keeps its place on the screen, whatever becomes of it.
  items.sort((a, b) => a.about.arrived_at - b.about.arrived_at || (a.interaction < b.interaction ? -1 : 1))
  return [...calls, ...items]
}

function written({ about, note, disposition }: CallView | WrapUpView | ItemView) {
  return { interaction: about.interaction, about, note, disposition }
}

export function ringing(desk: DeskView | null): Ringing | null {
  if (!desk) return null
  const { offer } = desk
  if (offer) return { offer: offer.offer, channel: 'voice', about: offer.about, subject: '', offeredAt: offer.offered_at, deadline: offer.deadline, device: offer.device, callsCustomer: offer.calls_customer }
  const item = desk.items.find((one): one is ItemView & { phase: Offered } => one.phase.phase === 'offered')
  if (!item) return null
  return { offer: item.phase.offer, channel: item.channel, about: item.about, subject: item.subject, offeredAt: item.since, deadline: item.phase.deadline, device: desk.device, callsCustomer: false }
}

/** What the agent chose to look at, and during which call that was. */
export interface Choice {
  interaction: string
  call: string | null
}

const callOf = (all: Conversation[]) => all.find((one) => one.channel === 'voice')?.interaction ?? null

export function choose(all: Conversation[], interaction: string): Choice {
  return { interaction, call: callOf(all) }
}

/** The one that is open: a call that has come since the choice goes before it, and leaves it as it was. */
export function openOf(all: Conversation[], choice: Choice | null): Conversation | null {
  const call = callOf(all)
  const chosen = choice && (call === null || call === choice.call) ? all.find((one) => one.interaction === choice.interaction) : undefined
  return chosen ?? all[0] ?? null
}

/** The one beside it, round the list. */
export function beside(all: Conversation[], open: Conversation | null, step: 1 | -1): Conversation | undefined {
  const at = all.findIndex((one) => one.interaction === open?.interaction)
  return all[(at + step + all.length) % all.length]
}

/** For what a chat or a mail rests. */
export function restsFor(all: Conversation[], item: ItemView): 'call' | 'wrap_up' | 'chat' {
  const call = all.find((one) => one.channel === 'voice')
  if (call) return call.wrapUp ? 'wrap_up' : 'call'
  return item.channel === 'mail' && all.some((one) => one.channel === 'chat') ? 'chat' : 'call'
}
