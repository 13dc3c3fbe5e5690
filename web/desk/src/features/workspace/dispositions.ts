import type { Disposition } from '@perezvon/api'
import { digit } from '@perezvon/ui'

/** Those of the queue, and those that belong to all. */
export function offeredFor(all: Disposition[], queue: string | null): Disposition[] {
  return all.filter((one) => one.queues.length === 0 || (queue !== null && one.queues.includes(queue)))
}

/** The disposition that a plain digit key chooses, 1 to 9. */
export function numbered(event: Pick<KeyboardEvent, 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'>, offered: Disposition[]): Disposition | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined
  const number = digit(event.code)
  return number ? offered[number - 1] : undefined
}
