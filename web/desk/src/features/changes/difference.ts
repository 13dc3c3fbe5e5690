// A change field by field: under the names that the forms have, with the values before and after in words.
import type { Capacity, Change } from '@perezvon/api'
import { phone, t } from '@perezvon/ui'
import { capacityLines } from '../admin/capacity'
import type { Form, Row, Section, Word } from '../admin/form'
import type { HoursForm } from '../admin/hours'
import { WORDS } from '../admin/words'
import { session } from '../session/session.svelte'
import { SUBJECTS } from './filters'
import { hoursLines, lines, nameOf, type NameOf } from './values'

/** No lines: it was not set, or not there yet. */
export interface Difference {
  label: string
  before: string[]
  after: string[]
  /** Shown letter by letter, as code is. */
  code?: true
}

type Value = [label: string, lines: string[], code?: true]
type Json = Record<string, unknown>

export const wordOf = (change: Change): Word | undefined => WORDS.find((word) => SUBJECTS[word.name] === change.subject)

export function title(change: Change): string {
  const who = change.user ? change.user_name ?? t('change.somebody') : t('change.console')
  const what = { who, subject: change.subject, name: phone(change.name || (change.subject === 'tenant' ? session.me?.tenant_name ?? '' : '')) }
  return !change.before ? t('change.made', what) : !change.after ? t('change.deleted', what) : t('change.changed', what)
}

export function differences(change: Change): Difference[] {
  try {
    return compared(valuesOf(change, change.before), valuesOf(change, change.after)).concat(password(change))
  } catch {
    // An older program kept it in another form: its own names are better than nothing.
    return compared(plain(change.before), plain(change.after))
  }
}

function compared(before: Value[], after: Value[]): Difference[] {
  const labels = [...new Set([...before, ...after].map(([label]) => label))]
  const find = (values: Value[], label: string) => values.find((value) => value[0] === label)
  return labels.flatMap((label) => {
    const [old, now] = [find(before, label), find(after, label)]
    const difference: Difference = { label, before: old?.[1] ?? [], after: now?.[1] ?? [], ...((old ?? now)?.[2] ? { code: true } : {}) }
    return difference.before.join('\n') === difference.after.join('\n') ? [] : [difference]
  })
}

function valuesOf(change: Change, side: unknown): Value[] {
  if (!side) return []
  const named = nameOf(change.names)
  const word = wordOf(change)
  if (!word) return company(side as Json)
  const form = word.toForm(side as Row)
  return word.sections.flatMap((section) => sectionValues(section, form, named))
}

function sectionValues(section: Section, form: Form, named: NameOf): Value[] {
  // Fields under a title are told apart by it.
  let above = ''
  return section.fields.flatMap((field): Value[] => {
    if (field.kind === 'title') above = `${t(field.label)}: `
    const unset = field.when ? !field.when(form) : false
    if (field.kind === 'hours') return hoursLines(form[field.name] as HoursForm, named).map(([key, lines]) => [t(key), lines])
    if (field.kind === 'flow_json') return flowValues(String(form[field.name]))
    return field.kind === 'title' || field.kind === 'password' ? [] : [[above + t(field.label), unset ? [] : lines(field, form, named)]]
  })
}

/** A flow node by node; what is no flow, as it is written. */
function flowValues(json: string): Value[] {
  const flow = readFlow(json)
  if (!flow) return [[t('admin.flow_json'), json.split('\n'), true]]
  const nodes = Object.entries(flow.nodes as Json).map(([name, node]): Value => [t('change.node', { name }), JSON.stringify(node, null, 2).split('\n'), true])
  return [[t('change.start'), [String(flow.start)]], ...nodes]
}

function readFlow(json: string): Json | undefined {
  try {
    const flow = JSON.parse(json) as Json
    return typeof flow.nodes === 'object' && flow.nodes !== null ? flow : undefined
  } catch {
    return undefined
  }
}

function company(side: Json): Value[] {
  if ('capacity' in side) return [[t('capacity.title'), capacityLines(side.capacity as Capacity)]]
  return [[t('admin.name'), [String(side.name)]], [t('change.region'), [String(side.region)]], [t('queue.time_zone'), [String(side.time_zone)]]]
}

/** That there is another one now is all that is kept of a password. */
function password(change: Change): Difference[] {
  const side = change.after as { password?: string; registration?: { password?: string } | null } | null
  const another = (side?.registration?.password ?? side?.password) === 'another'
  return another ? [{ label: t('session.password'), before: [], after: [t('change.password')] }] : []
}

function plain(side: unknown): Value[] {
  return Object.entries((side ?? {}) as Json).filter(([name]) => name !== 'id').map(([name, value]) => [name, [typeof value === 'string' ? value : JSON.stringify(value)]])
}
