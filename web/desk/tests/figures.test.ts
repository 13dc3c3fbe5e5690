import type { AgentView, QueueToday, QueueView, ReportRow } from '@perezvon/api'
import { dayAfter, setLanguage } from '@perezvon/ui'
import { describe, expect, it } from 'vitest'
import { abandonment, kpi, serviceLevel } from '../src/features/floor/measures'
import { ordered } from '../src/features/floor/order'
import { rowsInSight } from '../src/features/floor/window'
import { readFilters, toQuery, writeFilters } from '../src/features/interactions/filters'
import { csvRows, withoutQuietEnds } from '../src/features/report/table'
import { lineOf } from '../src/features/admin/flow'
import { fieldsOf, refusedField } from '../src/features/admin/form'
import { WORDS } from '../src/features/admin/words'
import { offeredFor, numbered } from '../src/features/workspace/dispositions'
import { theirs, toForm, toRequest } from '../src/features/customers/form'
import { telephoneCodecs } from '../src/features/softphone/peer'
import { screenOf } from '../src/shell/router.svelte'

const today = (more: Partial<QueueToday>): QueueToday => ({ offered: 0, answered: 0, answered_in_threshold: 0, abandoned: 0, abandoned_short: 0, answer_wait_ms: 0, ...more })
const queue = (more: Partial<QueueView>): QueueView => ({ queue: 'q', channel: 'voice', key: 'q', name: 'Q', waiting: 0, callbacks: 0, longest_since: null, idle: 0, busy: 0, signed_in: 0, today: today({}), service_level_s: 20, service_level_target: 80, ...more })
const agent = (more: Partial<AgentView>): AgentView => ({ agent: 'a', name: 'A', presence: { state: 'ready' }, activity: 'idle', since: 0, device: 'browser', with: null, queue: null, chats: 0, mails: 0, handled_today: 0, mean_handle_ms: 0, ...more })

describe('measures of the floor', () => {
  it('equal the check values: 1,000 answered, 860 in time, 60 abandoned, 10 of them short', () => {
    const sums = today({ offered: 1_060, answered: 1_000, answered_in_threshold: 860, abandoned: 60, abandoned_short: 10 })
    expect(serviceLevel(sums)).toBe(81.9)
    expect(abandonment(sums)).toBe(4.8)
  })

  it('are nothing where there is nothing to divide by', () => {
    expect(serviceLevel(today({ offered: 3, abandoned: 3, abandoned_short: 3 }))).toBeNull()
    expect(kpi([], []).handleMs).toBeNull()
  })

  it('add sums and never average percentages', () => {
    const busy = queue({ today: today({ offered: 90, answered: 90, answered_in_threshold: 45 }) })
    const quiet = queue({ today: today({ offered: 10, answered: 10, answered_in_threshold: 10 }) })
    expect(kpi([busy, quiet], []).serviceLevel).toBe(55)
    expect(kpi([], [agent({ handled_today: 1, mean_handle_ms: 10 }), agent({ handled_today: 3, mean_handle_ms: 50 })]).handleMs).toBe(40)
  })

  it('the longest wait is the earliest arrival of any queue', () => {
    expect(kpi([queue({ longest_since: 500 }), queue({ longest_since: 200 }), queue({})], []).longestSince).toBe(200)
  })
})

describe('the list of agents', () => {
  const agents = [
    agent({ agent: '1', name: 'Вера', presence: { state: 'offline' }, since: 1 }),
    agent({ agent: '2', name: 'Анна', activity: 'talking', since: 300 }),
    agent({ agent: '3', name: 'Борис', activity: 'ringing', since: 400, queue: 'Продажи' }),
    agent({ agent: '4', name: 'Глеб', since: 200 }),
    agent({ agent: '5', name: 'Дарья', presence: { state: 'break', reason: 'lunch' }, since: 100 }),
  ]
  const order = (sort: Parameters<typeof ordered>[1], text = '') => ordered(agents, sort, text).map((one) => one.agent).join('')

  it('shows those at work first, then the ready, then the absent', () => {
    expect(order('state')).toBe('32451')
    expect(order('name')).toBe('23145')
    expect(order('since')).toBe('15423')
  })

  it('is found by name or queue', () => {
    expect(order('name', 'прод')).toBe('3')
    expect(order('name', 'АННА')).toBe('2')
  })

  it('draws a long list only where it is looked at', () => {
    expect(rowsInSight(0, 800, 40, 90)).toEqual({ first: 0, end: 90 })
    expect(rowsInSight(0, 800, 40, 500)).toEqual({ first: 0, end: 32 })
    expect(rowsInSight(4_000, 800, 40, 500)).toEqual({ first: 88, end: 132 })
    expect(rowsInSight(99_999, 800, 40, 500)).toEqual({ first: 500, end: 500 })
  })
})

describe('the journal’s filters', () => {
  it('survive the address of the page', () => {
    const filters = { ...readFilters(new URLSearchParams()), number: '+7916', text: 'чек & чай', from: '2026-11-01' }
    expect(readFilters(new URLSearchParams(writeFilters(filters).toString()))).toEqual(filters)
  })

  it('ask for whole days of the company’s zone, the last one included', () => {
    const query = toQuery({ ...readFilters(new URLSearchParams('from=2026-11-20&to=2026-11-20')) }, 'Europe/Moscow')
    expect(Number(query.to) - Number(query.from)).toBe(86_400_000)
    expect(query.from).toBe(Date.parse('2026-11-19T21:00:00Z'))
  })

  it('step over the ends of months', () => {
    expect([dayAfter('2026-02-28'), dayAfter('2026-01-01', -1)]).toEqual(['2026-03-01', '2025-12-31'])
  })
})

describe('the day report', () => {
  it('goes into CSV with seconds and numbers, and an empty cell where there is no figure', () => {
    setLanguage('en')
    const row = { start: 0, offered: 4, answered: 3, answered_in_threshold: 2, abandoned: 1, abandoned_short: 0, answer_wait_ms: 30_000, talk_ms: 0, hold_ms: 0, wrap_up_ms: 0, handled: 3, occupied_ms: 0, idle_ms: 0, promised: 2, promise_kept: 1, promise_sooner: 1, service_level: 50, asa_ms: 10_400, abandonment: 25, promises_kept: 50, aht_ms: null, occupancy: null }
    const [head, first, total] = csvRows({ date: '2026-11-20', time_zone: 'UTC', service_level_s: 20, formula: 1, intervals: [row], total: row }, () => '00:00–00:15')
    expect(head).toContain('Service level, %')
    expect(head).toContain('Answer speed, s')
    expect(first).toEqual(['00:00–00:15', 4, 3, 2, 1, 0, 50, 25, 10, null, null, 50, 2, 1, 1])
    expect(total?.[0]).toBe('Day')
  })
})

describe('the report on the screen', () => {
  it('leaves out the quiet ends of the day but not a quiet hour within', () => {
    const at = (start: number, offered: number) => ({ start, offered, handled: 0 }) as ReportRow
    const starts = (rows: number[]) => withoutQuietEnds(rows.map((offered, start) => at(start, offered))).map((row) => row.start)
    expect(starts([0, 0, 2, 0, 3, 0])).toEqual([2, 3, 4])
    expect(starts([0, 0])).toEqual([])
  })
})

describe('settings', () => {
  it('every form makes a request from a blank start and from what it was given', () => {
    for (const word of WORDS) {
      const form = word.toForm(null)
      for (const field of fieldsOf(word).filter((field) => field.kind !== 'title')) expect(Object.keys(form), `${word.name}.${field.name}`).toContain(field.name)
      expect(word.toBody(form)).toBeTypeOf('object')
    }
  })

  it('an empty password is not sent, so that the saved one stays', () => {
    const users = WORDS.find((word) => word.name === 'users')!
    expect(users.toBody(users.toForm(null))).not.toHaveProperty('password')
    expect(users.toBody({ ...users.toForm(null), password: 'long enough' })).toHaveProperty('password', 'long enough')
  })

  it('a refusal marks the field it means, nested or not', () => {
    const fields = (name: string) => fieldsOf(WORDS.find((word) => word.name === name)!)
    expect(refusedField(fields('queues'), 'wrap_up.limit_s')?.name).toBe('wrap_up_limit_s')
    expect(refusedField(fields('queues'), 'routing.steps[1].after_s')?.name).toBe('steps')
    expect(refusedField(fields('queues'), 'routing.misses.busy')?.name).toBe('misses_busy')
    expect(refusedField(fields('queues'), 'required_skills[0].level')?.name).toBe('required_skills')
    expect(refusedField(fields('trunks'), 'registration.registrar')?.name).toBe('registrar')
    expect(refusedField(fields('trunks'), 'nothing')).toBeUndefined()
  })

  it('a problem of a flow leads to its node', () => {
    const json = '{\n  "start": "menu",\n  "nodes": {\n    "menu": { "type": "menu" }\n  }\n}'
    const { start, end, line } = lineOf(json, 'menu')
    expect(json.slice(start, end)).toBe('menu')
    expect(line).toBe(3)
    expect(lineOf(json, 'gone').start).toBe(0)
  })
})

describe('dispositions', () => {
  const all = [
    { id: 'a', key: 'a', name: 'A', queues: [] },
    { id: 'b', key: 'b', name: 'B', queues: ['q1'] },
  ]
  const key = (code: string, more = {}) => ({ code, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more })

  it('of another queue are not offered', () => {
    expect(offeredFor(all, 'q2').map((one) => one.id)).toEqual(['a'])
    expect(offeredFor(all, null).map((one) => one.id)).toEqual(['a'])
  })

  it('are chosen by number, and only by a plain one', () => {
    expect(numbered(key('Digit2'), all)?.id).toBe('b')
    expect(numbered(key('Numpad1'), all)?.id).toBe('a')
    expect(numbered(key('Digit3'), all)).toBeUndefined()
    expect(numbered(key('Digit1', { altKey: true }), all)).toBeUndefined()
  })
})

describe('a customer’s card', () => {
  const card = { id: 'c', name: 'Ольга', company: '', numbers: ['+79161234567'], fields: [{ name: 'contract', value: '48' }], note: '', recent: [], version: 3, is_new: false, owner: 'u1', last_agent: null }

  it('comes back from its form as it was', () => {
    expect(toRequest(toForm(card))).toEqual({ name: 'Ольга', company: '', numbers: ['+79161234567'], fields: [{ name: 'contract', value: '48' }], note: '', owner: 'u1' })
  })

  it('shows only where the other person’s version differs', () => {
    expect(theirs({ ...toForm(card), name: 'Ольга В.' }, { ...card, note: 'срочно' }).map((item) => [item.name, item.value])).toEqual([['name', 'Ольга'], ['note', 'срочно']])
  })
})

describe('the softphone', () => {
  it('offers G.711 first and digits, at 8 kHz only', () => {
    const codecs = [['audio/opus', 48_000], ['audio/telephone-event', 48_000], ['audio/telephone-event', 8_000], ['audio/PCMA', 8_000], ['audio/PCMU', 8_000]].map(([mimeType, clockRate]) => ({ mimeType: String(mimeType), clockRate: Number(clockRate) }))
    expect(telephoneCodecs(codecs).map((codec) => codec.mimeType)).toEqual(['audio/PCMU', 'audio/PCMA', 'audio/telephone-event'])
  })
})

describe('addresses', () => {
  it.each([
    ['/', 'workspace'],
    ['/journal', 'journal'],
    ['/journal/0193', 'conversation'],
    ['/admin/flows/new', 'admin'],
    ['/what', 'nowhere'],
  ])('%s is the %s', (path, name) => expect(screenOf(path).name).toBe(name))
})
