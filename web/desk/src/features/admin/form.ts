// What the forms of the settings have in common: sections of fields, and which of them a refusal means.
import type { Capacity, Flow, Queue, Trunk } from '@perezvon/api'
import type { PlainKey } from '@perezvon/ui'

export type Form = Record<string, unknown>

export interface AdminField {
  /** Name in the form; refusals name fields by `path`, where it differs. */
  name: string
  path?: string
  label: PlainKey
  hint?: PlainKey | ((form: Form) => PlainKey)
  kind: 'text' | 'email' | 'password' | 'number' | 'seconds' | 'check' | 'lines' | 'choice' | 'queues' | 'skills' | 'steps' | 'overflow' | 'announcements' | 'hours' | 'channel' | 'capacity' | 'title' | 'flow_json'
  min?: number
  max?: number
  choices?: () => { value: string; label: string }[]
  /** Stands beside another one where there is room. */
  half?: true
  /** Shown only while this holds. */
  when?: (form: Form) => boolean
}

/** Fields that belong together. A form of one section has no headings; of several, each can be folded. */
export interface Section {
  name: string
  title?: PlainKey
  about?: PlainKey | ((form: Form) => PlainKey)
  /** What is set in it, in a few words, while it is folded. */
  brief?: (form: Form) => string
  /** Shown only while this holds. */
  when?: (form: Form) => boolean
  fields: AdminField[]
}

export interface Column {
  label: PlainKey
  text: (row: Row) => string
  num?: true
  wide?: true
}

export type Row = { id: string } & Record<string, unknown>

export interface Word {
  name: 'queues' | 'users' | 'skills' | 'dispositions' | 'numbers' | 'trunks' | 'flows'
  title: PlainKey
  add: PlainKey
  columns: Column[]
  sections: Section[]
  toForm: (row: Row | null) => Form
  toBody: (form: Form) => unknown
}

/** A table is written for its own row type; the screens know rows by their id only. */
export function word<T extends { id: string }>(definition: {
  name: Word['name']
  title: PlainKey
  add: PlainKey
  columns: (Omit<Column, 'text'> & { text: (row: T) => string })[]
  sections: Section[]
  toForm: (row: T | null) => Form
  toBody: (form: Form) => unknown
}): Word {
  return definition as unknown as Word
}

/** Words that do not depend on the form, and those that do. */
export const worded = (words: PlainKey | ((form: Form) => PlainKey), form: Form): PlainKey => (typeof words === 'function' ? words(form) : words)

export const text = (value: unknown) => String(value ?? '').trim()
export const number = (value: unknown) => Number(value ?? 0)

export const KEY: AdminField = { name: 'key', label: 'admin.key', hint: 'admin.key_hint', kind: 'text' }
export const NAME: AdminField = { name: 'name', label: 'admin.name', kind: 'text' }

/** What forms offer beside the names of the directory; it comes with their page. */
export const offered: { flows: Flow[]; trunks: Trunk[]; queues: Queue[]; /** The company's. */ capacity: Capacity | null } = { flows: [], trunks: [], queues: [], capacity: null }

export interface Refusal {
  /** As the API names it, such as `routing.overflow[1].to.to`. */
  field: string
  text: string
}

/** What was said of exactly one of these fields. */
export function said(refusal: Refusal | null, ...paths: string[]): string | undefined {
  return refusal && paths.includes(refusal.field) ? refusal.text : undefined
}

const pathOf = (field: AdminField) => field.path ?? field.name

/** The field of a form that a refusal means: `required_skills[0].level` belongs to `required_skills`. */
export function refusedField(fields: AdminField[], refused: string | undefined): AdminField | undefined {
  if (!refused) return undefined
  const within = (field: AdminField) => refused.startsWith(`${pathOf(field)}.`) || refused.startsWith(`${pathOf(field)}[`)
  const asked = fields.filter((field) => field.kind !== 'title')
  return asked.find((field) => pathOf(field) === refused) ?? asked.find(within)
}

export const fieldsOf = (word: Word) => word.sections.flatMap((section) => section.fields)
