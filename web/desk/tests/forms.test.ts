// A form that the server refuses keeps what was typed, and says why where it is wrong.
import type { Me } from '@perezvon/api'
import { setLanguage } from '@perezvon/ui'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/svelte'
import type { Component } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Admin from '../src/features/admin/Admin.svelte'
import CustomerForm from '../src/features/customers/CustomerForm.svelte'
import OwnSettings from '../src/features/session/OwnSettings.svelte'
import { session } from '../src/features/session/session.svelte'
import NoteEditor from '../src/features/workspace/NoteEditor.svelte'
import { Drafts } from '../src/features/workspace/drafts'
import { Note } from '../src/features/workspace/note.svelte'
import { names } from '../src/live/directory.svelte'
import { live } from '../src/live/live.svelte'
import { router } from '../src/shell/router.svelte'
// @ts-expect-error -- the development mock, plain JavaScript
import { customersAt, queues, users } from '../../mock/data.mjs'

const any = (page: unknown) => page as Component<Record<string, unknown>>
const me: Me = { id: users[0].id, tenant: 't', tenant_name: 'Demo', email: 'a@demo.example', name: 'Анна', role: 'admin', language: 'ru', time_zone: 'Europe/Moscow', demo: false }
type Sent = { method: string; url: string; body: Record<string, unknown> }
let sent: Sent[] = []

/** Answers each request by `answer`: a status and a body. */
function server(answer: (request: Sent) => [number, unknown]) {
  sent = []
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    const request = { method: init?.method ?? 'GET', url: String(url), body: init?.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : {} }
    if (request.method !== 'GET') sent.push(request)
    const [status, body] = request.url.endsWith('/queues/warnings') ? [200, []] : answer(request)
    return new Response(status === 204 ? null : JSON.stringify(body), { status })
  })
}

const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label)
const type = (label: string, value: string) => fireEvent.input(field(label), { target: { value } })
async function press(name: string) {
  const button = screen.getByRole<HTMLButtonElement>('button', { name })
  await waitFor(() => expect(button.disabled).toBe(false))
  await fireEvent.click(button)
}

beforeEach(() => {
  setLanguage('en')
  session.state = { at: 'signed_in', me }
})
afterEach(() => history.replaceState(null, '', '/'))

describe('a customer card', () => {
  const card = customersAt(0)[0]

  it('keeps what was typed when the server fails, and saves it at the next try', async () => {
    let up = false
    server(() => (up ? [200, { ...card, name: 'Ольга' }] : [503, { code: 'database_unavailable', detail: 'x', id: 'req-9' }]))
    const saved = vi.fn()
    render(any(CustomerForm), { card, onsaved: saved, oncancel: () => undefined })
    await type('Name', 'Ольга')
    await press('Save')
    await screen.findByText(/database does not answer/)
    expect(screen.getByText(/req-9/)).toBeTruthy()
    expect(field('Name').value).toBe('Ольга')
    up = true
    await press('Save')
    await waitFor(() => expect(saved).toHaveBeenCalledOnce())
    expect(sent.map((one) => one.body.name)).toEqual(['Ольга', 'Ольга'])
  })

  it('shows both versions when somebody else changed it meanwhile, and saves over theirs only knowingly', async () => {
    const theirs = { ...card, company: 'Новая компания', version: 9 }
    server(({ body }) => (body.version === 9 ? [200, { ...theirs, note: String(body.note) }] : [409, { code: 'changed_meanwhile', detail: 'x', field: 'version', current: theirs }]))
    const saved = vi.fn()
    render(any(CustomerForm), { card, onsaved: saved, oncancel: () => undefined })
    await type('Note', 'Просит чек по почте')
    await press('Save')
    await screen.findByText('Новая компания')
    expect(field('Note').value).toBe('Просит чек по почте')
    expect(saved).not.toHaveBeenCalled()
    await press('Save mine')
    await waitFor(() => expect(saved).toHaveBeenCalledOnce())
    expect(sent.map((one) => [one.body.version, one.body.note])).toEqual([[card.version, 'Просит чек по почте'], [9, 'Просит чек по почте']])
  })

  it('is given to an agent of the directory, and says when that one is there no more', async () => {
    server(({ body }) => (body.owner === users[2].id ? [200, { ...card, owner: users[2].id }] : [422, { code: 'bad_value', field: 'owner', detail: 'there is no such person; choose somebody else or nobody' }]))
    names.all = { queues: [], agents: users.slice(1, 5), dispositions: [], skills: [] }
    const saved = vi.fn()
    render(any(CustomerForm), { card, onsaved: saved, oncancel: () => undefined })
    const owner = screen.getByLabelText<HTMLSelectElement>('Own agent')
    expect([owner.value, owner.selectedOptions[0]?.textContent, owner.options[0]?.textContent]).toEqual([users[0].id, 'an agent who has left', 'Nobody'])
    await press('Save')
    await screen.findByText(/no such person/)
    expect(owner.getAttribute('aria-invalid')).toBe('true')
    await fireEvent.change(owner, { target: { value: users[2].id } })
    await press('Save')
    await waitFor(() => expect(saved).toHaveBeenCalledOnce())
  })

  it('marks the number that is none', async () => {
    server(() => [422, { code: 'bad_value', field: 'numbers[1]', detail: '`12` is not a telephone number; write it as +74951234567, or in the national form of RU' }])
    render(any(CustomerForm), { card, onsaved: () => undefined, oncancel: () => undefined })
    await type('Numbers', '+79161234567\n12')
    await press('Save')
    await screen.findByText(/not a telephone number/)
    expect(field('Numbers').getAttribute('aria-invalid')).toBe('true')
    expect(field('Numbers').value).toBe('+79161234567\n12')
  })
})

describe('a form of the settings', () => {
  async function open(path: string) {
    history.replaceState(null, '', path)
    const stop = router.start()
    dispatchEvent(new PopStateEvent('popstate'))
    const shown = render(any(Admin))
    await screen.findByRole('button', { name: 'Save' })
    return () => (shown.unmount(), stop())
  }

  it('keeps what was typed when a value is refused, marks it, and comes back with it from another page', async () => {
    server(({ method }) => (method === 'GET' ? [200, queues] : [422, { code: 'bad_value', field: 'ring_timeout_s', detail: 'write a whole number from 3 to 120' }]))
    let close = await open(`/admin/queues/${queues[0].id}`)
    await type('Name', 'Поддержка ночью')
    await fireEvent.click(screen.getByRole('button', { name: /^Offers and wrap-up/ }))
    await type('Offered to an agent for, seconds', '900')
    await press('Save')
    await screen.findByText('Write a whole number from 3 to 120.')
    expect(field('Offered to an agent for, seconds').getAttribute('aria-invalid')).toBe('true')
    expect([field('Name').value, field('Offered to an agent for, seconds').value]).toEqual(['Поддержка ночью', '900'])
    close()
    close = await open(`/admin/queues/${queues[0].id}`)
    expect(field('Name').value).toBe('Поддержка ночью')
    await press('Cancel')
    close()
  })

  it('keeps a new record that clashes with another', async () => {
    server(({ method }) => (method === 'GET' ? [200, queues] : [409, { code: 'taken', field: 'key', detail: '`key` is taken already; choose another' }]))
    const close = await open('/admin/queues/new')
    await type('Name', 'Вторая линия')
    await type('Key', 'support')
    await press('Save')
    await screen.findByText('This is taken already. Choose another.')
    expect([field('Name').value, field('Key').value]).toEqual(['Вторая линия', 'support'])
    await press('Cancel')
    close()
  })
})

describe('a note', () => {
  it('stays on the screen and on this computer when it could not be saved, and goes out at the next try', async () => {
    let up = false
    server(() => (up ? [204, null] : [503, { code: 'unavailable', detail: 'x' }]))
    const drafts = new Drafts(localStorage)
    const note = new Note('i1', 'Ольга', { note: '', disposition: null }, drafts, (command) => live.carry(command))
    render(any(NoteEditor), { note })
    const area = screen.getByTestId<HTMLTextAreaElement>('note')
    await fireEvent.input(area, { target: { value: 'Ждёт счёт' } })
    note.choose('d1')
    await note.save()
    await screen.findByText(/The server is busy/)
    expect(area.value).toBe('Ждёт счёт')
    expect(drafts.read('i1')).toMatchObject({ note: 'Ждёт счёт', disposition: 'd1' })
    up = true
    await press('Try again')
    await screen.findByText(/Saved at/)
    expect(sent.at(-1)?.body).toMatchObject({ command: 'wrap_up', note: 'Ждёт счёт', disposition: 'd1', finish: false })
    expect(drafts.read('i1')).toBeUndefined()
  })
})

describe('the own settings', () => {
  it('keep both passwords when the old one is wrong, and mark it', async () => {
    server(() => [422, { code: 'bad_value', field: 'old_password', detail: 'this is not the password; write the one you sign in with' }])
    render(any(OwnSettings), { onclose: () => undefined })
    const form = within(screen.getByRole('form', { hidden: true }))
    await fireEvent.input(form.getByLabelText('Password now'), { target: { value: 'not this' } })
    await fireEvent.input(form.getByLabelText('New password'), { target: { value: 'a better one' } })
    await fireEvent.submit(screen.getByRole('form', { hidden: true }))
    await screen.findByText(/This is not your password/)
    expect(field('Password now').getAttribute('aria-invalid')).toBe('true')
    expect([field('Password now').value, field('New password').value]).toEqual(['not this', 'a better one'])
    expect(sent).toMatchObject([{ method: 'PUT', url: '/api/v1/session/password', body: { old_password: 'not this', password: 'a better one' } }])
  })

  it('tell the server of the language, and keep it here when that fails', async () => {
    server(() => [503, { code: 'unavailable', detail: 'x' }])
    render(any(OwnSettings), { onclose: () => undefined })
    await fireEvent.change(screen.getByTestId('own-language'), { target: { value: 'ru' } })
    await screen.findByText(/Язык изменён здесь/)
    expect(sent).toMatchObject([{ method: 'PUT', url: '/api/v1/session/language', body: { language: 'ru' } }])
    expect(localStorage.getItem('perezvon.language')).toBe('ru')
  })
})
