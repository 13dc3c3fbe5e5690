// What an agent may have at once, said in words that need no arithmetic: the fullest desks that a capacity allows.
import type { Capacity, Channel } from '@perezvon/api'
import { t } from '@perezvon/ui'

export const CHANNELS = ['voice', 'chat', 'mail'] as const satisfies Channel[]
/** What can be left and gone on with; a call cannot. */
export const CAN_REST = ['chat', 'mail'] as const satisfies Channel[]
export const MOST_UNITS = 100
/** Of one channel; of calls there is one. */
export const MOST_AT_ONCE = 20
/** More than these are summed up. */
const MOST_LINES = 6

export type Load = Record<Channel, number>

/** What a new agent's own capacity begins with while the company's is not known: as the server begins. */
export const BEGINNING: Capacity = {
  units: 6,
  voice: { cost: 6, most: 1, interrupts: ['mail'] },
  chat: { cost: 2, most: 3, interrupts: ['mail'] },
  mail: { cost: 6, most: 1, interrupts: [] },
}

/** Kept while the company's capacity counts, so that nothing typed is lost by looking. */
export interface CapacityForm {
  whose: 'company' | 'own'
  capacity: Capacity
}

export const copyOf = (capacity: Capacity): Capacity => structuredClone(capacity)

/** Whether one more may be offered: what it interrupts makes room for it (`perezvon_acd::Load::room`). */
function hasRoom(load: Load, channel: Channel, capacity: Capacity): boolean {
  const { cost, most, interrupts } = capacity[channel]
  const used = CHANNELS.filter((other) => !interrupts.includes(other)).reduce((units, other) => units + load[other] * capacity[other].cost, 0)
  return load[channel] < most && used + cost <= capacity.units
}

export function resting(load: Load, capacity: Capacity): Channel[] {
  return CHANNELS.filter((channel) => load[channel] > 0 && CHANNELS.some((other) => load[other] > 0 && capacity[other].interrupts.includes(channel)))
}

/** Everything that can come about one after the other, and is not part of something more. */
export function fullest(capacity: Capacity): Load[] {
  const key = (load: Load) => CHANNELS.map((channel) => load[channel]).join()
  const first: Load = { voice: 0, chat: 0, mail: 0 }
  const found = new Map([[key(first), first]])
  // A map hands out what is put into it meanwhile: at most 2 × 21 × 21 desks.
  for (const load of found.values()) {
    for (const channel of CHANNELS) {
      const next = { ...load, [channel]: Math.min(load[channel] + 1, MOST_AT_ONCE) }
      if (hasRoom(load, channel, capacity)) found.set(key(next), next)
    }
  }
  const all = [...found.values()]
  const isPart = (a: Load, b: Load) => a !== b && CHANNELS.every((channel) => a[channel] <= b[channel])
  return all.filter((load) => key(load) !== key(first) && !all.some((other) => isPart(load, other)))
}

const counted = (load: Load, channels: readonly Channel[]) => channels.map((channel) => t('capacity.count', { channel, count: load[channel] })).join(', ')

/** One line for each of the fullest desks. */
export function examples(capacity: Capacity): string[] {
  const all = fullest(capacity)
  const lines = all.slice(0, MOST_LINES).map((load) => {
    const rests = resting(load, capacity)
    const awake = counted(load, CHANNELS.filter((channel) => load[channel] > 0 && !rests.includes(channel)))
    return rests.length === 0 ? awake : t('capacity.meanwhile', { awake, rests: counted(load, rests), count: rests.reduce((sum, channel) => sum + load[channel], 0) })
  })
  return all.length > MOST_LINES ? [...lines, t('capacity.more', { count: all.length - MOST_LINES })] : lines
}

/** For a list of changes: each part on a line. */
export function capacityLines(capacity: Capacity): string[] {
  return [
    t('capacity.line_units', { count: capacity.units }),
    ...CHANNELS.map((channel) => {
      const { cost, most, interrupts } = capacity[channel]
      const rest = CAN_REST.filter((other) => interrupts.includes(other)).map((other) => t(`capacity.${other}s`).toLocaleLowerCase())
      return `${t(`capacity.${channel}s`)}: ${t('capacity.line', { cost, most })}${rest.length > 0 ? `; ${t('capacity.line_rest', { channels: rest.join(', ') })}` : ''}`
    }),
  ]
}
