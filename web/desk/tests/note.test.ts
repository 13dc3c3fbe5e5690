import { Problem, type AgentCommand } from '@perezvon/api'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Drafts } from '../src/features/workspace/drafts'
import { AUTOSAVE_MS, Note } from '../src/features/workspace/note.svelte'

const drafts = new Drafts(localStorage)
let sent: AgentCommand[]
let fail: Problem | null

const carry = async (command: AgentCommand) => {
  sent.push(command)
  if (fail) throw fail
}
const note = (server = { note: '', disposition: null as string | null }) => new Note('call-1', 'Olga', server, drafts, carry)

beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  fail = null
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a note', () => {
  it('is saved once the typing pauses, and the draft goes when the server has it', async () => {
    const one = note()
    one.type('Paid')
    one.type('Paid twice')
    expect(drafts.read('call-1')?.note).toBe('Paid twice')
    await vi.advanceTimersByTimeAsync(AUTOSAVE_MS)
    expect(sent).toEqual([{ command: 'wrap_up', interaction: 'call-1', disposition: null, note: 'Paid twice', finish: false }])
    expect(one.saving).toBe('saved')
    expect(drafts.read('call-1')).toBeUndefined()
  })

  it('keeps the draft when it cannot be saved, and a later try sends it', async () => {
    const one = note()
    fail = new Problem(0, { code: 'no_socket' })
    one.type('Offline')
    await vi.advanceTimersByTimeAsync(AUTOSAVE_MS)
    expect(one.saving).toBe('failed')
    expect(drafts.read('call-1')?.note).toBe('Offline')
    fail = null
    await one.save()
    expect(one.saving).toBe('saved')
    expect(drafts.read('call-1')).toBeUndefined()
  })

  it('comes back from the draft after a reload, before what the server knew', async () => {
    drafts.write({ interaction: 'call-1', who: 'Olga', note: 'Half a sen', disposition: 'd2', at: 1 })
    const one = note({ note: 'old', disposition: null })
    expect([one.note, one.disposition]).toEqual(['Half a sen', 'd2'])
    await vi.advanceTimersByTimeAsync(AUTOSAVE_MS)
    expect(sent).toHaveLength(1)
  })

  it('does not let an echo of the server overwrite what is being typed', async () => {
    const one = note()
    one.type('New words')
    one.follow({ note: 'stale', disposition: null })
    expect(one.note).toBe('New words')
    await vi.advanceTimersByTimeAsync(AUTOSAVE_MS)
    one.follow({ note: 'from the other tab', disposition: null })
    expect(one.note).toBe('from the other tab')
  })

  it('saves what was typed while a save was on its way', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => (open = resolve))
    let calls = 0
    const one = new Note('call-1', 'Olga', { note: '', disposition: null }, drafts, async (command) => {
      sent.push(command)
      if (calls++ === 0) await gate
    })
    one.type('a')
    await vi.advanceTimersByTimeAsync(AUTOSAVE_MS)
    one.type('ab')
    await vi.advanceTimersByTimeAsync(3 * AUTOSAVE_MS)
    expect(sent).toHaveLength(1)
    open()
    await vi.advanceTimersByTimeAsync(2 * AUTOSAVE_MS)
    expect(sent.map((command) => command.command === 'wrap_up' && command.note)).toEqual(['a', 'ab'])
    expect(drafts.read('call-1')).toBeUndefined()
  })

  it('finishes with what is written at that moment', async () => {
    const one = note()
    one.type('Done')
    one.choose('d1')
    await one.finish()
    expect(sent).toEqual([{ command: 'wrap_up', interaction: 'call-1', disposition: 'd1', note: 'Done', finish: true }])
    await vi.advanceTimersByTimeAsync(5 * AUTOSAVE_MS)
    expect(sent).toHaveLength(1)
  })

  it('sends the last words when its conversation goes from the screen', async () => {
    const one = note()
    one.type('Last words')
    one.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(sent).toHaveLength(1)
  })
})

describe('drafts', () => {
  it('are listed newest first, without the old ones and what is no draft', () => {
    const now = 10 * 86_400_000
    drafts.write({ interaction: 'a', who: 'A', note: '1', disposition: null, at: now - 1_000 })
    drafts.write({ interaction: 'b', who: 'B', note: '2', disposition: null, at: now })
    drafts.write({ interaction: 'c', who: 'C', note: '3', disposition: null, at: now - 8 * 86_400_000 })
    localStorage.setItem('perezvon.draft.x', '{broken')
    localStorage.setItem('other', '1')
    expect(drafts.list(now).map((draft) => draft.interaction)).toEqual(['b', 'a'])
    expect(drafts.read('c')).toBeUndefined()
  })

  it('at most fifty are kept', () => {
    for (let n = 0; n < 60; n += 1) drafts.write({ interaction: `i${n}`, who: '', note: 'x', disposition: null, at: 1_000 + n })
    expect(drafts.list(2_000)).toHaveLength(50)
    expect(drafts.read('i0')).toBeUndefined()
    expect(drafts.read('i59')).toBeDefined()
  })

  it('a full storage does not stop the typing', () => {
    const full = new Drafts({ length: 0, key: () => null, getItem: () => null, removeItem: () => undefined, setItem: () => { throw new DOMException('full', 'QuotaExceededError') } })
    expect(() => full.write({ interaction: 'a', who: '', note: 'x', disposition: null, at: 1 })).not.toThrow()
  })
})
