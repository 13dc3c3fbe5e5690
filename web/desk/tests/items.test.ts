// Several conversations at one desk: which of them is open, what is said of them, and that no note is lost among them.
import type { AgentCommand, Capacity, CustomerCard, DeskView, ItemPhase, ItemView, Me, Queue } from '@perezvon/api'
import { setLanguage } from '@perezvon/ui'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import { tick, type Component } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BEGINNING, capacityLines, examples, fullest } from '../src/features/admin/capacity'
import CapacityPage from '../src/features/admin/CapacityPage.svelte'
import { QUEUE } from '../src/features/admin/queue'
import { goalsOf, nextRule, queuesToLeadTo } from '../src/features/admin/rules'
import { offered } from '../src/features/admin/form'
import { WORDS } from '../src/features/admin/words'
import { stepOf } from '../src/features/interactions/steps'
import { session } from '../src/features/session/session.svelte'
import { beside, choose, conversations, openOf, restsFor, ringing } from '../src/features/workspace/conversations'
import { atDesk, drafts, writing } from '../src/features/workspace/desk.svelte'
import Workspace from '../src/features/workspace/Workspace.svelte'
import { names } from '../src/live/directory.svelte'
import { live } from '../src/live/live.svelte'
import { action, finish } from '../src/shell/actions'
// @ts-expect-error -- the development mock, plain JavaScript
import { capacity, customersAt, dispositions, entriesOf, interactionsAt, queues, skills, users } from '../../mock/data.mjs'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const me: Me = { id: users[0].id, tenant: 't', tenant_name: 'Demo', email: 'a@demo.example', name: 'Анна', role: 'agent', language: 'ru', time_zone: 'Europe/Moscow', demo: false }
const [chatQueue, mailQueue] = [queues[4], queues[5]]
const card = customersAt(NOW)[0] as CustomerCard
const about = (interaction: string, from: string) => ({ interaction, from, to: '', queue: chatQueue.id as string, queue_name: chatQueue.name as string, arrived_at: NOW, waited_ms: 9_000, customer: null, collected: [], transferred_by: null, callback: false })
const AT_HAND: ItemPhase = { phase: 'at_hand', wrap_up_wanted: null }
const item = (interaction: string, phase: ItemPhase = AT_HAND, more: Partial<ItemView> = {}): ItemView => ({ about: about(interaction, `from ${interaction}`), channel: 'chat', subject: `subject ${interaction}`, link: `https://chats.example/${interaction}`, phase, since: NOW, disposition: null, note: '', ...more })
const mail = (interaction: string, phase: ItemPhase = AT_HAND) => item(interaction, phase, { channel: 'mail' })
const call = { about: { ...about('call', '+79161234567'), customer: card }, connected_at: NOW, held_since: null, held_by_peer: false, muted: false, lost_until: null, recording: true, wrap_up_wanted: null, disposition: null, note: '' }
const wrapUp = { about: call.about, started_at: NOW, deadline: NOW + 60_000, talk_ms: 1, may_extend: false, transfer_ringing: null, disposition: null, note: '' }
const desk = (items: ItemView[], more: Partial<DeskView> = {}): DeskView => ({ agent: me.id, presence: { state: 'ready' }, activity: 'talking', since: NOW, device: 'browser', browser_connected: true, phone_registered: false, offer: null, call: null, wrap_up: null, items, queues: [], handled_today: 0, mean_handle_ms: 0, ...more })

beforeEach(() => {
  setLanguage('en')
  session.state = { at: 'signed_in', me }
  names.all = { queues: queues.map((queue: Queue) => ({ ...queue, channel: queue.routing.channel })), agents: users, dispositions, skills }
})

describe('what is open', () => {
  const [a, b, c] = [item('a'), item('b'), mail('c')]
  const opened = (view: DeskView, choice: Parameters<typeof openOf>[1]) => openOf(conversations(view), choice)?.interaction

  it('is the one that was chosen, and the first while none was', () => {
    const all = conversations(desk([a, b]))
    expect(openOf(all, null)?.interaction).toBe('a')
    expect(openOf(all, choose(all, 'b'))?.interaction).toBe('b')
    expect(opened(desk([a]), choose(all, 'b'))).toBe('a')
    expect(openOf([], choose(all, 'b'))).toBeNull()
  })

  it('is a call that comes, and after it what was open before', () => {
    const chosen = choose(conversations(desk([a, c])), 'c')
    expect(opened(desk([a, c], { call }), chosen)).toBe('call')
    expect(opened(desk([a, c], { wrap_up: wrapUp }), chosen)).toBe('call')
    expect(opened(desk([a, c]), chosen)).toBe('c')
  })

  it('is what was chosen during a call, until another call comes', () => {
    const chosen = choose(conversations(desk([a], { call })), 'a')
    expect(opened(desk([a], { call }), chosen)).toBe('a')
    expect(opened(desk([a], { call: { ...call, about: { ...call.about, interaction: 'another' } } }), chosen)).toBe('another')
  })

  it('moves to the next and round', () => {
    const all = conversations(desk([a, b], { call }))
    expect([beside(all, all[0]!, 1), beside(all, all[0]!, -1), beside([], null, 1)].map((one) => one?.interaction)).toEqual(['a', 'b', undefined])
  })

  it('keeps its place in the list, whatever becomes of it', () => {
    const order = (items: ItemView[]) => conversations(desk(items)).map((one) => one.interaction)
    expect([order([a, b]), order([b, item('a', { phase: 'wrap_up', deadline: NOW, may_extend: false })])]).toEqual([['a', 'b'], ['a', 'b']])
  })

  it('is nothing that is only offered', () => {
    const view = desk([a, item('d', { phase: 'offered', offer: 'o1', deadline: NOW + 20_000 })])
    expect(conversations(view)).toHaveLength(1)
    expect(ringing(view)).toMatchObject({ offer: 'o1', channel: 'chat', subject: 'subject d', offeredAt: NOW, deadline: NOW + 20_000 })
    expect(ringing(desk([a]))).toBeNull()
  })

  it('rests for the call, for its wrap-up, or for a chat', () => {
    const rests = mail('c', { phase: 'resting' })
    const why = (view: DeskView) => restsFor(conversations(view), rests)
    expect([why(desk([rests], { call })), why(desk([rests], { wrap_up: wrapUp })), why(desk([a, rests]))]).toEqual(['call', 'wrap_up', 'chat'])
  })
})

describe('the desk', () => {
  let sent: AgentCommand[]

  beforeEach(() => {
    sent = []
    vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
      if (String(url).endsWith('/desk/command')) sent.push(JSON.parse(String(init?.body)))
      return new Response(JSON.stringify({ items: [], next_cursor: null }), { headers: { 'content-type': 'application/json' } })
    })
  })
  afterEach(async () => {
    live.desk = null
    await tick()
    writing.follow()
    localStorage.clear()
  })

  async function show(view: DeskView) {
    live.desk = view
    await tick()
    writing.follow()
    await tick()
  }

  it('shows an offer like a ring, and takes it by key', async () => {
    await show(desk([item('a'), item('d', { phase: 'offered', offer: 'o1', deadline: Date.now() + 20_000 })]))
    render(Workspace as unknown as Component)
    const ring = within(screen.getByTestId('ring'))
    expect(ring.getByText('Chat for “Чат на сайте”')).toBeTruthy()
    expect(ring.getByText('subject d')).toBeTruthy()
    action('answer').run()
    await waitFor(() => expect(sent).toEqual([{ command: 'accept', offer: 'o1' }]))
    await show(desk([item('a'), item('d')]))
    await waitFor(() => expect(atDesk.open?.interaction).toBe('d'))
  })

  it('opens the link in a tab of its own, and says that a mail waits and why', async () => {
    await show(desk([mail('c', { phase: 'resting' })], { call }))
    render(Workspace as unknown as Component)
    await fireEvent.click(within(screen.getByTestId('roster-now')).getByText('from c'))
    const link = screen.getByTestId('item-link')
    expect([link.getAttribute('href'), link.getAttribute('target'), link.getAttribute('rel')]).toEqual(['https://chats.example/c', '_blank', 'noopener noreferrer'])
    expect(screen.getAllByText(/Waits while you are on a call/).length).toBeGreaterThan(1)
    await fireEvent.click(screen.getByRole('button', { name: 'Show the call' }))
    expect(screen.getByTestId('hang-up')).toBeTruthy()
  })

  it('keeps a note for each conversation while another is open, and sends it before the end', async () => {
    await show(desk([item('a'), item('b')]))
    render(Workspace as unknown as Component)
    await fireEvent.input(screen.getByTestId('note'), { target: { value: 'about a' } })
    action('next').run()
    await waitFor(() => expect(screen.getByTestId<HTMLTextAreaElement>('note').value).toBe(''))
    await fireEvent.input(screen.getByTestId('note'), { target: { value: 'about b' } })
    expect([drafts.read('a')?.note, drafts.read('b')?.note]).toEqual(['about a', 'about b'])
    expect(screen.queryByText('Not saved')).toBeNull()
    await finish()
    expect(sent).toEqual([{ command: 'wrap_up', interaction: 'b', disposition: null, note: 'about b', finish: false }, { command: 'finish', interaction: 'b' }])
    await show(desk([item('a')]))
    expect(screen.getByTestId<HTMLTextAreaElement>('note').value).toBe('about a')
    action('previous').run()
    expect(atDesk.open?.interaction).toBe('a')
  })

  it('goes on showing what is open when an older one comes back', async () => {
    await show(desk([item('b')]))
    await show(desk([item('a'), item('b')]))
    expect(atDesk.open?.interaction).toBe('b')
    await show(desk([item('a'), item('b')], { call }))
    expect(atDesk.open?.interaction).toBe('call')
    await show(desk([item('a'), item('b')]))
    expect(atDesk.open?.interaction).toBe('b')
  })

  it('ends the wrap-up with what is written, and takes more time for the one that is open', async () => {
    await show(desk([item('a', { phase: 'wrap_up', deadline: Date.now() + 60_000, may_extend: true })]))
    render(Workspace as unknown as Component)
    await fireEvent.click(screen.getByTestId('extend'))
    await fireEvent.click(screen.getByTestId('finish'))
    await waitFor(() => expect(sent.map((one) => one.command)).toEqual(['extend_wrap_up', 'wrap_up']))
    expect(sent[1]).toMatchObject({ interaction: 'a', finish: true })
  })

  it('passes a chat on to another queue of chats only', async () => {
    const view = { callbacks: 0, longest_since: null, waiting: 0, idle: 0, busy: 0, signed_in: 1, today: { offered: 0, answered: 0, answered_in_threshold: 0, abandoned: 0, abandoned_short: 0, answer_wait_ms: 0 }, service_level_s: 20, service_level_target: 80 }
    const another = { id: 'q9', key: 'returns', name: 'Возвраты', channel: 'chat' as const }
    names.all = { ...names.all, queues: [...names.all.queues, another] }
    await show(desk([item('a')], { queues: [{ ...view, queue: 'q9', key: 'returns', name: 'Возвраты', channel: 'chat' }, { ...view, queue: mailQueue.id, key: 'mail', name: 'Почта', channel: 'mail' }] }))
    render(Workspace as unknown as Component)
    await fireEvent.click(screen.getByTestId('transfer'))
    expect(screen.getAllByRole('option').map((one) => one.textContent?.trim())).toEqual([expect.stringMatching(/^Возвраты/)])
    await fireEvent.click(screen.getByRole('option'))
    await waitFor(() => expect(sent).toEqual([{ command: 'transfer', interaction: 'a', to: { kind: 'queue', queue: 'q9' } }]))
  })
})

describe('a capacity', () => {
  const of = (more: Partial<Capacity>): Capacity => ({ ...(capacity as Capacity), ...more })

  it('is said as the fullest desks that it allows', () => {
    expect(examples(BEGINNING)).toEqual(['1 call, while 1 mail waits', '3 chats, while 1 mail waits'])
    setLanguage('ru')
    expect(examples(BEGINNING)).toEqual(['1 звонок, а 1 письмо ждёт', '3 чата, а 1 письмо ждёт'])
  })

  it('mixes channels where there is room, and takes nothing where there is none', () => {
    const mixed = of({ units: 6, voice: { cost: 6, most: 0, interrupts: [] }, chat: { cost: 2, most: 3, interrupts: [] }, mail: { cost: 2, most: 1, interrupts: [] } })
    expect(fullest(mixed)).toEqual(expect.arrayContaining([{ voice: 0, chat: 3, mail: 0 }, { voice: 0, chat: 2, mail: 1 }]))
    expect(fullest(mixed)).toHaveLength(2)
    const none = { cost: 1, most: 0, interrupts: [] }
    expect(examples(of({ voice: none, chat: none, mail: none }))).toEqual([])
  })

  it('sums up what is too much to read', () => {
    const many = of({ units: 100, voice: { cost: 100, most: 1, interrupts: [] }, chat: { cost: 5, most: 20, interrupts: [] }, mail: { cost: 5, most: 20, interrupts: [] } })
    expect(examples(many)).toHaveLength(7)
    expect(examples(many).at(-1)).toBe('16 more mixtures of these')
  })

  it('is said line by line in a change', () => {
    expect(capacityLines(BEGINNING)).toEqual(['6 units in all', 'Calls: 1 at most, one takes 6; meanwhile wait: mails', 'Chats: 3 at most, one takes 2; meanwhile wait: mails', 'Mails: 1 at most, one takes 6'])
  })

  it('is the company’s or an own one, and kept as it was when nothing is changed', () => {
    const users_ = WORDS.find((word) => word.name === 'users')!
    expect(users_.toBody(users_.toForm(users[3]))).toMatchObject({ capacity: users[3].capacity })
    expect(users_.toBody(users_.toForm(users[0]))).toMatchObject({ capacity: null })
  })

  it('is set for the company, with the example beside the numbers and the refusal at its field', async () => {
    const saved: Capacity[] = []
    let refuse = true
    vi.stubGlobal('fetch', async (_: string, init?: RequestInit) => {
      if (init?.method !== 'PUT') return new Response(JSON.stringify(capacity))
      saved.push(JSON.parse(String(init.body)))
      return refuse ? new Response(JSON.stringify({ code: 'bad_value', status: 422, field: 'capacity.chat.cost', detail: 'one costs more units than an agent has, so none could be taken; lower this or raise the units' }), { status: 422 }) : new Response(String(init.body))
    })
    render(CapacityPage as unknown as Component)
    const cost = await screen.findByLabelText<HTMLInputElement>('One chat takes, units')
    await fireEvent.input(cost, { target: { value: '7' } })
    expect(within(screen.getByTestId('capacity-example')).queryByText(/chat/)).toBeNull()
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() => expect(cost.getAttribute('aria-invalid')).toBe('true'))
    await waitFor(() => expect(document.activeElement === cost).toBe(true))
    refuse = false
    await fireEvent.input(cost, { target: { value: '3' } })
    expect(screen.getByTestId('capacity-example').textContent).toContain('2 chats, while 1 mail waits')
    await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
    await waitFor(() => expect(saved.at(-1)?.chat).toEqual({ cost: 3, most: 3, interrupts: ['mail'] }))
  })
})

describe('a queue of chats', () => {
  const chat = QUEUE.toForm(chatQueue)
  const shown = (form: ReturnType<typeof QUEUE.toForm>) => QUEUE.sections.filter((section) => section.when?.(form) ?? true).flatMap((section) => section.fields.filter((field) => field.when?.(form) ?? true).map((field) => field.name))

  it('has no fields that only concern calls, and says nothing to those who wait', () => {
    const hidden = shown({ ...chat, channel: 'voice' }).filter((name) => !shown(chat).includes(name))
    expect(hidden).toEqual(['record', 'announcements', 'keep_place_s', 'callbacks', 'callback_first', 'callback_tries', 'callback_again_after_s', 'misses_busy'])
    expect(QUEUE.toBody({ ...QUEUE.toForm(null), channel: 'chat' })).toMatchObject({ routing: { channel: 'chat', announcements: [] } })
  })

  it('leads to queues of its channel only', () => {
    offered.queues = queues
    expect(goalsOf('chat')).toEqual(['queue'])
    expect(queuesToLeadTo('x', 'chat').map((queue) => queue.key)).toEqual(['chat'])
    expect(queuesToLeadTo(chatQueue.id, 'chat')).toEqual([])
    expect(nextRule([], 'x', 'mail').to).toEqual({ kind: 'queue', queue: mailQueue.id })
    offered.queues = []
  })
})

describe('the journal', () => {
  it('says the steps of a chat and of a mail in their own words', () => {
    const rows = interactionsAt(NOW) as { channel: 'voice' | 'chat' | 'mail' }[]
    const told = (channel: 'chat' | 'mail') => {
      const row = rows.find((one) => one.channel === channel)!
      return entriesOf(row).map((entry: Parameters<typeof stepOf>[0]) => stepOf(entry, channel).text)
    }
    expect(told('chat').slice(0, 2)).toEqual(['A chat came from Посетитель сайта', 'Subject: Где мой заказ 48-1120?'])
    expect(told('chat').join('\n')).toMatch(/took the chat[^]*left the chat for something that goes first[^]*went on with the chat[^]*was done with the chat[^]*The agent ended it/)
    setLanguage('ru')
    const russian = told('mail').join('\n')
    expect(russian).toMatch(/письмо ждёт, есть дело важнее/)
    expect(russian).not.toMatch(/[Рр]азговор|[Зз]вон/)
  })
})
