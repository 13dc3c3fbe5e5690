// Dates in the tenant's time zone and the reader's language.
import { calendar, language, t, type Calendar } from '@perezvon/ui'
import { session } from '../features/session/session.svelte'

export function zone(): string {
  return session.me?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone
}

export function dates(): Calendar {
  return calendar(language(), zone(), t('ui.yesterday'))
}

/** The zone by its place, when it is not the reader's own. */
export function foreignZone(): string | undefined {
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone
  return zone() === mine ? undefined : zone().split('/').at(-1)?.replaceAll('_', ' ')
}
