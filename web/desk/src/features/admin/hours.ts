// Opening hours while they are written: days by their names, times as people type them.
import type { AtClose, Day, Goal, Hours, HoursException, Opening } from '@perezvon/api'
import { dayAfter, language, t } from '@perezvon/ui'

export const WEEK: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
export const MOST_ROWS = 100

/** Kept while the queue is always open, so that nothing typed is lost by looking. */
export interface HoursForm {
  open: 'always' | 'hours'
  time_zone: string
  week: Opening[]
  holidays: { date: string }[]
  exceptions: HoursException[]
  closed: Goal
  at_close: AtClose
}

export function hoursForm(hours: Hours | null): HoursForm {
  return {
    open: hours ? 'hours' : 'always',
    time_zone: hours?.time_zone ?? '',
    week: hours ? hours.week.map((row) => ({ ...row, days: [...row.days] })) : [{ days: WEEK.slice(0, 5), from: '09:00', to: '18:00' }],
    holidays: (hours?.holidays ?? []).map((date) => ({ date })),
    exceptions: (hours?.exceptions ?? []).map((row) => ({ ...row })),
    closed: hours?.closed ?? { kind: 'onward' },
    at_close: hours?.at_close ?? 'serve',
  }
}

/** Chats and mails of a closed queue are refused: for them there is no way to choose. */
export function hoursBody(form: HoursForm, chooses = true): Hours | null {
  if (form.open === 'always') return null
  const { time_zone, week, holidays, exceptions, closed, at_close } = form
  // Enter sends the form from within a field, before it was left.
  const times = <T extends { from: string; to: string }>(row: T): T => ({ ...row, from: writtenTime(row.from), to: writtenTime(row.to) })
  return { time_zone: time_zone.trim(), week: week.map(times), holidays: holidays.map((row) => row.date), exceptions: exceptions.map(times), closed: chooses ? closed : { kind: 'onward' }, at_close }
}

/** `mon` is Monday; 2024-01-01 was one. */
export function dayName(day: Day, form: 'short' | 'long'): string {
  return new Intl.DateTimeFormat(language(), { weekday: form, timeZone: 'UTC' }).format(Date.UTC(2024, 0, 1 + WEEK.indexOf(day)))
}

/** `Mon–Fri`, `Mon, Wed`: three days in a row and more as a range. */
export function daysWord(days: Day[]): string {
  const runs: Day[][] = []
  for (const day of WEEK.filter((day) => days.includes(day))) {
    const last = runs.at(-1)
    if (last && WEEK.indexOf(last.at(-1) as Day) === WEEK.indexOf(day) - 1) last.push(day)
    else runs.push([day])
  }
  return runs.map((run) => (run.length > 2 ? [run[0], run.at(-1)].map((day) => dayName(day as Day, 'short')).join('–') : run.map((day) => dayName(day, 'short')).join(', '))).join(', ')
}

/** `Mon–Fri 09:00–18:00; Sat 10:00–14:00`; what comes after the second row is only counted. */
export function weekWord(week: Opening[]): string {
  const rows = week.map((row) => `${daysWord(row.days)} ${row.from}–${row.to}`)
  return [...rows.slice(0, 2), ...(rows.length > 2 ? [t('queue.rows_more', { count: rows.length - 2 })] : [])].join('; ')
}

/** `9`, `930`, `9.30` and `9:30` as `09:00` and `09:30`, to `24:00`; what is no time stays as it was typed. */
export function writtenTime(typed: string): string {
  const found = /^(\d{1,2})(?:[:.\s]?([0-5]\d))?$/.exec(typed.trim())
  const [, hours = '', minutes = '00'] = found ?? []
  const inDay = Number(hours) < 24 || (Number(hours) === 24 && minutes === '00')
  return found && inDay ? `${hours.padStart(2, '0')}:${minutes}` : typed.trim()
}

/** A row after the last one: the days that no row names yet. */
export function nextOpening(week: Opening[]): Opening {
  const rest = WEEK.filter((day) => week.every((row) => !row.days.includes(day)))
  return { days: rest.length > 0 ? rest : WEEK.slice(0, 5), from: week.at(-1)?.from ?? '09:00', to: week.at(-1)?.to ?? '18:00' }
}

/** The day after the last one that is named, or after today. */
export function nextDate(rows: { date: string }[], today: string): string {
  return dayAfter(rows.map((row) => row.date).filter(Boolean).sort().at(-1) ?? today)
}
