// What screen readers are told. Assertive: a ring, a call lost. Polite: saved, a state changed. Timers: never.
const said = $state({ polite: '', assertive: '' })

export const announcements = said

export function announce(text: string, urgency: 'polite' | 'assertive' = 'polite'): void {
  // The same sentence twice is only read again when the region changes, hence the blank that comes and goes.
  said[urgency] = said[urgency] === text ? `${text}\u00a0` : text
}
