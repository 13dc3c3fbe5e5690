// Each screen mounts in both languages over made-up answers, and says in words what it is.
import { setLanguage, type Language } from '@perezvon/ui'
import { render, screen, waitFor } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Component } from 'svelte'
import type { DayReport, DeskView, FloorView, Me } from '@perezvon/api'
import { live } from '../src/live/live.svelte'
import { session } from '../src/features/session/session.svelte'
import { router } from '../src/shell/router.svelte'
import Admin from '../src/features/admin/Admin.svelte'
import Conversation from '../src/features/interactions/Conversation.svelte'
import Customer from '../src/features/customers/Customer.svelte'
import Customers from '../src/features/customers/Customers.svelte'
import Floor from '../src/features/floor/Floor.svelte'
import Help from '../src/shell/Help.svelte'
import Journal from '../src/features/interactions/Journal.svelte'
import Palette from '../src/shell/Palette.svelte'
import Report from '../src/features/report/Report.svelte'
import SignIn from '../src/features/session/SignIn.svelte'
import Workspace from '../src/features/workspace/Workspace.svelte'
// @ts-expect-error -- the development mock, plain JavaScript
import { customersAt, entriesOf, flows, interactionsAt, queues, reportAt, users } from '../../mock/data.mjs'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const row = interactionsAt(NOW)[4]
const me: Me = { id: users[0].id, tenant: 't', tenant_name: 'Demo', email: 'a@demo.example', name: 'Анна', role: 'admin', language: 'ru', time_zone: 'Europe/Moscow', demo: false }

const untold = (report: DayReport): DayReport => ({ ...report, total: { ...report.total, promised: 0, promise_kept: 0, promise_sooner: 0, promises_kept: null } })
const answers: [RegExp, unknown][] = [
  [/\/interactions\/[^/]+\/peaks/, { left: [1, 2], right: [2, 1], duration_ms: 4_000 }],
  [/\/interactions\/[^/]+$/, { interaction: { ...row, recording: 'none' }, entries: entriesOf(row), recordings: [], customer: customersAt(NOW)[0] }],
  [/\/interactions/, { items: interactionsAt(NOW, 5), next_cursor: null }],
  [/\/customers\/[^/]+$/, customersAt(NOW)[0]],
  [/\/customers/, { items: customersAt(NOW), next_cursor: null }],
  [/\/reports\/day\?.*2026-11-19/, untold(reportAt('2026-11-19', 'Europe/Moscow', NOW))],
  [/\/reports\/day/, reportAt('2026-11-20', 'Europe/Moscow', NOW + 86_400_000)],
  [/\/flows\/check/, { problems: [{ node: 'menu', field: null, message: 'leads nowhere' }] }],
  [/\/queues/, queues],
  [/\/flows/, flows],
]

const about = { interaction: 'i1', from: '+79161234567', to: '+74950000001', queue: queues[0].id, queue_name: 'Поддержка', arrived_at: NOW, waited_ms: 38_000, customer: customersAt(NOW)[0], collected: [{ name: 'account', value: '48-1120' }], transferred_by: null, callback: false }
const idle: DeskView = { agent: me.id, presence: { state: 'ready' }, activity: 'idle', since: NOW, device: 'browser', browser_connected: true, phone_registered: false, offer: null, call: null, wrap_up: null, items: [], queues: [], handled_today: 3, mean_handle_ms: 1 }
const call = { about, connected_at: NOW, held_since: null, held_by_peer: false, muted: false, lost_until: null, recording: true, wrap_up_wanted: null, disposition: null, note: '' }
const floor: FloorView = { at: NOW, calls: 2, queues: [{ queue: 'q', key: 'q', name: 'Поддержка', channel: 'voice', waiting: 2, callbacks: 0, longest_since: NOW, idle: 0, busy: 1, signed_in: 0, today: { offered: 1_060, answered: 1_000, answered_in_threshold: 860, abandoned: 60, abandoned_short: 10, answer_wait_ms: 1 }, service_level_s: 20, service_level_target: 80 }], agents: [{ agent: 'a', name: 'Анна', presence: { state: 'ready' }, activity: 'talking', since: NOW, device: 'browser', with: 'Ольга', queue: 'Поддержка', chats: 2, mails: 1, handled_today: 2, mean_handle_ms: 60_000 }] }

beforeEach(() => {
  vi.stubGlobal('fetch', async (url: string) => {
    const found = answers.find(([pattern]) => pattern.test(String(url)))
    return new Response(JSON.stringify(found ? found[1] : { items: [], next_cursor: null }), { status: found ? 200 : 404 })
  })
  session.state = { at: 'signed_in', me }
})
afterEach(() => {
  live.desk = null
  live.floor = null
})

interface Case {
  name: string
  page: Component<Record<string, never>>
  path?: string
  before?: () => void
  says: Record<Language, string | RegExp>
}

const any = (page: unknown) => page as Component<Record<string, never>>
const cases: Case[] = [
  { name: 'sign-in', page: any(SignIn), says: { en: 'Sign in to Perezvon', ru: 'Вход в Перезвон' } },
  { name: 'workspace, ready', page: any(Workspace), before: () => (live.desk = idle), says: { en: 'Ready for calls', ru: 'Ждём звонка' } },
  { name: 'workspace, missed', page: any(Workspace), before: () => (live.desk = { ...idle, presence: { state: 'break', reason: 'missed_offer' } }), says: { en: /You missed a call/, ru: /Вы пропустили звонок/ } },
  { name: 'workspace, phone not reached', page: any(Workspace), before: () => (live.desk = { ...idle, device: 'phone', presence: { state: 'break', reason: 'phone_unreachable' } }), says: { en: /phone was busy or could not be reached/, ru: /Телефон был занят или недоступен/ } },
  { name: 'workspace, ringing', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'ringing', offer: { offer: 'o', offered_at: NOW, deadline: NOW + 20_000, device: 'browser', calls_customer: false, about } }), says: { en: 'Answer', ru: 'Ответить' } },
  { name: 'workspace, to be called back', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'ringing', offer: { offer: 'o', offered_at: NOW, deadline: NOW + 20_000, device: 'browser', calls_customer: false, about: { ...about, callback: true } } }), says: { en: 'Take and call', ru: 'Взять и позвонить' } },
  { name: 'workspace, being called back', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'ringing', offer: { offer: 'o', offered_at: NOW, deadline: NOW + 20_000, device: 'browser', calls_customer: true, about: { ...about, callback: true } } }), says: { en: /Calling the customer/, ru: /Вызываем клиента/ } },
  { name: 'workspace, talking', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'talking', call }), says: { en: 'Hang up', ru: 'Завершить' } },
  { name: 'workspace, talking, time after the call by choice', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'talking', call: { ...call, wrap_up_wanted: true } }), says: { en: 'After-call work follows', ru: 'Нужна обработка после звонка' } },
  { name: 'workspace, media lost', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'talking', call: { ...call, lost_until: NOW + 30_000 } }), says: { en: /Your sound is lost/, ru: /Звук пропал/ } },
  { name: 'workspace, after call', page: any(Workspace), before: () => (live.desk = { ...idle, activity: 'wrap_up', wrap_up: { about, started_at: NOW, deadline: NOW + 60_000, talk_ms: 1, may_extend: true, transfer_ringing: 'Мария', disposition: null, note: '' } }), says: { en: 'More time', ru: 'Ещё время' } },
  { name: 'journal', page: any(Journal), path: '/journal', says: { en: 'Disposition and note', ru: 'Итог и заметка' } },
  { name: 'conversation', page: any(Conversation), path: `/journal/${row.id}`, says: { en: 'The system answered', ru: 'Система ответила' } },
  { name: 'customers', page: any(Customers), path: '/customers', says: { en: 'Add a customer', ru: 'Добавить клиента' } },
  { name: 'customer', page: any(Customer), path: '/customers/c1', says: { en: 'Last conversations', ru: 'Последние разговоры' } },
  { name: 'floor', page: any(Floor), path: '/floor', before: () => (live.floor = floor), says: { en: '81.9 %', ru: '81,9 %' } },
  { name: 'day report', page: any(Report), path: '/report?date=2026-11-20', says: { en: 'How the figures are counted', ru: 'Как считаются показатели' } },
  { name: 'day report, announced waits', page: any(Report), path: '/report?date=2026-11-20', says: { en: /^of 191 told: 166 as told, 15 sooner, 10 later$/, ru: /^из 191, кому его называли: 166 как обещано, 15 раньше, 10 позже$/ } },
  { name: 'day report, nobody told', page: any(Report), path: '/report?date=2026-11-19', says: { en: 'No answered caller was told how long to wait.', ru: 'Никому из отвеченных время ожидания не называли.' } },
  { name: 'settings', page: any(Admin), path: '/admin/queues', says: { en: 'Add a queue', ru: 'Добавить очередь' } },
  { name: 'flow editor', page: any(Admin), path: `/admin/flows/${flows[0].id}`, says: { en: '1 problem to mend before saving', ru: 'До сохранения исправьте 1 ошибку' } },
  { name: 'help', page: any(Help), says: { en: 'Hang up', ru: 'Завершить' } },
  { name: 'palette', page: any(Palette), says: { en: 'Change the language', ru: 'Сменить язык' } },
]

describe.each(['en', 'ru'] as const)('in %s', (language) => {
  it.each(cases)('$name mounts', async ({ page, path, before, says }) => {
    setLanguage(language)
    history.replaceState(null, '', path ?? '/')
    dispatchEvent(new PopStateEvent('popstate'))
    const stop = router.start()
    dispatchEvent(new PopStateEvent('popstate'))
    before?.()
    render(page)
    await waitFor(() => expect(screen.getAllByText(says[language], { exact: false }).length).toBeGreaterThan(0), { timeout: 4_000 })
    stop()
  })
})

describe('signing in', () => {
  it('keeps what was typed when it is refused, and says why in place', async () => {
    setLanguage('en')
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ code: 'wrong_password', status: 401, detail: 'no', id: 'r1' }), { status: 401 }))
    session.state = { at: 'signed_out' }
    render(any(SignIn))
    const email = screen.getByLabelText<HTMLInputElement>('E-mail')
    const password = screen.getByLabelText<HTMLInputElement>('Password')
    email.value = 'agent1@demo.example'
    email.dispatchEvent(new Event('input', { bubbles: true }))
    password.value = 'wrong'
    password.dispatchEvent(new Event('input', { bubbles: true }))
    email.form?.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }))
    await screen.findByText(/do not match/)
    expect([email.value, password.value]).toEqual(['agent1@demo.example', 'wrong'])
  })
})

describe('the live half', () => {
  it('draws whole states: the same view twice changes nothing, a later one replaces', () => {
    live.take({ type: 'desk', desk: idle })
    live.take({ type: 'desk', desk: { ...idle } })
    expect(live.desk).toEqual(idle)
    live.take({ type: 'desk', desk: { ...idle, activity: 'talking', call } })
    expect(live.desk?.call?.about.interaction).toBe('i1')
    live.take({ type: 'health', journal: 'behind' })
    expect(live.health).toBe('behind')
  })

  it('keeps a refusal as a sentence until the next command', async () => {
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ code: 'offer_over', detail: 'gone' }), { status: 409 }))
    expect(await live.command({ command: 'accept', offer: 'o' })).toBe(false)
    expect(live.refusal?.problem.code).toBe('offer_over')
    vi.stubGlobal('fetch', async () => new Response(null, { status: 204 }))
    expect(await live.command({ command: 'decline', offer: 'o' })).toBe(true)
    expect(live.refusal).toBeNull()
    expect(live.pending.size).toBe(0)
  })
})

