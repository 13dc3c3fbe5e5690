import { afterEach, expect, test, vi } from 'vitest'
import { live } from '../src/live/live.svelte'
import { openPeer } from '../src/features/softphone/peer'
import { softphone } from '../src/features/softphone/softphone.svelte'

vi.mock('../src/features/softphone/peer', () => ({ openPeer: vi.fn() }))

const greeting = { type: 'hello' } as Parameters<typeof live.take>[0]

afterEach(() => vi.mocked(openPeer).mockReset())

test('a greeting while an offer is on its way makes no second one', async () => {
  let fail: (error: Error) => void = () => undefined
  vi.mocked(openPeer).mockImplementation(() => new Promise((_, reject) => (fail = reject)))
  const stop = softphone.start('agent')
  await vi.waitFor(() => expect(openPeer).toHaveBeenCalledTimes(1))
  live.take(greeting)
  expect(openPeer).toHaveBeenCalledTimes(1)

  fail(new Error('no socket'))
  await vi.waitFor(() => expect(openPeer).toHaveBeenCalledTimes(2))
  stop()
})
