// Shortcuts by physical key (`event.code`), so that they work under a Cyrillic layout too.

export interface Shortcut {
  /** `KeyA`, `Slash`, `Digit1` ... */
  code: string
  alt?: true
  shift?: true
  /** Control, or Command on a Mac. */
  mod?: true
}

type Pressed = Pick<KeyboardEvent, 'code' | 'altKey' | 'shiftKey' | 'ctrlKey' | 'metaKey'>

export function pressed(event: Pressed, shortcut: Shortcut): boolean {
  return (
    event.code === shortcut.code &&
    event.altKey === Boolean(shortcut.alt) &&
    event.shiftKey === Boolean(shortcut.shift) &&
    (event.ctrlKey || event.metaKey) === Boolean(shortcut.mod)
  )
}

/** How a shortcut is written on the screen: `Alt Shift X`. */
export function written(shortcut: Shortcut): string {
  const key = shortcut.code === 'Slash' ? (shortcut.shift ? '?' : '/') : shortcut.code.replace(/^(Key|Digit)/, '')
  const mac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '')
  return [shortcut.mod && (mac ? '⌘' : 'Ctrl'), shortcut.alt && (mac ? '⌥' : 'Alt'), shortcut.shift && shortcut.code !== 'Slash' && 'Shift', key]
    .filter(Boolean)
    .join(' ')
}

/** Whether what is typed goes into a field, where single keys are text. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range', 'submit'].includes(target.type)
}

/** The digit of a key on either block, or nothing. */
export function digit(code: string): number | undefined {
  const match = /^(?:Digit|Numpad)(\d)$/.exec(code)
  return match ? Number(match[1]) : undefined
}
