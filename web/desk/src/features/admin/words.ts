// What can be set up: for each word its list, its form, and how rows become forms and forms become requests.
import type { Disposition, Flow, PhoneNumber, Queue, Skill, SkillLevel, Trunk, User } from '@perezvon/api'
import { language, phone, t, type PlainKey } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'

export type Form = Record<string, unknown>

export interface AdminField {
  /** Name in the form; refusals name fields by `path`, where it differs. */
  name: string
  path?: string
  label: PlainKey
  hint?: PlainKey
  kind: 'text' | 'email' | 'password' | 'number' | 'check' | 'lines' | 'choice' | 'queues' | 'skills' | 'steps' | 'title' | 'flow_json'
  min?: number
  max?: number
  choices?: () => { value: string; label: string }[]
  /** Shown only while this holds. */
  when?: (form: Form) => boolean
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
  fields: AdminField[]
  toForm: (row: Row | null) => Form
  toBody: (form: Form) => unknown
}

/** A table is written for its own row type; the screens know rows by their id only. */
function word<T extends { id: string }>(definition: {
  name: Word['name']
  title: PlainKey
  add: PlainKey
  columns: (Omit<Column, 'text'> & { text: (row: T) => string })[]
  fields: AdminField[]
  toForm: (row: T | null) => Form
  toBody: (form: Form) => unknown
}): Word {
  return definition as unknown as Word
}

const text = (value: unknown) => String(value ?? '').trim()
const orNull = (value: unknown) => text(value) || null
const number = (value: unknown) => Number(value ?? 0)
const lines = (value: unknown) => text(value).split(/[\n,;]/).map((line) => line.trim()).filter(Boolean)
const languages = () => [{ value: 'ru', label: 'Русский' }, { value: 'en', label: 'English' }]
const queueNames = (ids: string[]) => ids.map((id) => names.queue(id) ?? '').filter(Boolean).join(', ')
const skillNames = (levels: SkillLevel[]) => levels.map((one) => `${names.all.skills.find((skill) => skill.id === one.skill)?.name ?? ''} ${one.level}`).join(', ')

const KEY: AdminField = { name: 'key', label: 'admin.key', hint: 'admin.key_hint', kind: 'text' }
const NAME: AdminField = { name: 'name', label: 'admin.name', kind: 'text' }

/** Flows come with the numbers' page, which offers them. */
export const flowChoices: { list: Flow[] } = { list: [] }

const WRAP_UPS = ['none', 'optional', 'timed', 'extendable', 'open'] as const
const STRATEGIES = ['longest_idle', 'round_robin', 'least_occupied', 'fewest_interactions', 'most_skilled', 'least_skilled', 'weighted', 'random', 'all_at_once'] as const
const LENDS = ['while_service_level_holds', 'always', 'never'] as const
const MISSES = ['no_answer', 'declined', 'busy', 'unreachable'] as const
const timed = (form: Form) => ['optional', 'timed', 'extendable'].includes(String(form.wrap_up))
const registering = (form: Form) => form.registering === true

export const WORDS: Word[] = [
  word<Queue>({
    name: 'queues',
    title: 'admin.queues',
    add: 'admin.add_queue',
    columns: [
      { label: 'admin.name', text: (queue) => queue.name },
      { label: 'admin.skills', text: (queue) => skillNames(queue.required_skills), wide: true },
      { label: 'admin.target', text: (queue) => t('floor.target_of', { percent: queue.service_level_target, seconds: queue.service_level_s }), num: true },
      { label: 'admin.ring_timeout_s', text: (queue) => String(queue.ring_timeout_s), num: true, wide: true },
    ],
    fields: [
      NAME,
      KEY,
      { name: 'required_skills', label: 'admin.required_skills', kind: 'skills' },
      { name: 'ring_timeout_s', label: 'admin.ring_timeout_s', kind: 'number', min: 3, max: 120 },
      { name: 'wrap_up', label: 'admin.wrap_up', kind: 'choice', choices: () => WRAP_UPS.map((mode) => ({ value: mode, label: t(`admin.wrap_up_${mode}`) })) },
      { name: 'wrap_up_limit_s', path: 'wrap_up.limit_s', label: 'admin.wrap_up_limit_s', kind: 'number', min: 1, max: 900, when: timed },
      { name: 'service_level_target', label: 'admin.service_level_target', kind: 'number', min: 1, max: 100 },
      { name: 'service_level_s', label: 'admin.service_level_s', kind: 'number', min: 1, max: 3_600 },
      { name: 'short_abandon_s', label: 'admin.short_abandon_s', hint: 'admin.short_abandon_hint', kind: 'number', min: 0, max: 60 },
      { name: 'announce_every_s', label: 'admin.announce_every_s', hint: 'admin.announce_hint', kind: 'number', min: 0, max: 600 },
      { name: 'max_waiting', label: 'admin.max_waiting', kind: 'number', min: 1, max: 100_000 },
      { name: 'record', label: 'admin.record', kind: 'check' },
      { name: 'routing', label: 'admin.routing', kind: 'title' },
      { name: 'strategy', path: 'routing.strategy', label: 'admin.strategy', kind: 'choice', choices: () => STRATEGIES.map((one) => ({ value: one, label: t(`admin.strategy_${one}`) })) },
      { name: 'priority', path: 'routing.priority', label: 'admin.priority', hint: 'admin.priority_hint', kind: 'number', min: -1_000, max: 1_000 },
      { name: 'ageing_per_min', path: 'routing.ageing_per_min', label: 'admin.ageing_per_min', hint: 'admin.ageing_hint', kind: 'number', min: 0, max: 1_000 },
      { name: 'steps', path: 'routing.steps', label: 'admin.steps', hint: 'admin.steps_hint', kind: 'steps' },
      { name: 'lends', path: 'routing.lends', label: 'admin.lends', hint: 'admin.lends_hint', kind: 'choice', choices: () => LENDS.map((one) => ({ value: one, label: t(`admin.lends_${one}`) })) },
      { name: 'keep_place_s', path: 'routing.keep_place_s', label: 'admin.keep_place_s', hint: 'admin.keep_place_hint', kind: 'number', min: 0, max: 3_600 },
      { name: 'misses', label: 'admin.misses', hint: 'admin.misses_hint', kind: 'title' },
      ...MISSES.map((miss): AdminField => ({ name: `misses_${miss}`, path: `routing.misses.${miss}`, label: `admin.misses_${miss}`, kind: 'number', min: 0, max: 10 })),
    ],
    toForm: (queue) => ({
      strategy: queue?.routing.strategy ?? 'longest_idle', priority: queue?.routing.priority ?? 0, ageing_per_min: queue?.routing.ageing_per_min ?? 0, steps: (queue?.routing.steps ?? []).map((step) => ({ after_s: step.after_s, widen: { ...step.widen } })),
      lends: queue?.routing.lends ?? 'while_service_level_holds', keep_place_s: queue?.routing.keep_place_s ?? 0,
      misses_no_answer: queue?.routing.misses.no_answer ?? 1, misses_declined: queue?.routing.misses.declined ?? 0, misses_busy: queue?.routing.misses.busy ?? 1, misses_unreachable: queue?.routing.misses.unreachable ?? 1,
      key: queue?.key ?? '', name: queue?.name ?? '', required_skills: (queue?.required_skills ?? []).map((one) => ({ ...one })), ring_timeout_s: queue?.ring_timeout_s ?? 20,
      wrap_up: queue?.wrap_up.mode ?? 'timed', wrap_up_limit_s: queue && 'limit_s' in queue.wrap_up ? queue.wrap_up.limit_s : 60, service_level_s: queue?.service_level_s ?? 20, service_level_target: queue?.service_level_target ?? 80,
      short_abandon_s: queue?.short_abandon_s ?? 5, announce_every_s: queue?.announce_every_s ?? 30, max_waiting: queue?.max_waiting ?? 1_000, record: queue?.record ?? true,
    }),
    toBody: (form) => ({
      key: text(form.key), name: text(form.name), required_skills: form.required_skills, ring_timeout_s: number(form.ring_timeout_s),
      wrap_up: timed(form) ? { mode: form.wrap_up, limit_s: number(form.wrap_up_limit_s) } : { mode: form.wrap_up }, service_level_s: number(form.service_level_s), service_level_target: number(form.service_level_target),
      short_abandon_s: number(form.short_abandon_s), announce_every_s: number(form.announce_every_s), max_waiting: number(form.max_waiting), record: form.record === true,
      routing: { strategy: form.strategy, priority: number(form.priority), ageing_per_min: number(form.ageing_per_min), steps: form.steps, lends: form.lends, keep_place_s: number(form.keep_place_s), misses: Object.fromEntries(MISSES.map((miss) => [miss, number(form[`misses_${miss}`])])) },
    }),
  }),
  word<User>({
    name: 'users',
    title: 'admin.users',
    add: 'admin.add_user',
    columns: [
      { label: 'admin.name', text: (user) => user.name },
      { label: 'session.email', text: (user) => user.email, wide: true },
      { label: 'admin.role', text: (user) => t(`role.${user.role}`) },
      { label: 'admin.queues', text: (user) => queueNames(user.queues), wide: true },
    ],
    fields: [
      NAME,
      { name: 'email', label: 'session.email', kind: 'email' },
      { name: 'password', label: 'session.password', hint: 'admin.password_hint', kind: 'password' },
      { name: 'role', label: 'admin.role', kind: 'choice', choices: () => (['agent', 'supervisor', 'admin'] as const).map((role) => ({ value: role, label: t(`role.${role}`) })) },
      { name: 'language', label: 'admin.language', kind: 'choice', choices: languages },
      { name: 'queues', label: 'admin.queues', kind: 'queues' },
      { name: 'skills', label: 'admin.skills', kind: 'skills' },
      { name: 'weight', label: 'admin.weight', hint: 'admin.weight_hint', kind: 'number', min: 1, max: 100 },
      { name: 'device', label: 'presence.device', kind: 'choice', choices: () => [{ value: 'browser', label: t('presence.browser') }, { value: 'phone', label: t('presence.phone') }] },
      { name: 'sip_username', label: 'admin.sip_username', hint: 'admin.sip_username_hint', kind: 'text' },
      { name: 'phone_uri', label: 'admin.phone_uri', hint: 'admin.phone_uri_hint', kind: 'text' },
    ],
    toForm: (user) => ({
      name: user?.name ?? '', email: user?.email ?? '', password: '', role: user?.role ?? 'agent', language: user?.language ?? language(), queues: [...(user?.queues ?? [])], skills: (user?.skills ?? []).map((one) => ({ ...one })), weight: user?.weight ?? 1,
      device: user?.device ?? 'browser', sip_username: user?.sip_username ?? '', phone_uri: user?.phone_uri ?? '',
    }),
    toBody: (form) => ({
      name: text(form.name), email: text(form.email), role: form.role, language: form.language, queues: form.queues, skills: form.skills, weight: number(form.weight), device: form.device, sip_username: orNull(form.sip_username), phone_uri: orNull(form.phone_uri),
      // An empty field leaves the saved password as it is.
      ...(form.password ? { password: form.password } : {}),
    }),
  }),
  word<Skill>({
    name: 'skills',
    title: 'admin.skills',
    add: 'admin.add_skill',
    columns: [{ label: 'admin.name', text: (skill) => skill.name }, { label: 'admin.key', text: (skill) => skill.key }],
    fields: [NAME, KEY],
    toForm: (skill) => ({ key: skill?.key ?? '', name: skill?.name ?? '' }),
    toBody: (form) => ({ key: text(form.key), name: text(form.name) }),
  }),
  word<Disposition>({
    name: 'dispositions',
    title: 'admin.dispositions',
    add: 'admin.add_disposition',
    columns: [{ label: 'admin.name', text: (one) => one.name }, { label: 'admin.queues', text: (one) => queueNames(one.queues) || t('admin.all_queues') }],
    fields: [NAME, KEY, { name: 'queues', label: 'admin.queues', hint: 'admin.disposition_queues_hint', kind: 'queues' }],
    toForm: (one) => ({ key: one?.key ?? '', name: one?.name ?? '', queues: [...(one?.queues ?? [])] }),
    toBody: (form) => ({ key: text(form.key), name: text(form.name), queues: form.queues }),
  }),
  word<PhoneNumber>({
    name: 'numbers',
    title: 'admin.numbers',
    add: 'admin.add_number',
    columns: [
      { label: 'journal.number', text: (one) => phone(one.number) },
      { label: 'admin.flow', text: (one) => flowChoices.list.find((flow) => flow.id === one.flow)?.name ?? '' },
      { label: 'admin.language', text: (one) => languages().find((choice) => choice.value === one.language)?.label ?? '', wide: true },
    ],
    fields: [
      { name: 'number', label: 'journal.number', hint: 'admin.number_hint', kind: 'text' },
      { name: 'flow', label: 'admin.flow', kind: 'choice', choices: () => flowChoices.list.map((flow) => ({ value: flow.id, label: flow.name })) },
      { name: 'language', label: 'admin.language', kind: 'choice', choices: languages },
    ],
    toForm: (one) => ({ number: one?.number ?? '', flow: one?.flow ?? flowChoices.list[0]?.id ?? '', language: one?.language ?? 'ru' }),
    toBody: (form) => ({ number: text(form.number), flow: form.flow, language: form.language }),
  }),
  word<Trunk>({
    name: 'trunks',
    title: 'admin.trunks',
    add: 'admin.add_trunk',
    columns: [
      { label: 'admin.name', text: (trunk) => trunk.name },
      { label: 'admin.sources', text: (trunk) => trunk.sources.join(', ') },
      { label: 'admin.registrar', text: (trunk) => trunk.registration?.registrar ?? '', wide: true },
      { label: 'admin.max_calls', text: (trunk) => String(trunk.max_calls), num: true },
    ],
    fields: [
      NAME,
      KEY,
      { name: 'sources', label: 'admin.sources', hint: 'admin.sources_hint', kind: 'lines' },
      { name: 'max_calls', label: 'admin.max_calls', kind: 'number', min: 1, max: 100_000 },
      { name: 'registering', label: 'admin.registering', kind: 'check' },
      { name: 'registrar', path: 'registration.registrar', label: 'admin.registrar', hint: 'admin.registrar_hint', kind: 'text', when: registering },
      { name: 'username', path: 'registration.username', label: 'admin.username', kind: 'text', when: registering },
      { name: 'password', path: 'registration.password', label: 'session.password', hint: 'admin.trunk_password_hint', kind: 'password', when: registering },
      { name: 'expires_s', path: 'registration.expires_s', label: 'admin.expires_s', kind: 'number', min: 60, max: 7_200, when: registering },
    ],
    toForm: (trunk) => ({
      key: trunk?.key ?? '', name: trunk?.name ?? '', sources: (trunk?.sources ?? []).join('\n'), max_calls: trunk?.max_calls ?? 100, registering: Boolean(trunk?.registration),
      registrar: trunk?.registration?.registrar ?? '', username: trunk?.registration?.username ?? '', password: '', expires_s: trunk?.registration?.expires_s ?? 300,
    }),
    toBody: (form) => ({
      key: text(form.key), name: text(form.name), sources: lines(form.sources), max_calls: number(form.max_calls),
      registration: registering(form) ? { registrar: text(form.registrar), username: text(form.username), expires_s: number(form.expires_s), ...(form.password ? { password: form.password } : {}) } : null,
    }),
  }),
  word<Flow>({
    name: 'flows',
    title: 'admin.flows',
    add: 'admin.add_flow',
    columns: [{ label: 'admin.name', text: (flow) => flow.name }, { label: 'admin.key', text: (flow) => flow.key }],
    fields: [NAME, KEY, { name: 'json', label: 'admin.flow_json', hint: 'admin.flow_json_hint', kind: 'flow_json' }],
    toForm: (flow) => ({ key: flow?.key ?? '', name: flow?.name ?? '', json: flow ? pretty(flow.json) : BLANK_FLOW }),
    toBody: (form) => ({ key: text(form.key), name: text(form.name), json: String(form.json) }),
  }),
]

/** As written where people wrote it; a flow that a program wrote on one line is laid out. */
function pretty(json: string): string {
  if (json.includes('\n')) return json
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}

const BLANK_FLOW = JSON.stringify({ version: 1, start: 'greeting', nodes: { greeting: { type: 'play', prompts: ['greeting'], next: 'wait' }, wait: { type: 'queue', queue: 'support' } } }, null, 2)

/** The field of a form that a refusal means: `required_skills[0].level` belongs to `required_skills`. */
export function refusedField(fields: AdminField[], refused: string | undefined): AdminField | undefined {
  if (!refused) return undefined
  const path = (field: AdminField) => field.path ?? field.name
  const within = (field: AdminField) => refused.startsWith(`${path(field)}.`) || refused.startsWith(`${path(field)}[`)
  const asked = fields.filter((field) => field.kind !== 'title')
  return asked.find((field) => path(field) === refused) ?? asked.find(within)
}
