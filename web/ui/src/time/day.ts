// A day as people write it in their language, to and from `2026-11-20`. Browsers' own date fields follow the browser's
// language, which need not be the page's.
import type { Language } from '../i18n/language.svelte'

const SEPARATOR: Record<Language, string> = { en: '/', ru: '.' }

/** `20.11.2026` in Russian, `20/11/2026` in English; nothing of nothing. */
export function writtenDay(day: string, language: Language): string {
  const [year, month, date] = day.split('-')
  return year && month && date ? [date, month, year].join(SEPARATOR[language]) : ''
}

/** Reads day, month and year in this order with any separator, `2026-11-20`, or day and month of `today`'s year. */
export function readDay(text: string, today: string): string | undefined {
  const parts = text.trim().split(/[\s./-]+/).filter(Boolean)
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => !/^\d{1,4}$/.test(part))) return undefined
  const [first = '', second = '', third = today.slice(0, 4)] = parts
  const [year, month, date] = first.length === 4 ? [first, second, third] : [third.length === 2 ? `20${third}` : third, second, first]
  if (year.length !== 4 || month.length > 2 || date.length > 2 || parts.length === 2 && first.length === 4) return undefined
  const day = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  // The calendar rolls 31 April over to 1 May; such a day is none.
  const at = new Date(`${day}T12:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : undefined
}

export function dayAfter(day: string, days = 1): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
