// What can be set up: for each word its list, its form, and how rows become forms and forms become requests.
import type { Disposition, Flow, PhoneNumber, Skill, Trunk, User } from '@perezvon/api'
import { language, phone, t } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'
import { BEGINNING, copyOf, type CapacityForm } from './capacity'
import { KEY, NAME, number, offered, text, word, type AdminField, type Form, type Section, type Word } from './form'
import { QUEUE } from './queue'

const orNull = (value: unknown) => text(value) || null
const lines = (value: unknown) => text(value).split(/[\n,;]/).map((line) => line.trim()).filter(Boolean)
const languages = () => [{ value: 'ru', label: 'Русский' }, { value: 'en', label: 'English' }]
const queueNames = (ids: string[]) => ids.map((id) => names.queue(id) ?? '').filter(Boolean).join(', ')
const registering = (form: Form) => form.registering === true
/** A short form is one section without a heading. */
const plain = (fields: AdminField[]): Section[] => [{ name: 'all', fields }]

export const WORDS: Word[] = [
  QUEUE,
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
    sections: plain([
      NAME,
      { name: 'email', label: 'session.email', kind: 'email' },
      { name: 'password', label: 'session.password', hint: 'admin.password_hint', kind: 'password' },
      { name: 'role', label: 'admin.role', kind: 'choice', choices: () => (['agent', 'supervisor', 'admin'] as const).map((role) => ({ value: role, label: t(`role.${role}`) })) },
      { name: 'language', label: 'admin.language', kind: 'choice', choices: languages },
      { name: 'queues', label: 'admin.queues', kind: 'queues' },
      { name: 'skills', label: 'admin.skills', kind: 'skills' },
      { name: 'weight', label: 'admin.weight', hint: 'admin.weight_hint', kind: 'number', min: 1, max: 100 },
      { name: 'capacity', label: 'capacity.title', kind: 'capacity' },
      { name: 'device', label: 'presence.device', kind: 'choice', choices: () => [{ value: 'browser', label: t('presence.browser') }, { value: 'phone', label: t('presence.phone') }] },
      { name: 'sip_username', label: 'admin.sip_username', hint: 'admin.sip_username_hint', kind: 'text' },
      { name: 'phone_uri', label: 'admin.phone_uri', hint: 'admin.phone_uri_hint', kind: 'text' },
    ]),
    toForm: (user) => ({
      name: user?.name ?? '', email: user?.email ?? '', password: '', role: user?.role ?? 'agent', language: user?.language ?? language(), queues: [...(user?.queues ?? [])], skills: (user?.skills ?? []).map((one) => ({ ...one })), weight: user?.weight ?? 1,
      capacity: { whose: user?.capacity ? 'own' : 'company', capacity: copyOf(user?.capacity ?? offered.capacity ?? BEGINNING) } satisfies CapacityForm,
      device: user?.device ?? 'browser', sip_username: user?.sip_username ?? '', phone_uri: user?.phone_uri ?? '',
    }),
    toBody: (form) => ({
      name: text(form.name), email: text(form.email), role: form.role, language: form.language, queues: form.queues, skills: form.skills, weight: number(form.weight), capacity: (form.capacity as CapacityForm).whose === 'own' ? (form.capacity as CapacityForm).capacity : null, device: form.device, sip_username: orNull(form.sip_username), phone_uri: orNull(form.phone_uri),
      // An empty field leaves the saved password as it is.
      ...(form.password ? { password: form.password } : {}),
    }),
  }),
  word<Skill>({
    name: 'skills',
    title: 'admin.skills',
    add: 'admin.add_skill',
    columns: [{ label: 'admin.name', text: (skill) => skill.name }, { label: 'admin.key', text: (skill) => skill.key }],
    sections: plain([NAME, KEY]),
    toForm: (skill) => ({ key: skill?.key ?? '', name: skill?.name ?? '' }),
    toBody: (form) => ({ key: text(form.key), name: text(form.name) }),
  }),
  word<Disposition>({
    name: 'dispositions',
    title: 'admin.dispositions',
    add: 'admin.add_disposition',
    columns: [{ label: 'admin.name', text: (one) => one.name }, { label: 'admin.queues', text: (one) => queueNames(one.queues) || t('admin.all_queues') }],
    sections: plain([NAME, KEY, { name: 'queues', label: 'admin.queues', hint: 'admin.disposition_queues_hint', kind: 'queues' }]),
    toForm: (one) => ({ key: one?.key ?? '', name: one?.name ?? '', queues: [...(one?.queues ?? [])] }),
    toBody: (form) => ({ key: text(form.key), name: text(form.name), queues: form.queues }),
  }),
  word<PhoneNumber>({
    name: 'numbers',
    title: 'admin.numbers',
    add: 'admin.add_number',
    columns: [
      { label: 'journal.number', text: (one) => phone(one.number) },
      { label: 'admin.flow', text: (one) => offered.flows.find((flow) => flow.id === one.flow)?.name ?? '' },
      { label: 'admin.language', text: (one) => languages().find((choice) => choice.value === one.language)?.label ?? '', wide: true },
    ],
    sections: plain([
      { name: 'number', label: 'journal.number', hint: 'admin.number_hint', kind: 'text' },
      { name: 'flow', label: 'admin.flow', kind: 'choice', choices: () => offered.flows.map((flow) => ({ value: flow.id, label: flow.name })) },
      { name: 'language', label: 'admin.language', kind: 'choice', choices: languages },
    ]),
    toForm: (one) => ({ number: one?.number ?? '', flow: one?.flow ?? offered.flows[0]?.id ?? '', language: one?.language ?? 'ru' }),
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
    sections: plain([
      NAME,
      KEY,
      { name: 'sources', label: 'admin.sources', hint: 'admin.sources_hint', kind: 'lines' },
      { name: 'max_calls', label: 'admin.max_calls', kind: 'number', min: 1, max: 100_000 },
      { name: 'registering', label: 'admin.registering', kind: 'check' },
      { name: 'registrar', path: 'registration.registrar', label: 'admin.registrar', hint: 'admin.registrar_hint', kind: 'text', when: registering },
      { name: 'username', path: 'registration.username', label: 'admin.username', kind: 'text', when: registering },
      { name: 'password', path: 'registration.password', label: 'session.password', hint: 'admin.trunk_password_hint', kind: 'password', when: registering },
      { name: 'expires_s', path: 'registration.expires_s', label: 'admin.expires_s', kind: 'number', min: 60, max: 7_200, when: registering },
    ]),
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
    sections: plain([NAME, KEY, { name: 'json', label: 'admin.flow_json', hint: 'admin.flow_json_hint', kind: 'flow_json' }]),
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
