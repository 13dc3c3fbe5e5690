// Which changes are asked for, kept in the address of the page, so that they can be sent to somebody.
import type { Query, Subject } from '@perezvon/api'
import { dayAfter, startOfDay } from '@perezvon/ui'
import type { Word } from '../admin/form'

export interface Filters {
  subject: Subject | ''
  /** Of one thing. */
  id: string
  /** Id of a person, or `console`. */
  by: string
  /** Days of the tenant's calendar, both included: `2026-11-20`. */
  from: string
  to: string
}

const NAMES = ['subject', 'id', 'by', 'from', 'to'] as const
export const CONSOLE = 'console'

/** Each list of the settings and what one of it is called in a change. */
export const SUBJECTS: Record<Word['name'], Subject> = { queues: 'queue', users: 'user', skills: 'skill', dispositions: 'disposition', numbers: 'number', trunks: 'trunk', flows: 'flow' }

export function readFilters(query: URLSearchParams): Filters {
  return Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) as unknown as Filters
}

export function writeFilters(filters: Filters): URLSearchParams {
  return new URLSearchParams(NAMES.flatMap((name) => (filters[name] ? [[name, filters[name]]] : [])))
}

export function isFiltered(filters: Filters): boolean {
  return NAMES.some((name) => filters[name] !== '')
}

/** What the API is asked: days become moments, the last day up to its end. */
export function toQuery(filters: Filters, zone: string): Query {
  const { subject, id, by } = filters
  return { subject, id, by, from: filters.from ? startOfDay(filters.from, zone) : '', to: filters.to ? startOfDay(dayAfter(filters.to), zone) : '' }
}

/** Where the changes of one record are listed. */
export function changesOf(word: Word['name'], id: string): string {
  return `/admin/changes?${writeFilters({ subject: SUBJECTS[word], id, by: '', from: '', to: '' })}`
}
