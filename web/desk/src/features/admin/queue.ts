// The form of a queue: its sections, how a queue becomes a form and the form a request.
import type { Announcement, Channel, Overflow, Queue, RoutingStep, SkillLevel } from '@perezvon/api'
import { t, type PlainKey } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'
import { KEY, NAME, number, text, word, type AdminField, type Form } from './form'
import { hoursBody, hoursForm, weekWord, type HoursForm } from './hours'
import { nextAnnouncement } from './rules'

const WRAP_UPS = ['none', 'optional', 'timed', 'extendable', 'open'] as const
const STRATEGIES = ['longest_idle', 'round_robin', 'least_occupied', 'fewest_interactions', 'most_skilled', 'least_skilled', 'weighted', 'random', 'all_at_once'] as const
const LENDS = ['while_service_level_holds', 'always', 'never'] as const
const MISSES = ['no_answer', 'declined', 'busy', 'unreachable'] as const
const FIRSTS = ['agent', 'customer'] as const

const timed = (form: Form) => ['optional', 'timed', 'extendable'].includes(String(form.wrap_up))
const skillNames = (levels: SkillLevel[]) => levels.map((one) => `${names.all.skills.find((skill) => skill.id === one.skill)?.name ?? ''} ${one.level}`).join(', ')
const choices = <V extends string>(values: readonly V[], key: (value: V) => PlainKey) => () => values.map((value) => ({ value, label: t(key(value)) }))
const half = (name: string, label: PlainKey, kind: AdminField['kind'], min: number, max: number, more: Partial<AdminField> = {}): AdminField => ({ name, label, kind, min, max, half: true, ...more })
const isCalls = (form: Form) => (form.channel ?? 'voice') === 'voice'
const either = (calls: PlainKey, items: PlainKey) => (form: Form) => (isCalls(form) ? calls : items)
const list = <T>(value: unknown) => value as T[]

export const QUEUE = word<Queue>({
  name: 'queues',
  title: 'admin.queues',
  add: 'admin.add_queue',
  columns: [
    { label: 'admin.name', text: (queue) => queue.name },
    { label: 'admin.channel', text: (queue) => t(`capacity.${queue.routing.channel}s`), wide: true },
    { label: 'admin.skills', text: (queue) => skillNames(queue.required_skills), wide: true },
    { label: 'admin.target', text: (queue) => t('floor.target_of', { percent: queue.service_level_target, seconds: queue.service_level_s }), num: true },
    { label: 'admin.ring_timeout_s', text: (queue) => String(queue.ring_timeout_s), num: true, wide: true },
  ],
  sections: [
    {
      name: 'general',
      title: 'queue.general',
      about: 'queue.general_about',
      brief: (form) => t('floor.target_of', { percent: number(form.service_level_target), seconds: number(form.service_level_s) }),
      fields: [
        { ...NAME, half: true },
        { ...KEY, half: true },
        { name: 'channel', path: 'routing.channel', label: 'admin.channel', hint: 'admin.channel_hint', kind: 'channel' },
        half('service_level_target', 'admin.service_level_target', 'number', 1, 100),
        half('service_level_s', 'admin.service_level_s', 'seconds', 1, 3_600),
        half('short_abandon_s', 'admin.short_abandon_s', 'seconds', 0, 60, { hint: 'admin.short_abandon_hint' }),
        { name: 'record', label: 'admin.record', kind: 'check', when: isCalls },
      ],
    },
    {
      name: 'choice',
      title: 'queue.choice',
      about: 'queue.choice_about',
      brief: (form) => [t(`admin.strategy_${form.strategy as (typeof STRATEGIES)[number]}`), skillNames(list(form.required_skills))].filter(Boolean).join('; '),
      fields: [
        { name: 'required_skills', label: 'admin.required_skills', kind: 'skills' },
        { name: 'strategy', path: 'routing.strategy', label: 'admin.strategy', kind: 'choice', choices: choices(STRATEGIES, (one) => `admin.strategy_${one}`) },
        half('priority', 'admin.priority', 'number', -1_000, 1_000, { path: 'routing.priority', hint: 'admin.priority_hint' }),
        half('ageing_per_min', 'admin.ageing_per_min', 'number', 0, 1_000, { path: 'routing.ageing_per_min', hint: 'admin.ageing_hint' }),
      ],
    },
    {
      name: 'nobody_free',
      title: 'queue.nobody_free',
      about: 'queue.nobody_free_about',
      brief: (form) => [(number(form.owner_s) > 0 || number(form.last_s) > 0) && t('queue.brief_preferred'), t('queue.brief_steps', { count: list(form.steps).length })].filter(Boolean).join('; '),
      fields: [
        { name: 'steps', path: 'routing.steps', label: 'admin.steps', hint: 'admin.steps_hint', kind: 'steps' },
        { name: 'lends', path: 'routing.lends', label: 'admin.lends', hint: 'admin.lends_hint', kind: 'choice', choices: choices(LENDS, (one) => `admin.lends_${one}`) },
        { name: 'preferred', label: 'queue.preferred', hint: 'queue.preferred_hint', kind: 'title' },
        half('owner_s', 'queue.owner_s', 'seconds', 0, 600, { path: 'routing.preferred.owner_s' }),
        half('last_s', 'queue.last_s', 'seconds', 0, 600, { path: 'routing.preferred.last_s' }),
        half('last_days', 'queue.last_days', 'number', 1, 365, { path: 'routing.preferred.last_days', when: (form) => number(form.last_s) > 0 }),
      ],
    },
    {
      name: 'waiting',
      title: 'queue.waiting',
      about: 'queue.waiting_about',
      when: isCalls,
      brief: (form) => t('queue.brief_announcements', { count: list(form.announcements).length }),
      fields: [
        { name: 'announcements', path: 'routing.announcements', label: 'queue.announcements', hint: 'queue.announcements_hint', kind: 'announcements' },
        { name: 'keep_place_s', path: 'routing.keep_place_s', label: 'admin.keep_place_s', hint: 'admin.keep_place_hint', kind: 'seconds', min: 0, max: 3_600 },
      ],
    },
    {
      name: 'too_long',
      title: 'queue.too_long',
      about: either('queue.too_long_about', 'queue.too_long_about_items'),
      brief: (form) => t('queue.brief_rules', { count: list(form.overflow).length }),
      fields: [
        { name: 'overflow', path: 'routing.overflow', label: 'queue.overflow', hint: 'queue.overflow_hint', kind: 'overflow' },
        { name: 'max_waiting', label: 'admin.max_waiting', hint: either('queue.max_waiting_hint', 'queue.max_waiting_hint_items'), kind: 'number', min: 1, max: 100_000 },
        { name: 'callbacks', label: 'queue.callbacks', hint: 'queue.callbacks_hint', kind: 'title', when: isCalls },
        { name: 'callback_first', path: 'routing.callbacks.first', label: 'queue.callback_first', kind: 'choice', choices: choices(FIRSTS, (one) => `queue.callback_first_${one}`), when: isCalls },
        half('callback_tries', 'queue.callback_tries', 'number', 1, 10, { path: 'routing.callbacks.tries', when: isCalls }),
        half('callback_again_after_s', 'queue.callback_again_after_s', 'seconds', 30, 86_400, { path: 'routing.callbacks.again_after_s', when: isCalls }),
      ],
    },
    {
      name: 'hours',
      title: 'queue.hours',
      about: either('queue.hours_about', 'queue.hours_about_items'),
      brief: (form) => {
        const hours = form.hours as HoursForm
        return hours.open === 'always' ? t('queue.open_always') : weekWord(hours.week) || t('queue.brief_closed')
      },
      fields: [{ name: 'hours', path: 'routing.hours', label: 'queue.hours', kind: 'hours' }],
    },
    {
      name: 'offers',
      title: 'queue.offers',
      about: either('queue.offers_about', 'queue.offers_about_items'),
      brief: (form) => t('queue.brief_offers', { seconds: number(form.ring_timeout_s), wrap_up: t(`admin.wrap_up_${form.wrap_up as (typeof WRAP_UPS)[number]}`).toLocaleLowerCase() }),
      fields: [
        { name: 'ring_timeout_s', label: 'admin.ring_timeout_s', kind: 'seconds', min: 3, max: 120 },
        { name: 'wrap_up', label: 'admin.wrap_up', kind: 'choice', choices: choices(WRAP_UPS, (one) => `admin.wrap_up_${one}`) },
        { name: 'wrap_up_limit_s', path: 'wrap_up.limit_s', label: 'admin.wrap_up_limit_s', kind: 'seconds', min: 1, max: 900, when: timed },
        { name: 'misses', label: 'admin.misses', hint: 'admin.misses_hint', kind: 'title' },
        ...MISSES.map((miss) => half(`misses_${miss}`, `admin.misses_${miss}`, 'number', 0, 10, { path: `routing.misses.${miss}`, ...(miss === 'busy' ? { when: isCalls } : {}) })),
      ],
    },
  ],
  toForm: (queue) => {
    const routing = queue?.routing
    return {
      channel: routing?.channel ?? ('voice' satisfies Channel),
      key: queue?.key ?? '', name: queue?.name ?? '', service_level_s: queue?.service_level_s ?? 20, service_level_target: queue?.service_level_target ?? 80, short_abandon_s: queue?.short_abandon_s ?? 5, record: queue?.record ?? true,
      required_skills: (queue?.required_skills ?? []).map((one) => ({ ...one })), strategy: routing?.strategy ?? 'longest_idle', priority: routing?.priority ?? 0, ageing_per_min: routing?.ageing_per_min ?? 0,
      steps: (routing?.steps ?? []).map((step): RoutingStep => ({ after_s: step.after_s, widen: { ...step.widen } })), lends: routing?.lends ?? 'while_service_level_holds',
      owner_s: routing?.preferred.owner_s ?? 0, last_s: routing?.preferred.last_s ?? 0, last_days: routing?.preferred.last_days ?? 30,
      announcements: routing ? routing.announcements.map((one): Announcement => ({ ...one, say: { ...one.say }, only: { ...one.only } })) : [nextAnnouncement([])], keep_place_s: routing?.keep_place_s ?? 0,
      overflow: (routing?.overflow ?? []).map((rule): Overflow => ({ when: { ...rule.when }, to: { ...rule.to } })), max_waiting: queue?.max_waiting ?? 1_000,
      callback_first: routing?.callbacks.first ?? 'agent', callback_tries: routing?.callbacks.tries ?? 3, callback_again_after_s: routing?.callbacks.again_after_s ?? 300,
      hours: hoursForm(routing?.hours ?? null),
      ring_timeout_s: queue?.ring_timeout_s ?? 20, wrap_up: queue?.wrap_up.mode ?? 'timed', wrap_up_limit_s: queue && 'limit_s' in queue.wrap_up ? queue.wrap_up.limit_s : 60,
      misses_no_answer: routing?.misses.no_answer ?? 1, misses_declined: routing?.misses.declined ?? 0, misses_busy: routing?.misses.busy ?? 1, misses_unreachable: routing?.misses.unreachable ?? 1,
    }
  },
  toBody: (form) => ({
    key: text(form.key), name: text(form.name), required_skills: form.required_skills, ring_timeout_s: number(form.ring_timeout_s),
    wrap_up: timed(form) ? { mode: form.wrap_up, limit_s: number(form.wrap_up_limit_s) } : { mode: form.wrap_up }, service_level_s: number(form.service_level_s), service_level_target: number(form.service_level_target),
    short_abandon_s: number(form.short_abandon_s), max_waiting: number(form.max_waiting), record: form.record === true,
    routing: {
      channel: form.channel, strategy: form.strategy, priority: number(form.priority), ageing_per_min: number(form.ageing_per_min), steps: form.steps, lends: form.lends, keep_place_s: number(form.keep_place_s),
      misses: Object.fromEntries(MISSES.map((miss) => [miss, number(form[`misses_${miss}`])])),
      preferred: { owner_s: number(form.owner_s), last_s: number(form.last_s), last_days: number(form.last_days) },
      overflow: form.overflow, announcements: isCalls(form) ? form.announcements : [], hours: hoursBody(form.hours as HoursForm, isCalls(form)),
      callbacks: { first: form.callback_first, tries: number(form.callback_tries), again_after_s: number(form.callback_again_after_s) },
    },
  }),
})
