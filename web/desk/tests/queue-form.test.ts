// The form of a queue: what it sends, what it says of itself, and how its lists are worked by hand and keyboard.
import type { Me, Overflow, Queue } from '@perezvon/api'
import { setLanguage } from '@perezvon/ui'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import type { Component } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Admin from '../src/features/admin/Admin.svelte'
import { fieldsOf, refusedField, said } from '../src/features/admin/form'
import { dayName, daysWord, hoursBody, hoursForm, nextDate, nextOpening, weekWord, WEEK, writtenTime } from '../src/features/admin/hours'
import { QUEUE } from '../src/features/admin/queue'
import { beginGoal, beginOnly, beginSay, beginWhen, beginWiden, GOALS, moved, nextAnnouncement, nextRule, nextStep, ONLYS, SAYS, WHENS, WIDENS, withChosen } from '../src/features/admin/rules'
import { session } from '../src/features/session/session.svelte'
import { names } from '../src/live/directory.svelte'
import { router } from '../src/shell/router.svelte'
// @ts-expect-error -- the development mock, plain JavaScript
import { dispositions, flows, queues, skills, trunks, users } from '../../mock/data.mjs'

const all = queues as Queue[]
const [support, sales] = all as [Queue, Queue]
const me: Me = { id: users[0].id, tenant: 't', tenant_name: 'Demo', email: 'a@demo.example', name: 'Анна', role: 'admin', language: 'ru', time_zone: 'Europe/Moscow', demo: false }

beforeEach(() => {
  setLanguage('en')
  session.state = { at: 'signed_in', me }
  names.all = { queues: all.map((queue) => ({ ...queue, channel: queue.routing.channel })), agents: users, dispositions, skills }
})

describe('a queue', () => {
  it.each(all.map((queue) => [queue.key, queue] as const))('%s is saved as it was when nothing is changed', (_, queue) => {
    const { id: _id, ...body } = queue
    expect(QUEUE.toBody(QUEUE.toForm(queue as never))).toEqual(body)
  })

  it('is new: it says the place, is always open, and has no rules', () => {
    expect(QUEUE.toBody(QUEUE.toForm(null))).toMatchObject({ routing: { announcements: [{ say: { kind: 'position' } }], hours: null, overflow: [], steps: [] } })
  })

  it('says in a few words what is set in each section', () => {
    const briefs = (form: ReturnType<typeof QUEUE.toForm>) => QUEUE.sections.map((section) => section.brief?.(form))
    expect(briefs(QUEUE.toForm(support as never))).toEqual(['80 % in 20 s', 'Free for longest', 'held for a preferred agent; 3 steps', '4 announcements', '4 rules', 'Mon–Fri 08:00–22:00; Sat, Sun 10:00–18:00', 'rings 20\u00a0s; wrap-up: timed'])
    expect(briefs(QUEUE.toForm(null)).slice(2, 6)).toEqual(['no widening', '1 announcement', 'no rules', 'Always open'])
  })

  it('is refused at the place that the server names', () => {
    const owner = (field: string) => refusedField(fieldsOf(QUEUE), field)?.name
    expect(owner('routing.overflow[1].to.to')).toBe('overflow')
    expect(owner('routing.announcements[0].only.s')).toBe('announcements')
    expect(owner('routing.hours.week[3].days')).toBe('hours')
    expect(owner('routing.preferred.last_days')).toBe('last_days')
    expect(owner('routing.callbacks.tries')).toBe('callback_tries')
    const refusal = { field: 'routing.overflow[1].to.to', text: 'no' }
    expect([said(refusal, 'routing.overflow[1].to.to'), said(refusal, 'routing.overflow[0].to.to', 'routing.overflow'), said(null, 'name')]).toEqual(['no', undefined, undefined])
  })
})

describe('rules', () => {
  it('begin whole, of whatever kind', () => {
    expect(GOALS.map((kind) => beginGoal(kind, support.id, 'voice'))).toEqual([{ kind: 'onward' }, { kind: 'queue', queue: sales.id }, { kind: 'flow', flow: expect.any(String) }, { kind: 'number', to: '', trunk: null }, { kind: 'voicemail' }, { kind: 'callback' }])
    expect(WHENS.map(beginWhen)).toEqual([{ kind: 'estimate_over', s: 300 }, { kind: 'waited_over', s: 300 }, { kind: 'more_waiting', than: 10 }, { kind: 'nobody_signed_in' }])
    expect(SAYS.map(beginSay).map((say) => say.kind)).toEqual([...SAYS])
    expect(ONLYS.map(beginOnly)).toEqual([{ kind: 'always' }, { kind: 'estimate_over', s: 300 }, { kind: 'behind', others: 3 }])
    expect(WIDENS.map((kind) => beginWiden(kind, support.id))).toEqual([{ kind: 'lower_level', skill: skills[0].id, level: 1 }, { kind: 'drop_skill', skill: skills[0].id }, { kind: 'add_queue', queue: sales.id }])
  })

  it('follow the ones before them', () => {
    expect(nextStep([{ after_s: 45, widen: beginWiden('drop_skill', '') }], '').after_s).toBe(75)
    expect(nextRule([], support.id, 'voice').to.kind).toBe('voicemail')
    const first = nextAnnouncement([])
    const second = nextAnnouncement([first])
    expect([first, second, nextAnnouncement([first, second])].map((one) => one.say.kind)).toEqual(['position', 'wait', 'prompt'])
  })

  it('are put elsewhere without losing one', () => {
    expect([moved(['a', 'b', 'c'], 0, 1), moved(['a', 'b', 'c'], 2, 0)]).toEqual([['b', 'a', 'c'], ['c', 'a', 'b']])
  })

  it('keep showing what they lead to when it is gone', () => {
    expect(withChosen([{ id: 'a', name: 'A' }], 'b', 'gone')).toEqual([{ value: 'a', label: 'A' }, { value: 'b', label: 'gone' }])
    expect(withChosen([{ id: 'a', name: 'A' }], '', 'gone')).toHaveLength(1)
  })
})

describe('hours', () => {
  it.each([['9', '09:00'], ['930', '09:30'], ['9.30', '09:30'], ['0900', '09:00'], ['24:00', '24:00'], ['24:01', '24:01'], ['25', '25'], ['9:60', '9:60'], ['noon', 'noon'], ['', '']])('%s is written %s', (typed, written) => expect(writtenTime(typed)).toBe(written))

  it('name days as the language does, and runs of three as a range', () => {
    expect(dayName('wed', 'long')).toBe('Wednesday')
    expect(daysWord(['sun', 'mon', 'tue', 'wed', 'fri', 'sat'])).toBe('Mon–Wed, Fri–Sun')
    expect(daysWord(['sat', 'sun'])).toBe('Sat, Sun')
    setLanguage('ru')
    expect(daysWord(WEEK.slice(0, 5))).toBe('пн–пт')
    expect(weekWord([1, 2, 3, 4].map(() => ({ days: ['sat'], from: '10:00', to: '12:00' })))).toBe('сб 10:00–12:00; сб 10:00–12:00; ещё 2 строки')
  })

  it('are not sent while the queue is always open, and are still there when it is not', () => {
    const form = hoursForm(support.routing.hours)
    expect(hoursBody({ ...form, open: 'always' })).toBeNull()
    expect(hoursBody(form)).toEqual(support.routing.hours)
    expect(hoursBody({ ...form, week: [{ days: ['mon'], from: '8', to: '1730' }] })).toMatchObject({ week: [{ from: '08:00', to: '17:30' }] })
    expect(hoursForm(null)).toMatchObject({ open: 'always', week: [{ from: '09:00' }] })
  })

  it('go on with the days that no row names, and the day after the last', () => {
    expect(nextOpening([{ days: WEEK.slice(0, 5), from: '08:00', to: '20:00' }])).toEqual({ days: ['sat', 'sun'], from: '08:00', to: '20:00' })
    expect(nextDate([{ date: '2026-12-31' }, { date: '2026-01-01' }], '2026-11-22')).toBe('2027-01-01')
    expect(nextDate([], '2026-11-22')).toBe('2026-11-23')
  })
})

describe('the form', () => {
  let sent: { routing: { overflow: Overflow[] } }[] = []
  let refuse: { field: string; detail: string } | null = null
  let close = () => {}

  beforeEach(async () => {
    sent = []
    refuse = null
    vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
      if ((init?.method ?? 'GET') === 'GET') return new Response(JSON.stringify(String(url).includes('warnings') ? [] : String(url).includes('flows') ? flows : String(url).includes('trunks') ? trunks : all))
      sent.push(JSON.parse(String(init?.body)))
      return new Response(JSON.stringify(refuse ? { code: 'bad_value', status: 422, id: 'r1', ...refuse } : {}), { status: refuse ? 422 : 200 })
    })
    history.replaceState(null, '', `/admin/queues/${support.id}`)
    const stop = router.start()
    dispatchEvent(new PopStateEvent('popstate'))
    const shown = render(Admin as unknown as Component)
    await screen.findByRole('button', { name: 'Save' })
    close = () => (shown.unmount(), stop())
  })
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel' })
    if (cancel) await fireEvent.click(cancel)
    close()
    history.replaceState(null, '', '/')
  })

  const section = (name: string) => screen.getByRole('button', { name: new RegExp(`^${name}`) })
  const open = (name: string) => fireEvent.click(section(name))
  const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))
  const rule = (n: number) => within(screen.getByRole('group', { name: `Rule ${n}` }))

  it('opens the section of what was refused, marks it and takes the focus there', async () => {
    refuse = { field: 'routing.overflow[3].to.to', detail: 'write a number such as +74951234567 or a SIP URI such as sip:desk@192.0.2.7' }
    expect(section('When it takes too long').getAttribute('aria-expanded')).toBe('false')
    await press('Save')
    const field = await waitFor(() => rule(4).getByLabelText<HTMLInputElement>('Number or SIP address'))
    await waitFor(() => expect(document.activeElement).toBe(field))
    expect(section('When it takes too long').getAttribute('aria-expanded')).toBe('true')
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(document.querySelectorAll('[aria-invalid="true"]')).toHaveLength(1)
    expect(rule(4).getByText(/^Write a number such as/)).toBeTruthy()
  })

  it('tells a refusal that no field of the screen means', async () => {
    refuse = { field: 'routing.overflow[0].when.kind', detail: 'something new' }
    await press('Save')
    await screen.findByText('Not saved.')
  })

  it('takes, moves and removes rules, and the focus follows', async () => {
    await open('When it takes too long')
    await press('Move up: Rule 2')
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Move down: Rule 1' }))
    await press('Remove: Rule 4')
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Remove: Rule 3' }))
    await press('Add a rule')
    expect(document.activeElement).toBe(rule(4).getByLabelText('When'))
    await fireEvent.change(rule(4).getByLabelText('Where to'), { target: { value: 'queue' } })
    expect(rule(4).getByLabelText<HTMLSelectElement>('Queue').value).toBe(sales.id)
    await press('Save')
    await waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]?.routing.overflow.map((one) => [one.when.kind, one.to.kind])).toEqual([['more_waiting', 'queue'], ['nobody_signed_in', 'voicemail'], ['estimate_over', 'callback'], ['nobody_signed_in', 'queue']])
  })

  it('has eight rules at most', async () => {
    await open('When it takes too long')
    for (let n = 5; n <= 8; n += 1) await press('Add a rule')
    expect(screen.queryByRole('button', { name: 'Add a rule' })).toBeNull()
    expect(screen.getByText('8 at most.')).toBeTruthy()
  })

  it('writes a time in full when the field is left', async () => {
    await open('Opening hours')
    const row = within(screen.getByRole('group', { name: 'Row 1' }))
    const from = row.getByLabelText<HTMLInputElement>('From')
    await fireEvent.input(from, { target: { value: '730' } })
    await fireEvent.blur(from)
    expect(from.value).toBe('07:30')
  })

  it('is not sent while a day in it cannot be read', async () => {
    await open('Opening hours')
    const day = within(screen.getByRole('group', { name: 'Holiday 1' })).getByLabelText<HTMLInputElement>('Day')
    await fireEvent.input(day, { target: { value: '31/04/2027' } })
    await press('Save')
    await waitFor(() => expect(document.activeElement).toBe(day))
    expect([day.value, sent]).toEqual(['31/04/2027', []])
    await fireEvent.input(day, { target: { value: '30/04/2027' } })
    await fireEvent.blur(day)
    await press('Save')
    await waitFor(() => expect(sent).toHaveLength(1))
  })

  it('keeps a list that was changed by buttons alone, while another page is looked at', async () => {
    await open('When it takes too long')
    await press('Remove: Rule 1')
    close()
    dispatchEvent(new PopStateEvent('popstate'))
    const again = render(Admin as unknown as Component)
    await screen.findByRole('button', { name: 'Save' })
    await open('When it takes too long')
    expect(screen.queryByRole('group', { name: 'Rule 4' })).toBeNull()
    expect(screen.getByRole('group', { name: 'Rule 3' })).toBeTruthy()
    close = () => again.unmount()
  })
})
