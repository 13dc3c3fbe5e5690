// Times as people read them. Durations are language-free; dates follow the tenant's time zone, 24 hours.

/** `4:12`, `1:02:05`; never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const tail = String(seconds % 60).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${tail}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${tail}`
}

/** Seconds left until a deadline, rounded up, so that the last second shows as 1 and the end as 0. */
export function secondsLeft(deadline: number, now: number): number {
  return Math.max(0, Math.ceil((deadline - now) / 1_000))
}

/** A duration as ISO 8601 for `<time datetime>`. */
export function isoDuration(ms: number): string {
  return `PT${Math.max(0, Math.floor(ms / 1_000))}S`
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(language: string, zone: string, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${zone} ${kind}`
  let found = formats.get(key)
  if (!found) {
    found = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { timeZone: zone, hourCycle: 'h23', ...options })
    formats.set(key, found)
  }
  return found
}

export interface Calendar {
  /** `14:06` */
  clock(at: number): string
  /** `14:06:09` */
  exact(at: number): string
  /** `14:06` today, `yesterday 16:20`, `20 Nov 09:14`, `3 Oct 2025 09:14` */
  moment(at: number, now: number): string
  /** `20 November 2026, 14:06` */
  full(at: number): string
  /** `2026-11-20`, the day in the zone. */
  day(at: number): string
}

/** Dates in a language and a time zone; `yesterday` is the language's own word. */
export function calendar(language: string, zone: string, yesterday: string): Calendar {
  const clock = format(language, zone, 'clock', { hour: '2-digit', minute: '2-digit' })
  const exact = format(language, zone, 'exact', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const near = format(language, zone, 'near', { day: 'numeric', month: 'short' })
  const far = format(language, zone, 'far', { day: 'numeric', month: 'short', year: 'numeric' })
  const full = format(language, zone, 'full', { day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' })
  const iso = format('en-CA', zone, 'iso', { year: 'numeric', month: '2-digit', day: '2-digit' })
  const day = (at: number) => iso.format(at)
  return {
    clock: (at) => clock.format(at),
    exact: (at) => exact.format(at),
    full: (at) => full.format(at),
    day,
    moment(at, now) {
      if (day(at) === day(now)) return clock.format(at)
      if (day(at) === day(now - 86_400_000)) return `${yesterday} ${clock.format(at)}`
      const date = day(at).slice(0, 4) === day(now).slice(0, 4) ? near : far
      return `${date.format(at).replace(/ г\.$/, '')} ${clock.format(at)}`
    },
  }
}

/** The UTC moment at which a day of a zone begins; `date` is `2026-11-20`. */
export function startOfDay(date: string, zone: string): number {
  const guess = Date.parse(`${date}T00:00:00Z`)
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
  }).formatToParts(guess)
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value)
  const shown = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
  return guess - (shown - guess)
}
