// Plausible data of a small company for the mock: fixed, so that screenshots can be compared.
let serial = 0
/** A UUID of version 7's form; the number in it keeps ids apart. */
export const id = (n = ++serial) => `01935000-0000-7000-8000-${String(n).padStart(12, '0')}`

export const queues = [
  { id: id(), key: 'support', name: 'Поддержка', service_level_s: 20, service_level_target: 80 },
  { id: id(), key: 'sales', name: 'Продажи', service_level_s: 20, service_level_target: 80 },
  { id: id(), key: 'delivery', name: 'Доставка', service_level_s: 30, service_level_target: 75 },
  { id: id(), key: 'vip', name: 'Ключевые клиенты', service_level_s: 10, service_level_target: 90 },
  // Ids of their own, so that those of everything below stay as they were.
  { id: id(60_001), key: 'chat', name: 'Чат на сайте', service_level_s: 60, service_level_target: 80, channel: 'chat' },
  { id: id(60_002), key: 'mail', name: 'Почта', service_level_s: 3_600, service_level_target: 90, channel: 'mail' },
].map(({ channel = 'voice', ...queue }) => ({
  ...queue, required_skills: [], ring_timeout_s: 20, wrap_up: { mode: 'timed', limit_s: 60 }, short_abandon_s: 5, max_waiting: 200, record: true,
  routing: { channel, strategy: 'longest_idle', priority: queue.key === 'vip' ? 10 : 0, ageing_per_min: 1, steps: [], lends: 'while_service_level_holds', keep_place_s: 0, misses: { declined: 0, no_answer: 1, busy: 1, unreachable: 1 },
    preferred: { owner_s: 0, last_s: 0, last_days: 30 }, overflow: [], callbacks: { first: 'agent', tries: 3, again_after_s: 300 }, announcements: channel === 'voice' ? [{ after_s: 30, every_s: 30, say: { kind: 'position' }, only: { kind: 'always' } }] : [], hours: null,
  },
}))

export const skills = [
  { id: id(), key: 'russian', name: 'Русский язык' },
  { id: id(), key: 'english', name: 'Английский язык' },
  { id: id(), key: 'billing', name: 'Расчёты' },
]

queues[3].routing.strategy = 'most_skilled'
queues[3].routing.steps = [
  { after_s: 15, widen: { kind: 'lower_level', skill: skills[2].id, level: 3 } },
  { after_s: 30, widen: { kind: 'add_queue', queue: queues[0].id } },
]

export const dispositions = [
  ['payment', 'Платёж найден'], ['refund', 'Возврат оформлен'], ['tariff', 'Смена тарифа'], ['delivery', 'Вопрос о доставке'],
  ['complaint', 'Жалоба'], ['callback', 'Перезвонить позже'], ['consult', 'Консультация'], ['wrong', 'Ошиблись номером'],
].map(([key, name]) => ({ id: id(), key, name, queues: [] }))

const people = ['Анна Козлова', 'Олег Рыбаков', 'Мария Тихонова', 'John Carter', 'Илья Волков', 'Ольга Ким', 'Пётр Гусев', 'Елена Фомина', 'Тимур Ахметов', 'Vera Stone', 'Роман Белов', 'Дарья Мороз']
export const users = people.map((name, n) => ({
  id: id(), email: `agent${n + 1}@demo.example`, name, role: 'agent', language: 'ru', device: 'browser',
  sip_username: `agent${n + 1}`, phone_uri: null, weight: 1, capacity: null, queues: [queues[0].id, queues[n % 4].id].filter((one, at, all) => all.indexOf(one) === at), skills: [{ skill: skills[0].id, level: 8 }],
}))
users.push(
  { id: id(), email: 'supervisor@demo.example', name: 'Светлана Орлова', role: 'supervisor', language: 'ru', device: 'browser', sip_username: null, phone_uri: null, weight: 1, capacity: null, queues: [], skills: [] },
  { id: id(), email: 'admin@demo.example', name: 'Николай Зимин', role: 'admin', language: 'ru', device: 'browser', sip_username: null, phone_uri: null, weight: 1, capacity: null, queues: [], skills: [] },
)

const menu = {
  version: 1,
  start: 'hello',
  nodes: {
    hello: { type: 'play', prompts: ['greeting'], next: 'menu' },
    menu: { type: 'menu', prompts: ['menu-main'], choices: { 1: 'support', 2: 'sales' }, timeout_s: 10, tries: 1, on_timeout: 'support', on_invalid: 'support' },
    support: { type: 'queue', queue: 'support', max_wait_s: 1800 },
    sales: { type: 'queue', queue: 'sales', max_wait_s: 1800 },
  },
}
export const flows = [{ id: id(), key: 'main', name: 'Основное меню', json: JSON.stringify(menu, null, 2) }]
export const numbers = [
  { id: id(), number: '+74950000001', flow: flows[0].id, language: 'ru' },
  { id: id(), number: '+74950000002', flow: flows[0].id, language: 'en' },
]

// The first queue has rules of every kind.
Object.assign(queues[0].routing, {
  keep_place_s: 600,
  preferred: { owner_s: 40, last_s: 20, last_days: 30 },
  steps: [{ after_s: 30, widen: { kind: 'drop_skill', skill: skills[2].id } }, { after_s: 60, widen: { kind: 'lower_level', skill: skills[1].id, level: 4 } }, { after_s: 90, widen: { kind: 'add_queue', queue: queues[1].id } }],
  announcements: [
    { after_s: 20, every_s: 45, say: { kind: 'position' }, only: { kind: 'always' } },
    { after_s: 25, every_s: 90, say: { kind: 'wait' }, only: { kind: 'behind', others: 3 } },
    { after_s: 60, every_s: 0, say: { kind: 'callback' }, only: { kind: 'estimate_over', s: 300 } },
    { after_s: 5, every_s: 0, say: { kind: 'prompt', name: 'please-hold' }, only: { kind: 'always' } },
  ],
  overflow: [
    { when: { kind: 'nobody_signed_in' }, to: { kind: 'voicemail' } },
    { when: { kind: 'more_waiting', than: 40 }, to: { kind: 'queue', queue: queues[1].id } },
    { when: { kind: 'estimate_over', s: 900 }, to: { kind: 'callback' } },
    { when: { kind: 'waited_over', s: 1_200 }, to: { kind: 'number', to: '+74951234567', trunk: null } },
  ],
  callbacks: { first: 'customer', tries: 4, again_after_s: 900 },
  hours: {
    time_zone: '', week: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '22:00' }, { days: ['sat', 'sun'], from: '10:00', to: '18:00' }],
    holidays: ['2027-01-01', '2027-01-07'], exceptions: [{ date: '2026-12-31', from: '09:00', to: '14:00' }], closed: { kind: 'flow', flow: flows[0].id }, at_close: 'serve',
  },
})
/** What an agent carries at once. */
export const capacity = { units: 6, voice: { cost: 6, most: 1, interrupts: ['mail'] }, chat: { cost: 2, most: 3, interrupts: ['mail'] }, mail: { cost: 6, most: 1, interrupts: [] } }
users[3].capacity = { ...capacity, units: 8 }
export const trunks = [{ id: id(), key: 'loopback', name: 'Оператор связи', sources: ['127.0.0.0/8'], registration: null, max_calls: 200 }]

const names = ['Смирнова Ольга Викторовна', 'ООО «Вектор»', 'Гусев Пётр Андреевич', 'Лебедева Инна', 'Карапетян Гор', 'Olga Smirnova', 'Фёдоров Глеб', 'Соколова Вера Ильинична', 'ИП Марков', 'Никитин Артём', 'Захарова Нина', 'Ершов Кирилл']
const minute = 60_000

export function customersAt(now) {
  return names.map((name, n) => ({
    id: id(1_000 + n), name, company: n % 3 === 1 ? 'Торговый дом «Вектор»' : '', numbers: [`+7916${String(1234567 + n * 111).padStart(7, '0')}`],
    fields: [{ name: 'contract', value: `48-11${20 + n}` }, { name: 'plan', value: n % 2 ? 'Деловой, 5 900 ₽' : 'Семейный, 3 480 ₽' }, { name: 'city', value: 'Москва' }],
    note: n === 0 ? 'Просит называть по имени и отчеству.' : '', version: 4, is_new: false, owner: n % 3 === 0 ? users[n % 12].id : null, last_agent: n === 4 ? null : { agent: users[1].id, at: now - 22 * 60 * minute },
    recent: n === 4 ? [] : [
      { interaction: id(5_001), started_at: now - 22 * 60 * minute, queue: 'Поддержка', agent: 'Олег Рыбаков', outcome: 'answered', disposition: 'Платёж найден', note: 'Ждём выписку банка', talk_ms: 362_000 },
      { interaction: id(5_002), started_at: now - 3 * 24 * 60 * minute, queue: 'Продажи', agent: 'Мария Тихонова', outcome: 'answered', disposition: 'Смена тарифа', note: '', talk_ms: 190_000 },
      { interaction: id(5_003), started_at: now - 40 * 24 * 60 * minute, queue: 'Поддержка', agent: '', outcome: 'abandoned', disposition: '', note: '', talk_ms: 0 },
    ],
  }))
}

/** The last conversations, newest first: about one in seven minutes, one in eight not answered. */
export function interactionsAt(now, count = 120) {
  const customers = customersAt(now)
  return Array.from({ length: count }, (_, n) => {
    const answered = n % 8 !== 3
    const ended = n % 17 === 11
    // Of those who were not answered, a few left a message and a few were promised a call in vain.
    const lost = n % 24 === 11 ? 'left_message' : n % 24 === 19 ? 'not_reached' : 'abandoned'
    // Some were written.
    const channel = answered && !ended && n % 6 === 0 ? (n % 12 === 0 ? 'chat' : 'mail') : 'voice'
    const queue = channel === 'voice' ? queues[n % 3] : queues.find((one) => one.key === channel)
    const agent = users[n % 12]
    const customer = customers[n % customers.length]
    const started = now - (n + 1) * 7 * minute - (n % 5) * 13_000
    const wait = 8_000 + (n * 7_919) % 70_000
    const talk = answered && !ended ? 60_000 + (n * 104_729) % 400_000 : 0
    return {
      id: id(5_000 + n), channel, direction: 'inbound', from: channel === 'voice' ? customer.numbers[0] : channel === 'chat' ? 'Посетитель сайта' : 'mail@vector.example', to: channel === 'voice' ? '+74950000001' : '', customer: customer.id, customer_name: customer.name,
      queue: ended ? null : queue.id, queue_name: ended ? null : queue.name, agent: talk ? agent.id : null, agent_name: talk ? agent.name : null,
      started_at: started, answered_at: talk ? started + 9_000 + wait : null, ended_at: started + 9_000 + wait + talk, wait_ms: ended ? 0 : wait, talk_ms: talk, hold_ms: talk && n % 4 === 0 ? 21_000 : 0, wrap_up_ms: talk ? 24_000 : 0,
      outcome: ended ? 'ended_in_flow' : talk ? 'answered' : lost, disposition: talk ? dispositions[n % 8].id : null, disposition_name: talk ? dispositions[n % 8].name : null,
      note: talk && n % 3 === 0 ? 'Банк прислал чек, пришлёт в чат. Просит уведомить СМС.' : '', recording: channel === 'voice' && (talk || (!ended && lost === 'left_message')) ? 'sealed' : 'none', recording_ms: talk ? talk + 2_000 : 31_000,
    }
  })
}

export function entriesOf(row) {
  if (row.channel !== 'voice') return itemEntriesOf(row)
  const entries = []
  let at = row.started_at
  const add = (after, event, agent = null) => {
    at += after
    entries.push({ id: id(80_000 + entries.length), at, interaction: row.id, agent, event })
  }
  const agent = row.agent ?? users[0].id
  add(0, { kind: 'interaction_started', channel: 'voice', direction: 'inbound', from: row.from, to: row.to, trunk: trunks[0].id, flow: flows[0].id })
  add(40, { kind: 'flow_answered' })
  add(2, { kind: 'flow_node', node: 'hello', node_kind: 'play' })
  add(60, { kind: 'customer_matched', customer: row.customer, created: false })
  add(4_200, { kind: 'flow_node', node: 'menu', node_kind: 'menu' })
  add(3_100, { kind: 'collected', node: 'menu', name: 'menu', value: '1' })
  if (!row.queue) return [...entries, { id: id(80_099), at: row.ended_at, interaction: row.id, agent: null, event: { kind: 'interaction_ended', outcome: row.outcome, cause: 'normal', by: 'customer' } }]
  add(10, { kind: 'queued', queue: row.queue, attempt: 1, position: 2 })
  add(5_000, { kind: 'position_announced', queue: row.queue, position: 1 })
  add(4_000, { kind: 'wait_announced', queue: row.queue, low_s: 120, high_s: 300 })
  if (row.outcome === 'left_message') {
    add(row.wait_ms, { kind: 'overflowed', queue: row.queue, cause: { kind: 'waited', wait_ms: row.wait_ms }, to: { kind: 'voicemail' } })
    add(0, { kind: 'left_queue', queue: row.queue, outcome: 'overflowed', wait_ms: row.wait_ms })
    add(300, { kind: 'message_started' })
    add(1, { kind: 'recording_started', recording: id(82_000) })
    add(31_000, { kind: 'interaction_ended', outcome: 'left_message', cause: 'normal', by: 'customer' })
    add(700, { kind: 'recording_sealed', recording: id(82_000), duration_ms: 31_000, bytes: 251_000 })
    return entries
  }
  if (row.outcome === 'not_reached') {
    add(row.wait_ms, { kind: 'wait_announced', queue: row.queue, low_s: 3_600, high_s: null })
    add(9_000, { kind: 'overflowed', queue: row.queue, cause: { kind: 'asked' }, to: { kind: 'callback' } })
    add(0, { kind: 'callback_promised', queue: row.queue, number: row.from })
    add(400_000, { kind: 'callback_dialled', queue: row.queue, attempt: 1 })
    add(20_000, { kind: 'callback_failed', queue: row.queue, cause: 'no_answer', again_at: at + 320_000 })
    add(300_000, { kind: 'callback_dialled', queue: row.queue, attempt: 2 })
    add(4_000, { kind: 'callback_failed', queue: row.queue, cause: 'busy', again_at: null })
    add(0, { kind: 'left_queue', queue: row.queue, outcome: 'overflowed', wait_ms: row.wait_ms })
    add(0, { kind: 'interaction_ended', outcome: 'not_reached', cause: 'busy', by: 'system' })
    return entries
  }
  if (!row.agent) {
    add(row.wait_ms, { kind: 'left_queue', queue: row.queue, outcome: 'abandoned', wait_ms: row.wait_ms })
    add(0, { kind: 'interaction_ended', outcome: 'abandoned', cause: 'cancelled', by: 'customer' })
    return entries
  }
  add(2_000, { kind: 'offered', offer: id(81_000), queue: row.queue, agent: users[5].id, device: 'browser', deadline: at + 20_000 }, users[5].id)
  add(20_000, { kind: 'offer_ended', offer: id(81_000), agent: users[5].id, outcome: 'no_answer', rang_ms: 20_000 }, users[5].id)
  add(5, { kind: 'offered', offer: id(81_001), queue: row.queue, agent, device: 'browser', deadline: at + 20_000 }, agent)
  add(3_400, { kind: 'offer_ended', offer: id(81_001), agent, outcome: 'accepted', rang_ms: 3_400 }, agent)
  add(2, { kind: 'left_queue', queue: row.queue, outcome: 'answered', wait_ms: row.wait_ms })
  add(90, { kind: 'agent_connected', agent, queue: row.queue, device: 'browser' }, agent)
  add(1, { kind: 'recording_started', recording: id(82_000) })
  if (row.hold_ms) {
    add(30_000, { kind: 'hold_started', by: 'agent' }, agent)
    add(row.hold_ms, { kind: 'hold_ended', by: 'agent', held_ms: row.hold_ms }, agent)
  }
  add(row.talk_ms - 30_000, { kind: 'noted', agent, disposition: row.disposition, note: row.note }, agent)
  add(1_000, { kind: 'agent_disconnected', agent, queue: row.queue, talk_ms: row.talk_ms, hold_ms: row.hold_ms }, agent)
  add(0, { kind: 'interaction_ended', outcome: 'answered', cause: 'normal', by: 'customer' })
  add(1, { kind: 'wrap_up_started', agent, queue: row.queue, deadline: at + 60_000 }, agent)
  add(700, { kind: 'recording_sealed', recording: id(82_000), duration_ms: row.recording_ms, bytes: 402_133 })
  add(23_000, { kind: 'wrap_up_ended', agent, queue: row.queue, wrap_up_ms: row.wrap_up_ms }, agent)
  return entries
}

/** A chat or a mail: offered, taken, left for a call and gone on with. */
function itemEntriesOf(row) {
  let at = row.started_at
  const { agent, queue } = row
  const steps = [
    [0, { kind: 'interaction_started', channel: row.channel, direction: 'inbound', from: row.from, to: '', trunk: null, flow: null }],
    [0, { kind: 'subject', queue, text: 'Где мой заказ 48-1120?', link: 'https://chats.example/48-1120' }],
    [0, { kind: 'customer_matched', customer: row.customer, created: false }],
    [0, { kind: 'queued', queue, attempt: 1, position: 3 }],
    [row.wait_ms, { kind: 'offered', offer: id(81_001), queue, agent, device: 'browser', deadline: row.started_at + row.wait_ms + 20_000 }, agent],
    [4_000, { kind: 'offer_ended', offer: id(81_001), agent, outcome: 'accepted', rang_ms: 4_000 }, agent],
    [0, { kind: 'left_queue', queue, outcome: 'answered', wait_ms: row.wait_ms }],
    [0, { kind: 'agent_connected', agent, queue, device: 'browser' }, agent],
    [31_000, { kind: 'rested', agent }, agent],
    [95_000, { kind: 'went_on', agent, rested_ms: 95_000 }, agent],
    [row.talk_ms, { kind: 'agent_disconnected', agent, queue, talk_ms: row.talk_ms, hold_ms: 0 }, agent],
    [0, { kind: 'interaction_ended', outcome: 'answered', cause: 'normal', by: 'agent' }],
    [0, { kind: 'wrap_up_started', agent, queue, deadline: row.started_at + 300_000 }, agent],
    [row.wrap_up_ms, { kind: 'wrap_up_ended', agent, queue, wrap_up_ms: row.wrap_up_ms }, agent],
  ]
  return steps.map(([after, event, by = null], n) => ({ id: id(80_000 + n), at: (at += after), interaction: row.id, agent: by, event }))
}

/** A conversation that was on hold was passed on as well, so that two recordings are to be seen. */
export function recordingsOf(row) {
  if (row.recording === 'none') return []
  const parts = row.hold_ms ? 2 : 1
  return Array.from({ length: parts }, (_, part) => ({
    id: id(82_000 + part), started_at: row.started_at + row.wait_ms + part * row.recording_ms, duration_ms: row.recording_ms, state: row.recording,
  }))
}

export function reportAt(date, zone, now) {
  const start = Date.parse(`${date}T00:00:00+03:00`)
  const intervals = []
  for (let n = 36; n < 80; n += 1) {
    const at = start + n * 15 * minute
    if (at > now) break
    const offered = Math.round(9 + 7 * Math.sin((n - 36) / 9) + (n * 5) % 4)
    const short = offered % 3 === 0 ? 1 : 0
    const abandoned = Math.min(offered, short + (n % 5 === 0 ? 2 : n % 3 === 0 ? 1 : 0))
    const answered = offered - abandoned
    intervals.push(row(at, { offered, answered, answered_in_threshold: Math.round(answered * (0.75 + (n % 4) * 0.06)), abandoned, abandoned_short: short, answer_wait_ms: answered * (11_000 + (n % 7) * 2_300), talk_ms: answered * 185_000, hold_ms: answered * 6_000, wrap_up_ms: answered * 31_000, handled: answered, ...promises(Math.round(answered * 0.4), n), idle: 900_000 }))
  }
  const total = intervals.reduce((sum, one) => {
    for (const key of ['offered', 'answered', 'answered_in_threshold', 'abandoned', 'abandoned_short', 'answer_wait_ms', 'talk_ms', 'hold_ms', 'wrap_up_ms', 'handled', 'promised', 'promise_kept', 'promise_sooner']) sum[key] = (sum[key] ?? 0) + one[key]
    return sum
  }, {})
  return { date, time_zone: zone, service_level_s: 20, intervals, total: row(start, { ...Object.fromEntries(['offered', 'answered', 'answered_in_threshold', 'abandoned', 'abandoned_short', 'answer_wait_ms', 'talk_ms', 'hold_ms', 'wrap_up_ms', 'handled', 'promised', 'promise_kept', 'promise_sooner'].map((key) => [key, total[key] ?? 0])), idle: 900_000 * intervals.length }) }
}

/** Of those who were told a wait most waited so long; now and then one more or less. */
function promises(promised, n) {
  const sooner = Math.min(promised, n % 3 === 0 ? 1 : 0)
  return { promised, promise_kept: Math.max(0, promised - sooner - (n % 4 === 0 ? 1 : 0)), promise_sooner: sooner }
}

function row(start, { idle, ...sums }) {
  const percent = (part, whole) => (whole > 0 ? Math.round((part / whole) * 1_000) / 10 : null)
  const counted = sums.offered - sums.abandoned_short
  const work = sums.talk_ms + sums.hold_ms + sums.wrap_up_ms
  return {
    start, ...sums,
    service_level: percent(sums.answered_in_threshold, counted), abandonment: percent(sums.abandoned - sums.abandoned_short, counted),
    promises_kept: percent(sums.promise_kept, sums.promised), asa_ms: sums.answered ? Math.round(sums.answer_wait_ms / sums.answered) : null, aht_ms: sums.handled ? Math.round(work / sums.handled) : null, occupancy: percent(work, work + idle),
  }
}

/** The audit trail, newest first: a change of each kind, of rules within a queue and of a flow. */
export function changesAt(now) {
  const admin = users.find((user) => user.role === 'admin')
  const supervisor = users.find((user) => user.role === 'supervisor')
  const [queue] = queues
  const earlier = {
    ...queue, service_level_s: 30, wrap_up: { mode: 'none' },
    routing: {
      ...queue.routing, strategy: 'round_robin', priority: 5, steps: queue.routing.steps.slice(1), misses: { ...queue.routing.misses, declined: 3 },
      overflow: [{ when: { kind: 'waited_over', s: 600 }, to: { kind: 'number', to: '+74951234567', trunk: trunks[0].id } }, ...queue.routing.overflow.slice(0, 2)],
      hours: { ...queue.routing.hours, week: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '18:00' }], closed: { kind: 'voicemail' } },
    },
  }
  const flow = flows[0]
  const was = JSON.parse(flow.json)
  const [node] = Object.keys(was.nodes)
  was.nodes[node] = { ...was.nodes[node], prompts: ['old-greeting'] }
  was.nodes.lunch = { type: 'hang_up' }
  const gone = { id: id(90_001), key: 'french', name: 'Французский язык' }
  const user = { ...users[0], password: 'kept' }
  const named = Object.fromEntries([...queues, ...skills, ...flows, ...trunks, gone].map((one) => [one.id, one.name]))
  const trunk = { ...trunks[0], registration: { registrar: 'sip:provider.example', username: 'dom', password: 'kept', expires_s: 300 } }
  const all = [
    [4, admin, 'queue', earlier, queue],
    [21, admin, 'user', user, { ...user, queues: [...user.queues.slice(1), queues[3].id], skills: [...user.skills, { skill: skills[1].id, level: 4 }], weight: 2 }],
    [48, users[1], 'user', { ...users[1], password: 'kept' }, { ...users[1], password: 'another' }],
    [130, admin, 'flow', { ...flow, json: JSON.stringify(was) }, flow],
    [600, supervisor, 'skill', gone, null],
    [1_500, admin, 'trunk', trunk, { ...trunk, registration: { ...trunk.registration, password: 'another' }, sources: ['127.0.0.0/8', '192.0.2.0/24'] }],
    [1_520, admin, 'number', null, numbers[1]],
    [4_400, null, 'user', null, { ...admin, password: 'kept' }],
    [4_402, null, 'tenant', { name: 'Тёплый дом', region: 'RU', time_zone: 'Europe/Moscow' }, { name: 'Демо: «Тёплый дом»', region: 'RU', time_zone: 'Europe/Moscow' }],
    [4_500, admin, 'tenant', { capacity }, { capacity: { ...capacity, chat: { ...capacity.chat, most: 2 } } }],
  ]
  return all.map(([minutes, who, subject, before, after], n) => ({
    version: 100 - n, at: now - minutes * minute, user: who?.id ?? null, user_name: who?.name ?? null, subject, subject_id: (after ?? before).id ?? id(900), name: (after ?? before).name ?? (after ?? before).number, before, after, names: named,
  }))
}
