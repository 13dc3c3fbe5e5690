// The journal's filters, kept in the address of the page, so that a search can be sent to somebody.
import type { Query } from '@perezvon/api'
import { dayAfter, startOfDay } from '@perezvon/ui'

export interface Filters {
  number: string
  agent: string
  queue: string
  outcome: string
  text: string
  /** Days of the tenant's calendar, both included: `2026-11-20`. */
  from: string
  to: string
}

const NAMES = ['number', 'agent', 'queue', 'outcome', 'text', 'from', 'to'] as const

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
  return {
    number: filters.number.trim(),
    agent: filters.agent,
    queue: filters.queue,
    outcome: filters.outcome,
    text: filters.text.trim(),
    from: filters.from ? startOfDay(filters.from, zone) : '',
    to: filters.to ? startOfDay(dayAfter(filters.to), zone) : '',
  }
}
