// The language of the screens. Changing it redraws every text in place; nothing typed is lost.
import { formsOf, type Forms } from './forms'
import { en, ru, type Texts } from './generated'

export type Language = 'en' | 'ru'
export type TextKey = keyof Texts
/** Keys of texts without arguments: safe to keep in tables. */
export type PlainKey = { [K in TextKey]: Texts[K] extends null ? K : never }[TextKey]

const STORED = 'perezvon.language'
const tables = { en, ru }
const forms: Record<Language, Forms> = { en: formsOf('en'), ru: formsOf('ru') }

const current = $state<{ language: Language }>({ language: chosen() ?? fromBrowser() })

function chosen(): Language | undefined {
  const stored = globalThis.localStorage?.getItem(STORED)
  return stored === 'en' || stored === 'ru' ? stored : undefined
}

function fromBrowser(): Language {
  return globalThis.navigator?.language?.toLowerCase().startsWith('ru') ? 'ru' : 'en'
}

export function language(): Language {
  return current.language
}

export function setLanguage(next: Language): void {
  current.language = next
  globalThis.localStorage?.setItem(STORED, next)
}

/** Takes over an account's language, unless one was chosen on this computer. */
export function adoptLanguage(theirs: Language): void {
  if (!chosen()) current.language = theirs
}

/** The text of a key in the current language. */
export function t<K extends TextKey>(key: K, ...args: Texts[K] extends null ? [] : [Texts[K]]): string {
  const text = tables[current.language][key] as string | ((a: unknown, f: Forms) => string)
  return typeof text === 'string' ? text : text(args[0], forms[current.language])
}
