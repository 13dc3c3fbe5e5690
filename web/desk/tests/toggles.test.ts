import type { AgentCommand, DeskView } from '@perezvon/api'
import { afterEach, expect, it, vi } from 'vitest'
import { live } from '../src/live/live.svelte'
import { toggleHold, toggleMute } from '../src/shell/actions'

afterEach(() => {
  vi.restoreAllMocks()
  live.desk = null
})

it('takes back a press by the next one, before the server has answered the first', async () => {
  const talk = { about: { interaction: 'call-1' }, muted: false, held_since: null }
  live.desk = { call: talk } as unknown as DeskView
  const sent: AgentCommand[] = []
  const answers: (() => void)[] = []
  vi.spyOn(live, 'carry').mockImplementation((command) => {
    sent.push(command)
    return new Promise((resolve) => answers.push(resolve))
  })
  toggleMute()
  toggleMute()
  toggleHold()
  toggleHold()
  const on = (command: string) => sent.filter((one) => one.command === command).map((one) => 'on' in one && one.on)
  expect(on('mute')).toEqual([true, false])
  expect(on('hold')).toEqual([true, false])

  answers.forEach((answer) => answer())
  await vi.waitFor(() => expect(live.pending.size).toBe(0))
  toggleMute()
  expect(on('mute')).toEqual([true, false, true])
})
