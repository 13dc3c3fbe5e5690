// The audit trail in words: fields under the names of the forms, values as people read them.
import type { Change, Me } from '@perezvon/api'
import { setLanguage } from '@perezvon/ui'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import type { Component } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Changes from '../src/features/changes/Changes.svelte'
import { differences, title } from '../src/features/changes/difference'
import { changesOf, readFilters, toQuery, writeFilters } from '../src/features/changes/filters'
import { session } from '../src/features/session/session.svelte'
import { names } from '../src/live/directory.svelte'
import { router } from '../src/shell/router.svelte'
// @ts-expect-error -- the development mock, plain JavaScript
import { changesAt, dispositions, queues, skills, users } from '../../mock/data.mjs'

const all = changesAt(Date.UTC(2026, 10, 22, 12)) as Change[]
const of = (version: number) => all.find((change) => change.version === version) as Change
const me: Me = { id: users[0].id, tenant: 't', tenant_name: 'Demo', email: 'a@demo.example', name: 'Анна', role: 'admin', language: 'ru', time_zone: 'Europe/Moscow', demo: false }
const said = (change: Change) => Object.fromEntries(differences(change).map(({ label, before, after }) => [label, [before, after]]))

beforeEach(() => {
  setLanguage('en')
  session.state = { at: 'signed_in', me }
  names.all = { queues, agents: users, dispositions, skills }
})
afterEach(() => {
  vi.unstubAllGlobals()
  history.replaceState(null, '', '/')
})

describe('a change', () => {
  it('says who did what to what, in both languages', () => {
    expect([100, 96, 94, 93, 92].map((version) => title(of(version)))).toEqual([
      'Николай Зимин changed the queue “Поддержка”',
      'Светлана Орлова deleted the skill “Французский язык”',
      'Николай Зимин added the number “+7 495 000-00-02”',
      'The command line added the person “Николай Зимин”',
      'The command line changed the company “Демо: «Тёплый дом»”',
    ])
    setLanguage('ru')
    expect(title(of(100))).toBe('Николай Зимин: изменена очередь «Поддержка»')
    expect(title(of(97))).toBe('Николай Зимин: изменён сценарий «Основное меню»')
  })

  it('names each field as its form does, and the rules within in words', () => {
    const queue = said(of(100))
    expect(queue['Answer within, seconds (T)']).toEqual([['30 s'], ['20 s']])
    expect(queue['Choice among free agents']).toEqual([['In turn, by name'], ['Free for longest']])
    expect(queue['Wrap-up']).toEqual([['None'], ['Timed']])
    expect(queue['Wrap-up at most, seconds']).toEqual([[], ['60 s = 1:00']])
    expect(queue['Break after offers missed in a row: declined']).toEqual([['3'], ['0']])
    expect(queue['Rules']).toEqual([
      ['Has waited over 10 min: to +7 495 123-45-67, through “Оператор связи”', 'Nobody is signed in: to voicemail', 'More than 40 waiting before: to “Продажи”'],
      ['Nobody is signed in: to voicemail', 'More than 40 waiting before: to “Продажи”', 'Estimated wait over 15 min: to be called back', 'Has waited over 20 min: to +7 495 123-45-67'],
    ])
    expect(queue['Weekly hours']).toEqual([['Mon–Fri 09:00–18:00'], ['Mon–Fri 08:00–22:00', 'Sat, Sun 10:00–18:00']])
    expect(queue['Callers who come while it is closed']).toEqual([['to voicemail'], ['to the flow “Основное меню”']])
    expect(queue['Widening the search']?.[1]).toEqual(['After 30 s: skill is not needed: Расчёты', 'After 1 min: lower level is enough: Английский язык 4', 'After 90 s: another queue helps: Продажи'])
    expect(Object.keys(queue)).not.toContain('Name')
    expect(Object.keys(queue).slice(-3), 'in the order of the form').toEqual(['Wrap-up', 'Wrap-up at most, seconds', 'Break after offers missed in a row: declined'])
    const person = said(of(99))
    expect(person['Queues']).toEqual([['Поддержка'], ['Ключевые клиенты']])
    expect(person['Skills']?.[1]).toEqual(['Русский язык 8', 'Английский язык 4'])
  })

  it('says announcements in words', () => {
    const silent = structuredClone(of(100))
    ;(silent.before as unknown as { routing: { announcements: unknown[] } }).routing.announcements = []
    expect(said(silent)['Announcements']?.[1]).toEqual([
      'Place in the queue; after 20 s, again every 45 s',
      'Estimated wait; after 25 s, again every 90 s, when others before the caller are at least 3',
      '“Press 1 and we call you back”; after 1 min, when the estimated wait is over 5 min',
      'A recorded prompt: please-hold; after 5 s',
    ])
  })

  it('says of a password only that it is another one', () => {
    expect(differences(of(98))).toEqual([{ label: 'Password', before: [], after: ['changed; it is not kept here'] }])
    expect(said(of(95))).toEqual({ 'Calls come from': [['127.0.0.0/8'], ['127.0.0.0/8', '192.0.2.0/24']], Password: [[], ['changed; it is not kept here']] })
  })

  it('shows a flow node by node', () => {
    const flow = differences(of(97))
    expect(flow.map((one) => [one.label, one.code, one.after.length > 0])).toEqual([[expect.stringMatching(/^Node “/), true, true], ['Node “lunch”', true, false]])
    expect(flow[1]?.before.join('\n')).toContain('"hang_up"')
  })

  it('names what is there no more by the name it had', () => {
    const change = structuredClone(of(99))
    ;(change.before as unknown as { queues: string[] }).queues = ['01935000-0000-7000-8000-000000099999']
    expect(said(change)['Queues']?.[0]).toEqual(['no longer there'])
    change.names['01935000-0000-7000-8000-000000099999'] = 'Returns'
    expect(said(change)['Queues']?.[0]).toEqual(['Returns'])
  })

  it('that an older program kept in another form is shown as it was kept', () => {
    const change = { ...of(100), before: { id: 'x', name: 'Old', key: 'k' } as never, after: { id: 'x', name: 'New', key: 'k' } as never }
    expect(said(change)).toEqual({ name: [['Old'], ['New']] })
  })
})

describe('the list', () => {
  it('is asked for by the address of the page', () => {
    expect(changesOf('queues', 'q1')).toBe('/admin/changes?subject=queue&id=q1')
    const filters = readFilters(new URLSearchParams('by=console&from=2026-11-21&to=2026-11-21&other=1'))
    expect(writeFilters(filters).toString()).toBe('by=console&from=2026-11-21&to=2026-11-21')
    expect(toQuery(filters, 'Europe/Moscow')).toEqual({ subject: '', id: '', by: 'console', from: Date.UTC(2026, 10, 20, 21), to: Date.UTC(2026, 10, 21, 21) })
  })

  it('tells what was added when asked, and is narrowed by a choice', async () => {
    const asked: string[] = []
    vi.stubGlobal('fetch', (address: string) => {
      asked.push(String(address))
      const page = String(address).includes('/users') ? users : { items: all.slice(6, 7), next_cursor: null }
      return Promise.resolve(new Response(JSON.stringify(page), { headers: { 'content-type': 'application/json' } }))
    })
    const stop = router.start()
    history.replaceState(null, '', '/admin/changes')
    dispatchEvent(new PopStateEvent('popstate'))
    render(Changes as Component)
    const article = await screen.findByRole('article')
    const fold = within(article).getByRole('button', { name: 'What was set' })
    expect(fold.getAttribute('aria-expanded')).toBe('false')
    await fireEvent.click(fold)
    expect(within(article).getAllByRole('rowheader').map((cell) => cell.textContent)).toEqual(['Number', 'Call flow', 'Language'])
    expect(within(article).getByRole('link', { name: 'All its changes' }).getAttribute('href')).toContain('subject=number')
    await fireEvent.change(screen.getByLabelText('Kind'), { target: { value: 'trunk' } })
    await waitFor(() => expect(asked.at(-1)).toContain('subject=trunk'))
    expect(location.search).toBe('?subject=trunk')
    stop()
  })
})
