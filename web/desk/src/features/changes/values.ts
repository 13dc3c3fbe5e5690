// The values of the settings in words: a line each, so that lists can be compared line by line.
import type { Announcement, Channel, Goal, Overflow, RoutingStep, SkillLevel } from '@perezvon/api'
import { duration, language, phone, t, writtenDay, type PlainKey } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'
import { capacityLines, type CapacityForm } from '../admin/capacity'
import type { AdminField, Form } from '../admin/form'
import { daysWord, type HoursForm } from '../admin/hours'

/** What was called how: the names that were kept with the change, and those of today. */
export type NameOf = (id: string) => string

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/

export function nameOf(kept: Record<string, string>): NameOf {
  return (id) => kept[id] ?? names.queue(id) ?? names.all.skills.find((skill) => skill.id === id)?.name ?? (UUID.test(id) ? t('queue.gone') : id)
}

/** As the forms say them. */
function seconds(count: number): string {
  return count < 60 ? t('change.seconds', { count }) : t('change.long', { count, time: duration(count * 1_000) })
}

/** Within a sentence. */
function time(count: number): string {
  return count > 0 && count % 60 === 0 ? t('change.minutes', { count: count / 60 }) : t('change.seconds', { count })
}

const written = (count: number) => new Intl.NumberFormat(language()).format(count)
const lower = (text: string) => text.charAt(0).toLocaleLowerCase() + text.slice(1)

function widen({ widen }: RoutingStep, named: NameOf): string {
  const what = lower(t(`admin.step_${widen.kind}`))
  switch (widen.kind) {
    case 'lower_level':
      return t('change.level', { what, skill: named(widen.skill), level: widen.level })
    case 'drop_skill':
      return `${what}: ${named(widen.skill)}`
    case 'add_queue':
      return `${what}: ${named(widen.queue)}`
  }
}

function goal(to: Goal, named: NameOf): string {
  switch (to.kind) {
    case 'onward':
    case 'voicemail':
    case 'callback':
      return t(`step.to_${to.kind}`)
    case 'queue':
      return t('step.to_queue', { queue: named(to.queue) })
    case 'flow':
      return t('change.to_flow', { flow: named(to.flow) })
    case 'number': {
      const number = t('step.to_number', { number: phone(to.to) })
      return to.trunk ? t('change.through', { to: number, trunk: named(to.trunk) }) : number
    }
  }
}

function rule({ when, to }: Overflow, named: NameOf): string {
  const value = 's' in when ? time(when.s) : 'than' in when ? written(when.than) : ''
  return t('change.rule', { when: t('change.when', { kind: when.kind, value }), to: goal(to, named) })
}

function announcement({ say, after_s, every_s, only }: Announcement): string {
  const what = say.kind === 'prompt' ? `${t('queue.say_prompt')}: ${say.name}` : t(`queue.say_${say.kind}`)
  const value = 's' in only ? time(only.s) : 'others' in only ? written(only.others) : ''
  return t('change.announcement', { what, after: time(after_s), often: every_s === 0 ? 'once' : 'again', every: time(every_s), only: only.kind, value })
}

/** Opening hours are several fields of the form in one. */
export function hoursLines(hours: HoursForm, named: NameOf): [PlainKey, string[]][] {
  const values: [PlainKey, string[]][] = [
    ['queue.time_zone', hours.time_zone ? [hours.time_zone] : []],
    ['queue.week', hours.week.map((row) => `${daysWord(row.days)} ${row.from}–${row.to}`)],
    ['queue.holidays', hours.holidays.map((row) => writtenDay(row.date, language()))],
    ['queue.exceptions', hours.exceptions.map((row) => `${writtenDay(row.date, language())} ${row.from}–${row.to}`)],
    ['queue.closed', [goal(hours.closed, named)]],
    ['queue.at_close', [t(`queue.at_close_${hours.at_close}`)]],
  ]
  return [['queue.open', [t(`queue.open_${hours.open}`)]], ...(hours.open === 'always' ? values.map(([key]): [PlainKey, string[]] => [key, []]) : values)]
}

/** The value of a field of a form, but for hours, flows and passwords. */
export function lines(field: AdminField, form: Form, named: NameOf): string[] {
  const value = form[field.name]
  switch (field.kind) {
    case 'check':
      return [t(value === true ? 'change.yes' : 'change.no')]
    case 'number':
      return [written(Number(value))]
    case 'seconds':
      return [seconds(Number(value))]
    case 'choice':
      return value ? [field.choices?.().find((choice) => choice.value === value)?.label ?? named(String(value))] : []
    case 'channel':
      return [t(`capacity.${value as Channel}s`)]
    case 'capacity': {
      const { whose, capacity } = value as CapacityForm
      return whose === 'own' ? capacityLines(capacity) : [t('capacity.of_company')]
    }
    case 'queues':
      return (value as string[]).map(named)
    case 'skills':
      return (value as SkillLevel[]).map((one) => `${named(one.skill)} ${one.level}`)
    case 'lines':
      return String(value).split('\n').filter(Boolean)
    case 'steps':
      return (value as RoutingStep[]).map((step) => t('change.step', { after: time(step.after_s), what: widen(step, named) }))
    case 'overflow':
      return (value as Overflow[]).map((one) => rule(one, named))
    case 'announcements':
      return (value as Announcement[]).map(announcement)
    case 'text':
    case 'email':
      return value ? [phone(String(value))] : []
    case 'password':
    case 'hours':
    case 'flow_json':
    case 'title':
      return []
  }
}
