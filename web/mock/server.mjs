// Development only: answers the API and the socket with made-up data, so that screens can be worked on, looked at and
// checked without the server. `POST /mock/story {"step": "ring"}` drives what an agent lives through; steps: offline,
// ready, ring, talk, hold, lost, transfer, wrap_up, missed, idle; with chats and mails: item_ring, items, items_call,
// items_wrap_up; also `{"health": "behind"}`, `{"fail": true}`,
// `{"empty": true}`, `{"agents": 300}`, `{"socket": "drop"}`. Serves web/dist when it is built.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { capacity, changesAt, customersAt, dispositions, entriesOf, flows, id, interactionsAt, numbers, queues, recordingsOf, reportAt, skills, trunks, users } from './data.mjs'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const words = { queues, skills, dispositions, flows, numbers, trunks, users }

export function startMock({ port = 8080, demo = true } = {}) {
  const started = Date.now()
  const state = { role: null, demo: { calls_per_minute: 4, life: true }, health: 'ok', fail: false, slow: 0, empty: false, agents: 12, customers: customersAt(started), desk: null, sockets: new Set(), commands: [] }
  state.desk = desk(state, 'offline')

  const me = () => {
    const user = users.find((one) => one.role === state.role)
    return { id: user.id, tenant: id(900), tenant_name: 'Демо: «Тёплый дом»', email: user.email, name: user.name, role: user.role, language: 'ru', time_zone: 'Europe/Moscow', demo }
  }
  const tell = (message) => {
    for (const socket of state.sockets) socket.send(JSON.stringify(message))
  }
  const redraw = () => {
    tell({ type: 'desk', desk: state.desk })
    for (const socket of state.sockets) if (socket.floor) socket.send(JSON.stringify({ type: 'floor', floor: floor(state) }))
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock')
    const body = await read(request)
    const answer = (status, value, headers = {}) => {
      response.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json', ...headers })
      response.end(value === undefined ? '' : JSON.stringify(value))
    }
    const refuse = (status, code, detail, more = {}) => answer(status, { type: `about:blank`, title: code, status, code, detail, id: 'req-7f3a', ...more })
    if (url.pathname === '/mock/story') {
      story(state, body, { tell, redraw })
      return answer(200, { desk: state.desk, commands: state.commands })
    }
    if (!url.pathname.startsWith('/api/')) return file(url.pathname, response)
    if (state.slow) await new Promise((resolve) => setTimeout(resolve, state.slow))
    const path = url.pathname.slice('/api/v1'.length)
    const key = `${request.method} ${path}`
    if (path === '/session' && request.method === 'GET') return state.role ? answer(200, me()) : refuse(401, 'signed_out', 'sign in')
    if (key === 'DELETE /session') {
      state.role = null
      return answer(204)
    }
    if (key === 'POST /session') {
      const user = users.find((one) => one.email === body.email)
      if (!user || body.password !== 'demo-password') return refuse(401, 'wrong_password', 'the e-mail or the password is wrong; check both')
      state.role = user.role
      return answer(200, { token: 'mock', user: me() })
    }
    if (path.startsWith('/demo') && demo && !state.role && key !== 'GET /demo' && key !== 'POST /demo/session') return refuse(401, 'signed_out', 'sign in first')
    if (key === 'GET /demo' && !demo) return answer(204)
    if (path.startsWith('/demo')) return demo ? demoAnswer(key, body, state, answer, redraw) : refuse(404, 'not_found', 'no such thing')
    if (!state.role) return refuse(401, 'signed_out', 'sign in')
    if (key === 'PUT /session/language') return answer(204)
    if (key === 'PUT /session/password') return body.old_password === 'demo-password' ? answer(204) : refuse(422, 'bad_value', 'this is not the password; write the one you sign in with', { field: 'old_password' })
    if (state.fail) return refuse(503, 'database_away', 'The database does not answer. Calls go on; try again in a moment.')
    return api(key, path, url, body, state, answer, refuse, me, redraw, request, response)
  })

  const wss = new WebSocketServer({ server, path: '/api/v1/socket' })
  wss.on('connection', (socket) => {
    if (!state.role || state.closed) return socket.close(1008, 'signed_out')
    state.sockets.add(socket)
    socket.on('close', () => state.sockets.delete(socket))
    const send = (message) => socket.send(JSON.stringify(message))
    send({ type: 'hello', me: me(), server_time: Date.now(), version: 'mock' })
    send({ type: 'health', journal: state.health })
    if (state.role === 'agent') send({ type: 'desk', desk: state.desk })
    socket.on('message', (data) => {
      const message = JSON.parse(String(data))
      if (message.type === 'subscribe') {
        socket.floor = message.floor
        if (message.floor) send({ type: 'floor', floor: floor(state) })
      }
      if (message.type === 'command') {
        const refused = obey(state, message.command)
        send(refused ? { type: 'reply', id: message.id, ok: false, ...refused } : { type: 'reply', id: message.id, ok: true })
        redraw()
      }
      if (message.type === 'rtc_offer') {
        if (state.rtc) state.rtc(message.sdp).then((sdp) => send({ type: 'rtc_answer', id: message.id, sdp }))
        else send({ type: 'reply', id: message.id, ok: false, code: 'not_now', detail: 'the mock has no media' })
      }
    })
  })
  const beat = setInterval(() => {
    tell({ type: 'ping' })
    for (const socket of state.sockets) if (socket.floor) socket.send(JSON.stringify({ type: 'floor', floor: floor(state) }))
  }, 1_000)

  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        state,
        story: (step) => story(state, step, { tell, redraw }),
        stop: () => {
          clearInterval(beat)
          for (const socket of wss.clients) socket.terminate()
          server.closeAllConnections()
          return new Promise((done) => server.close(done))
        },
      }),
    )
  })
}

function about(state) {
  const now = Date.now()
  const customer = state.stranger ? { ...state.customers[0], name: '', company: '', fields: [], note: '', recent: [], is_new: true, version: 1 } : state.customers[0]
  return { interaction: state.interaction, from: customer.numbers[0], to: '+74950000001', queue: queues[0].id, queue_name: queues[0].name, arrived_at: now - 47_000, waited_ms: 38_000, customer, collected: [{ name: 'menu', value: 'Оплата' }, { name: 'account', value: '48-1120' }], transferred_by: null, callback: false }
}

/** A chat or a mail at the desk. */
function item(state, n, phase, since) {
  const customer = state.customers[n]
  const [channel, key, subject, from] = [
    ['chat', 'chat', 'Где мой заказ 48-1120?', 'Посетитель сайта'],
    ['chat', 'chat', 'Не проходит оплата картой', '+79161234678'],
    ['chat', 'chat', 'Как перенести доставку на субботу, если курьер уже выехал?', '@gusev'],
    ['mail', 'mail', 'Акт сверки за октябрь', 'inna@lebedeva.example'],
    ['chat', 'chat', 'Нужен счёт на оплату', 'Гость'],
  ][n]
  const queue = queues.find((one) => one.key === key)
  return {
    about: { ...about(state), interaction: id(71_000 + n), from, to: '', queue: queue.id, queue_name: queue.name, waited_ms: 14_000 + n * 21_000, customer: n === 4 ? null : customer, collected: [] },
    channel, subject, link: `https://chats.example/${n}`, phase, since: Date.now() - since, disposition: null, note: n === 0 ? 'Заказ едет, обещан на завтра' : '',
  }
}

function desk(state, step) {
  const now = Date.now()
  const base = {
    agent: users[0].id, presence: { state: 'ready' }, activity: 'idle', since: now - 9_000, device: 'browser', browser_connected: true, phone_registered: false,
    offer: null, call: null, wrap_up: null, items: [], queues: [0, 1, 4, 5].map((n) => queueViews(state)[n]), handled_today: 23, mean_handle_ms: 221_000,
  }
  const call = { about: about(state), connected_at: now - 252_000, held_since: null, held_by_peer: false, muted: false, lost_until: null, recording: true, wrap_up_wanted: true, disposition: null, note: state.desk?.call?.note ?? '' }
  const atHand = { phase: 'at_hand', wrap_up_wanted: null }
  const wrapUp = { about: about(state), started_at: now - 12_000, deadline: now + 48_000, talk_ms: 252_000, may_extend: true, transfer_ringing: null, disposition: state.desk?.call?.disposition ?? null, note: state.desk?.call?.note ?? '' }
  switch (step) {
    case 'offline': return { ...base, presence: { state: 'offline' } }
    case 'ready': case 'idle': return base
    case 'missed': return { ...base, presence: { state: 'break', reason: 'missed_offer' } }
    case 'lunch': return { ...base, presence: { state: 'break', reason: 'lunch' }, since: now - 760_000 }
    case 'ring': return { ...base, activity: 'ringing', since: now, offer: { offer: id(70_000), offered_at: now - 3_000, deadline: now + 17_000, device: 'browser', calls_customer: false, about: about(state) } }
    case 'talk': return { ...base, activity: 'talking', since: now - 252_000, call }
    case 'fresh': return { ...base, activity: 'talking', since: now, call: { ...call, connected_at: now } }
    case 'hold': return { ...base, activity: 'hold', since: now - 31_000, call: { ...call, held_since: now - 31_000 } }
    case 'lost': return { ...base, activity: 'talking', since: now - 252_000, browser_connected: false, call: { ...call, lost_until: now + 24_000 } }
    case 'transfer': return { ...base, activity: 'wrap_up', since: now, wrap_up: { ...wrapUp, transfer_ringing: 'Мария Тихонова' } }
    case 'wrap_up': return { ...base, activity: 'wrap_up', since: now, wrap_up: wrapUp }
    case 'item_ring': return { ...base, activity: 'ringing', since: now, items: [item(state, 1, atHand, 191_000), item(state, 0, { phase: 'offered', offer: id(70_001), deadline: now + 17_000 }, 3_000)] }
    case 'items': return { ...base, activity: 'talking', since: now - 252_000, items: [item(state, 0, atHand, 252_000), item(state, 1, atHand, 91_000), item(state, 2, atHand, 12_000), item(state, 3, { phase: 'resting' }, 252_000)] }
    case 'items_call': return { ...base, activity: 'talking', since: now - 252_000, call, items: [item(state, 3, { phase: 'resting' }, 252_000)] }
    case 'items_wrap_up': return { ...base, activity: 'talking', since: now - 9_000, items: [item(state, 0, { phase: 'wrap_up', deadline: now + 48_000, may_extend: true }, 12_000), item(state, 4, atHand, 9_000)] }
    default: throw new Error(`no step ${step}`)
  }
}

function story(state, step, { tell, redraw }) {
  if ('demo' in step) state.demo = step.demo
  for (const key of ['fail', 'slow', 'empty', 'agents', 'stranger', 'closed', 'health']) if (key in step) state[key] = step[key]
  if ('health' in step) tell({ type: 'health', journal: state.health })
  if (step.socket === 'drop') for (const socket of state.sockets) socket.terminate()
  if ('role' in step) state.role = step.role
  if (step.step) {
    if (step.step === 'ring' || !state.interaction) state.interaction = id()
    state.desk = desk(state, step.step)
  }
  redraw()
}

function obey(state, command) {
  state.commands.push(command)
  const { desk: view } = state
  switch (command.command) {
    case 'set_presence':
      state.desk = { ...view, presence: command.presence, since: Date.now() }
      return undefined
    case 'set_device':
      if (command.device === 'phone') return { code: 'no_device', detail: 'connect the browser’s audio or register the phone first' }
      state.desk = { ...view, device: command.device }
      return undefined
    case 'accept': {
      const offered = view.items.find((one) => one.phase.offer === command.offer)
      if (offered) {
        state.desk = { ...view, activity: 'talking', items: view.items.map((one) => (one === offered ? { ...one, phase: { phase: 'at_hand', wrap_up_wanted: null }, since: Date.now() } : one)) }
        return undefined
      }
      if (!view.offer) return { code: 'offer_over', detail: 'the offer is over' }
      state.desk = desk(state, 'fresh')
      return undefined
    }
    case 'decline':
      state.desk = view.items.some((one) => one.phase.offer === command.offer) ? { ...view, items: view.items.filter((one) => one.phase.offer !== command.offer) } : { ...desk(state, 'missed') }
      return undefined
    case 'hang_up':
      state.desk = desk(state, 'wrap_up')
      return undefined
    case 'hold':
      state.desk = { ...view, activity: command.on ? 'hold' : 'talking', since: Date.now(), call: { ...view.call, held_since: command.on ? Date.now() : null } }
      return undefined
    case 'mute':
      state.desk = { ...view, call: { ...view.call, muted: command.on } }
      return undefined
    case 'finish': {
      const phase = { phase: 'wrap_up', deadline: Date.now() + 60_000, may_extend: true }
      state.desk = { ...view, items: view.items.map((one) => (one.about.interaction === command.interaction ? { ...one, phase, since: Date.now() } : one)) }
      return undefined
    }
    case 'send_digits':
      return undefined
    case 'transfer':
      if (view.items.some((one) => one.about.interaction === command.interaction)) {
        state.desk = { ...view, items: view.items.filter((one) => one.about.interaction !== command.interaction) }
        return undefined
      }
      if (command.to.kind === 'agent') {
        state.desk = desk(state, 'transfer')
        return undefined
      }
      state.desk = desk(state, 'wrap_up')
      return undefined
    case 'wrap_up': {
      const written = view.items.find((one) => one.about.interaction === command.interaction)
      if (written) {
        const next = { ...written, note: command.note, disposition: command.disposition }
        state.desk = { ...view, items: view.items.flatMap((one) => (one === written ? (command.finish ? [] : [next]) : [one])) }
        return undefined
      }
      const subject = view.call ?? view.wrap_up
      if (!subject || subject.about.interaction !== command.interaction) return { code: 'not_yours', detail: 'this conversation is not yours or is over' }
      const next = { ...subject, note: command.note, disposition: command.disposition }
      state.desk = command.finish ? { ...desk(state, 'ready'), handled_today: 24 } : view.call ? { ...view, call: next } : { ...view, wrap_up: next }
      return undefined
    }
    default:
      return { code: 'bad_value', detail: 'unknown command' }
  }
}

function queueViews(state) {
  const now = Date.now()
  return queues.map((queue, n) => ({
    queue: queue.id, key: queue.key, name: queue.name, channel: queue.routing.channel, waiting: [3, 4, 0, 1, 2, 9][n], callbacks: [0, 1, 0, 0, 0, 0][n], longest_since: [now - 80_000, now - 161_000, null, now - 12_000, now - 31_000, now - 1_900_000][n], idle: [4, 0, 2, 1, 1, 2][n], busy: [6, 7, 3, 1, 4, 3][n], signed_in: [11, 8, 5, 2, 5, 5][n],
    today: { offered: [412, 268, 133, 41, 96, 58][n], answered: [391, 231, 127, 40, 90, 49][n], answered_in_threshold: [350, 186, 118, 38, 84, 47][n], abandoned: [21, 37, 6, 1, 4, 0][n], abandoned_short: [6, 5, 2, 0, 1, 0][n], answer_wait_ms: [391 * 14_000, 231 * 31_000, 127 * 9_000, 40 * 6_000, 90 * 22_000, 49 * 600_000][n] },
    service_level_s: queue.service_level_s, service_level_target: queue.service_level_target,
  }))
}

function floor(state) {
  const now = Date.now()
  const activities = ['talking', 'wrap_up', 'ringing', 'hold', 'idle', 'idle', 'talking', 'talking', 'reserved', 'idle', 'talking', 'idle']
  const agents = Array.from({ length: state.agents }, (_, n) => {
    const user = users[n % 12]
    const activity = activities[n % 12]
    // The tenth chats.
    const busy = n % 12 !== 10 && ['talking', 'hold', 'ringing'].includes(activity)
    return {
      agent: n < 12 ? user.id : id(20_000 + n), name: n < 12 ? user.name : `${user.name} ${n}`, presence: n % 12 === 5 ? { state: 'break', reason: 'lunch' } : n % 12 === 11 ? { state: 'offline' } : { state: 'ready' }, activity,
      since: now - [252, 22, 4, 67, 9, 760, 130, 41, 1, 35, 512, 4_000][n % 12] * 1_000, device: n % 3 === 2 ? 'phone' : 'browser', with: busy ? state.customers[n % 12].name : null, queue: busy || activity === 'wrap_up' ? queues[n % 3].name : null, chats: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0][n % 12], mails: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][n % 12], handled_today: 17 + (n * 7) % 15, mean_handle_ms: 180_000 + (n * 17_000) % 130_000,
    }
  })
  return { at: now, queues: state.empty ? [] : queueViews(state), agents: state.empty ? [] : agents, calls: 19 }
}

function demoAnswer(key, body, state, answer, redraw) {
  if (key === 'GET /demo') return answer(200, state.demo)
  if (key === 'PUT /demo') {
    state.demo = { ...state.demo, calls_per_minute: body.calls_per_minute }
    return answer(200, state.demo)
  }
  if (key === 'POST /demo/session') {
    state.role = body.role
    return answer(200, { token: 'mock' })
  }
  answer(204)
  setTimeout(() => {
    state.interaction = id()
    state.desk = desk(state, 'ring')
    redraw()
  }, 1_500)
  return undefined
}

function api(key, path, url, body, state, answer, refuse, me, redraw, request, response) {
  const now = Date.now()
  const [, word, one, part] = path.split('/')
  const query = url.searchParams
  if (key === 'GET /desk') return answer(200, state.desk)
  if (key === 'GET /floor') return answer(200, floor(state))
  if (key === 'POST /desk/command') {
    const refused = obey(state, body)
    redraw()
    return refused ? refuse(409, refused.code, refused.detail) : answer(204)
  }
  if (key === 'GET /directory') return answer(200, { queues: queues.map(({ id, key, name, routing }) => ({ id, key, name, channel: routing?.channel ?? 'voice' })), agents: users.filter((user) => user.role === 'agent').map(({ id, name }) => ({ id, name })), dispositions, skills })
  if (word === 'interactions') {
    const rows = state.empty ? [] : interactionsAt(Math.floor(now / 60_000) * 60_000)
    if (!one) {
      const has = (text, part) => String(text ?? '').toLowerCase().includes(part.toLowerCase())
      const found = rows.filter((row) =>
        (!query.get('number') || has(row.from, query.get('number').replace(/[^\d]/g, ''))) && (!query.get('agent') || row.agent === query.get('agent')) && (!query.get('queue') || row.queue === query.get('queue')) &&
        (!query.get('outcome') || row.outcome === query.get('outcome')) && (!query.get('text') || has(`${row.note} ${row.customer_name}`, query.get('text'))) && (!query.get('from') || row.started_at >= Number(query.get('from'))) && (!query.get('to') || row.started_at < Number(query.get('to'))))
      const from = Number(query.get('cursor') ?? 0)
      const limit = Number(query.get('limit') ?? 50)
      return answer(200, { items: found.slice(from, from + limit), next_cursor: from + limit < found.length ? String(from + limit) : null })
    }
    const row = interactionsAt(Math.floor(now / 60_000) * 60_000).find((row) => row.id === one)
    if (!row) return refuse(404, 'not_found', 'there is no such conversation')
    if (part === 'peaks') {
      const n = Math.min(2_000, Number(query.get('n') ?? 400))
      const lane = (shift) => Array.from({ length: n }, (_, at) => (Math.sin(at / 23 + shift) > 0 ? Math.round(40 + 150 * Math.abs(Math.sin(at * 1.7 + shift) * Math.cos(at / 7))) : 3))
      return answer(200, { left: lane(0), right: lane(Math.PI), duration_ms: row.recording_ms })
    }
    if (part === 'recording') return sound(request, response)
    return answer(200, { interaction: row, entries: entriesOf(row), recordings: recordingsOf(row), customer: state.customers.find((card) => card.id === row.customer) ?? null })
  }
  if (key === 'GET /changes') {
    const asked = (name, value) => !query.get(name) || query.get(name) === value
    const found = changesAt(now).filter((change) => asked('subject', change.subject) && asked('id', change.subject_id) && asked('by', change.user ?? 'console') && (!query.get('from') || change.at >= Number(query.get('from'))) && (!query.get('to') || change.at < Number(query.get('to'))))
    return answer(200, { items: state.empty ? [] : found, next_cursor: null })
  }
  if (word === 'customers') {
    if (!one && request.method === 'POST') {
      const card = { ...body, id: id(), version: 1, recent: [], is_new: false, last_agent: null }
      state.customers.push(card)
      return answer(201, card)
    }
    if (!one) {
      const text = (query.get('text') ?? '').toLowerCase()
      return answer(200, { items: state.empty ? [] : state.customers.filter((card) => `${card.name} ${card.company} ${card.numbers}`.toLowerCase().includes(text)).slice(0, Number(query.get('limit') ?? 50)), next_cursor: null })
    }
    const card = state.customers.find((card) => card.id === one)
    if (!card) return refuse(404, 'not_found', 'there is no such customer')
    if (request.method === 'GET') return answer(200, card)
    if (body.version !== card.version) return refuse(409, 'changed_meanwhile', 'somebody saved this card meanwhile', { current: card })
    if (body.numbers.some((number) => !/^\+?[\d ()-]{7,}$/.test(number))) return refuse(422, 'bad_value', 'this is not a telephone number; write it as +74951234567', { field: 'numbers[0]' })
    Object.assign(card, { ...body, version: card.version + 1 })
    return answer(200, card)
  }
  if (key === 'GET /reports/day') return answer(200, reportAt(query.get('date'), 'Europe/Moscow', state.empty ? 0 : now))
  if (word === 'flows' && one === 'check') return answer(200, { problems: JSON.stringify(body).includes('nowhere') ? [{ node: 'menu', message: 'leads to “nowhere”, which does not exist' }, { node: null, message: 'the flow has no way out of a loop' }] : [] })
  if (key === 'GET /queues/warnings') return answer(200, state.empty ? [] : [{ queue: queues[3].id, kind: { kind: 'nobody_has_skill', skill: skills[0].id, level: 7 } }])
  if (key === 'GET /capacity') return answer(200, capacity)
  if (key === 'PUT /capacity') {
    const dear = ['voice', 'chat', 'mail'].find((channel) => body[channel].most > 0 && body[channel].cost > body.units)
    if (dear) return refuse(422, 'bad_value', 'one costs more units than an agent has, so none could be taken; lower this or raise the units', { field: `capacity.${dear}.cost` })
    return answer(200, Object.assign(capacity, body))
  }
  if (words[word]) {
    const list = words[word]
    if (!one && request.method === 'GET') return answer(200, state.empty ? [] : list)
    if (request.method === 'DELETE') {
      if (word === 'queues') return refuse(409, 'in_use', 'agents and flows use this queue; take it out of them first', { used_by: ['Анна Козлова', 'Олег Рыбаков', 'main'] })
      list.splice(list.findIndex((row) => row.id === one), 1)
      return answer(204)
    }
    const wrong = word === 'queues' && request.method !== 'DELETE' && wrongRule(body.routing)
    if (wrong) return refuse(422, 'bad_value', wrong.detail, { field: wrong.field })
    if ('name' in body && !body.name.trim()) return refuse(422, 'bad_value', 'a name is needed', { field: 'name' })
    if (!one) {
      const row = { ...body, id: id() }
      list.push(row)
      return answer(201, row)
    }
    const row = list.find((row) => row.id === one)
    if (request.method === 'GET') return answer(200, row)
    Object.assign(row, body)
    return answer(200, row)
  }
  return refuse(404, 'not_found', 'there is no such thing')
}

/** One refusal of each kind that a list of rules can meet. */
function wrongRule({ overflow, hours }) {
  const number = overflow.findIndex((rule) => rule.to.kind === 'number' && !/^(\+?\d{2,15}|sips?:.+)$/.test(rule.to.to))
  if (number >= 0) return { field: `routing.overflow[${number}].to.to`, detail: 'write a number such as +74951234567 or a SIP URI such as sip:desk@192.0.2.7' }
  const row = hours?.week.findIndex((row) => row.from >= row.to) ?? -1
  if (row >= 0) return { field: `routing.hours.week[${row}].to`, detail: 'must be later than it begins; split a night at 24:00' }
  return undefined
}

/** Ten seconds of two soft tones, one a channel, as 8-bit WAV. */
function sound(request, response) {
  const rate = 8_000
  const bytes = Buffer.alloc(44 + rate * 2 * 10, 128)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  for (const [at, value, wide] of [[16, 16, 4], [20, 1, 2], [22, 2, 2], [24, rate, 4], [28, rate * 2, 4], [32, 2, 2], [34, 8, 2]]) bytes.writeUIntLE(value, at, wide)
  bytes.write('data', 36)
  bytes.writeUInt32LE(bytes.length - 44, 40)
  for (let n = 0; n < rate * 10; n += 1) bytes[44 + 2 * n + (Math.floor(n / rate) % 2)] = 128 + Math.round(20 * Math.sin(n / 3))
  response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': bytes.length, 'Accept-Ranges': 'none' })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

async function read(request) {
  const parts = []
  for await (const part of request) parts.push(part)
  const text = Buffer.concat(parts).toString()
  return text ? JSON.parse(text) : {}
}

function file(path, response) {
  const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' }
  let target = join(dist, normalize(path))
  if (!existsSync(target) || statSync(target).isDirectory()) {
    if (path.startsWith('/assets/')) return response.writeHead(404).end()
    target = join(dist, 'index.html')
  }
  if (!existsSync(target)) return response.writeHead(404).end('npm run build first')
  response.writeHead(200, { 'Content-Type': types[extname(target)] ?? 'application/octet-stream' })
  return response.end(readFileSync(target))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startMock({ port: Number(process.env.PORT ?? 8080), demo: process.env.DEMO !== 'off' })
  console.log(`mock of the server at ${url}`)
}
