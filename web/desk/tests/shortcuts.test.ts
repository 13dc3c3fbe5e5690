import { beforeEach, describe, expect, it } from 'vitest'
import { actions, type Action } from '../src/shell/actions'
import { shortcuts } from '../src/shell/shortcuts'

let ran: string[]
let now: number
let singles: boolean
let covered: boolean

const act = (id: string, more: Partial<Action>): Action => ({ id, group: 'other', label: 'action.help', available: () => true, run: () => ran.push(id), ...more })
const table: Action[] = [
  act('answer', { shortcut: { code: 'KeyA', alt: true } }),
  act('help', { shortcut: { code: 'Slash', shift: true }, single: true }),
  act('journal', { goKey: 'KeyJ' }),
  act('floor', { goKey: 'KeyW', available: () => false }),
]
const handle = () => shortcuts({ actions: table, singleKeys: () => singles, covered: () => covered, now: () => now })
const key = (code: string, more: KeyboardEventInit = {}, target: HTMLElement = document.body) => {
  const event = new KeyboardEvent('keydown', { code, cancelable: true, bubbles: true, ...more })
  Object.defineProperty(event, 'target', { value: target })
  return event
}

beforeEach(() => {
  ran = []
  now = 0
  singles = true
  covered = false
})

describe('keys', () => {
  it('of a call act while a note is being typed, under a Cyrillic layout', () => {
    const event = key('KeyA', { altKey: true, key: 'ф' }, document.createElement('textarea'))
    expect(handle()(event)).toBe(true)
    expect(event.defaultPrevented).toBe(true)
    expect(ran).toEqual(['answer'])
  })

  it('without Alt or Ctrl are text inside a field', () => {
    expect(handle()(key('Slash', { shiftKey: true }, document.createElement('input')))).toBe(false)
    expect(handle()(key('Slash', { shiftKey: true }))).toBe(true)
    expect(ran).toEqual(['help'])
  })

  it('g then j goes to the journal, but not after a pause, nor where there is no right', () => {
    const press = handle()
    press(key('KeyG'))
    now += 500
    expect(press(key('KeyJ'))).toBe(true)
    press(key('KeyG'))
    now += 5_000
    expect(press(key('KeyJ'))).toBe(false)
    press(key('KeyG'))
    expect(press(key('KeyW'))).toBe(false)
    expect(ran).toEqual(['journal'])
  })

  it('single ones can be turned off, and rest under a dialog', () => {
    singles = false
    expect(handle()(key('Slash', { shiftKey: true }))).toBe(false)
    singles = true
    covered = true
    expect(handle()(key('Slash', { shiftKey: true }))).toBe(false)
    expect(handle()(key('KeyA', { altKey: true }))).toBe(true)
  })

  it('held down act once', () => {
    handle()(key('KeyA', { altKey: true, repeat: true }))
    expect(ran).toEqual([])
  })

  it('no two actions share a key, and Alt+D, E, F stay the browser’s', () => {
    const written = actions.flatMap((action) => (action.shortcut ? [JSON.stringify(action.shortcut)] : []))
    expect(new Set(written).size).toBe(written.length)
    const goKeys = actions.flatMap((action) => action.goKey ?? [])
    expect(new Set(goKeys).size).toBe(goKeys.length)
    expect(actions.some((action) => action.shortcut?.alt && ['KeyD', 'KeyE', 'KeyF'].includes(action.shortcut.code))).toBe(false)
  })
})
