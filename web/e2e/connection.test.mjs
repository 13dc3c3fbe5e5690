// The desk loses its socket, or is closed and comes back, or stays away: what becomes of the call.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AGENT_HZ, answer, callIn, CUSTOMER_HZ, hangUpAndFinish, hearEachOther, journalOf, readyDesk, secondsOfSound, untilHears } from './harness/conversation.mjs'
import { Gate } from './harness/gate.mjs'
import { Server, until } from './harness/server.mjs'
import { strongest } from './harness/sound.mjs'

const SECOND_HZ = 1300

describe('a desk that loses its connection during a call', () => {
  let server, gate, supervisor, desk, phone, second

  before(async () => {
    server = await Server.start()
    gate = await Gate.open(server.http)
    supervisor = await server.client('supervisor@demo.example')
    desk = await readyDesk(gate)
    phone = await callIn(server, '+79161234541')
    await answer(desk)
    await hearEachOther(desk, phone)
  })
  after(async () => {
    await phone?.stop()
    await desk?.close()
    await second?.close()
    await gate?.remove()
    await server?.stop()
  })

  it('goes on talking without the socket, and says so', async () => {
    const [atDesk, atPhone] = [desk.listen(CUSTOMER_HZ), phone.listen(AGENT_HZ)]
    gate.close()
    await desk.page.getByText('The connection to the server is lost; it is being restored.').waitFor()
    await desk.page.getByText('Your conversation goes on.').waitFor()
    await desk.page.getByTestId('note').fill('Written without a socket')
    await secondsOfSound(phone, 5)
    assert.ok((await atDesk()) < 1_500, 'the agent hears the customer without a break')
    assert.ok(atPhone() < 1_500, 'the customer hears the agent without a break')
  })

  it('has the same call when the socket is back, with its buttons and the note', async () => {
    gate.reopen()
    await desk.page.getByText('The connection to the server is lost').waitFor({ state: 'detached' })
    await desk.page.keyboard.press('Alt+KeyH')
    await desk.page.locator('[data-testid=hold][aria-pressed=true]').waitFor()
    await desk.page.keyboard.press('Alt+KeyH')
    await hearEachOther(desk, phone)
    await desk.page.getByText(/^Saved at/).waitFor()
    assert.equal(await desk.page.getByTestId('note').inputValue(), 'Written without a socket')
    const { kinds } = await journalOf(supervisor, '+79161234541')
    assert.equal(kinds.includes('agent_lost'), false, 'the sound was never lost')
  })

  it('keeps the customer with music for a page that is closed and opened again ten seconds later', async () => {
    await desk.page.close()
    await until('the agent to be heard no more', () => strongest(phone.lately(), AGENT_HZ).share < 0.3)
    await secondsOfSound(phone, 10)
    assert.ok(strongest(phone.lately(), AGENT_HZ).share < 0.3, 'the customer does not hear the agent')
    assert.ok(phone.lately().some((sample) => Math.abs(sample) > 0.01), 'the customer hears music')
    await desk.openPage(gate)
    await desk.page.getByTestId('hang-up').waitFor()
    await hearEachOther(desk, phone)
    const { entries } = await journalOf(supervisor, '+79161234541')
    const at = (kind) => entries.find((entry) => entry.event.kind === kind).at
    assert.ok(at('agent_back') - at('agent_lost') > 8_000)
  })

  it('gives the customer to the next agent when the page stays away for 30 s', async () => {
    second = await readyDesk(gate, { email: 'agent2@demo.example', hz: SECOND_HZ })
    await desk.page.close()
    await second.page.getByTestId('ring').waitFor({ timeout: 60_000 })
    await answer(second)
    await hearEachOther(second, phone, { agentHz: SECOND_HZ })
    await hangUpAndFinish(second, 'taken over')
    await phone.event('CALL_CLOSED')
    const { row, entries } = await journalOf(supervisor, '+79161234541', (row) => row.ended_at)
    assert.equal(row.outcome, 'answered')
    const last = (kind) => entries.findLast((entry) => entry.event.kind === kind).at
    const kept = last('queued') - last('agent_lost')
    assert.ok(kept >= 30_000 && kept < 33_000, `the customer was kept for ${kept} ms`)
    assert.equal(entries.filter((entry) => entry.event.kind === 'agent_connected').length, 2)
  })
})
