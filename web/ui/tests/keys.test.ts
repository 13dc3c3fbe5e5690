import { describe, expect, it } from 'vitest'
import { digit, pressed, typing, written } from '../src/keys'

const press = (code: string, more: Partial<KeyboardEvent> = {}) => ({ code, altKey: false, shiftKey: false, ctrlKey: false, metaKey: false, ...more })

describe('shortcuts', () => {
  it('match the physical key, whatever letter the layout gives it', () => {
    const event = new KeyboardEvent('keydown', { code: 'KeyA', key: 'ф', altKey: true })
    expect(pressed(event, { code: 'KeyA', alt: true })).toBe(true)
  })

  it('do not match another key with the same modifier', () => {
    expect(pressed(press('KeyB', { altKey: true }), { code: 'KeyA', alt: true })).toBe(false)
  })

  it('do not match with a modifier more or less', () => {
    expect(pressed(press('KeyX', { altKey: true }), { code: 'KeyX', alt: true, shift: true })).toBe(false)
    expect(pressed(press('KeyA', { altKey: true, ctrlKey: true }), { code: 'KeyA', alt: true })).toBe(false)
    expect(pressed(press('KeyK', { metaKey: true }), { code: 'KeyK', mod: true })).toBe(true)
  })

  it('are written as they are pressed', () => {
    expect(written({ code: 'KeyX', alt: true, shift: true })).toBe('Alt Shift X')
    expect(written({ code: 'Slash', shift: true })).toBe('?')
    expect(written({ code: 'Slash' })).toBe('/')
    expect(written({ code: 'Enter', mod: true })).toBe('Ctrl Enter')
  })

  it('know a field from a button', () => {
    const input = Object.assign(document.createElement('input'), { type: 'text' })
    const box = Object.assign(document.createElement('input'), { type: 'checkbox' })
    expect([input, document.createElement('textarea'), document.createElement('select')].every(typing)).toBe(true)
    expect([box, document.createElement('button'), document.body, null].some(typing)).toBe(false)
  })

  it('digits come from either block', () => {
    expect([digit('Digit4'), digit('Numpad7'), digit('KeyA')]).toEqual([4, 7, undefined])
  })
})
