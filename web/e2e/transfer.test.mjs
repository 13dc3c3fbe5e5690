// Two agents: a caller is passed on to a queue and from one to the other, offers are declined and missed.
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { answer, callIn, hangUpAndFinish, hearEachOther, journalOf, readyDesk, untilHears } from './harness/conversation.mjs'
import { Server } from './harness/server.mjs'

/** Each agent has a voice of the own. */
const FIRST_HZ = 1000
const SECOND_HZ = 1300

describe('two agents at their desks', () => {
  let server, supervisor, admin, first, second, caller, users

  before(async () => {
    server = await Server.start()
    supervisor = await server.client('supervisor@demo.example')
    admin = await server.client('admin@demo.example')
    users = await admin.get('/users')
    // The first is idle for longer, so every call is offered to the first, and the next one after both are done too.
    first = await readyDesk(server, { email: 'agent1@demo.example', hz: FIRST_HZ })
    second = await readyDesk(server, { email: 'agent2@demo.example', hz: SECOND_HZ })
  })
  afterEach(async () => {
    await caller?.stop()
    caller = undefined
  })
  after(async () => {
    await first?.close()
    await second?.close()
    await server?.stop()
  })

  const agent = (number) => users.find((user) => user.email === `agent${number}@demo.example`)
  const only = (entries, kind) => entries.map((entry) => entry.event).filter((event) => event.kind === kind)

  it('pass a caller on to a queue, where the other one answers', async () => {
    caller = await callIn(server, '+79161234531')
    await answer(first)
    await hearEachOther(first, caller, { agentHz: FIRST_HZ })
    await transfer(first, 'Продажи')
    await answer(second)
    assert.match(await second.page.locator('main').innerText(), new RegExp(agent(1).name))
    await hearEachOther(second, caller, { agentHz: SECOND_HZ })
    await finish(first)
    await hangUpAndFinish(second, 'from support to sales')
    const { row, entries } = await journalOf(supervisor, '+79161234531', (row) => row.ended_at)
    assert.equal(row.outcome, 'answered')
    const sales = (await admin.get('/queues')).find((queue) => queue.key === 'sales')
    assert.deepEqual(only(entries, 'transferred_to_queue'), [{ kind: 'transferred_to_queue', queue: sales.id, by: agent(1).id }])
    assert.deepEqual(only(entries, 'agent_connected').map((event) => event.agent), [agent(1).id, agent(2).id])
    assert.equal(only(entries, 'agent_connected')[1].queue, sales.id)
  })

  it('pass a caller from one to the other', async () => {
    caller = await callIn(server, '+79161234532')
    await answer(first)
    await hearEachOther(first, caller, { agentHz: FIRST_HZ })
    await transfer(first, agent(2).name)
    await answer(second)
    await hearEachOther(second, caller, { agentHz: SECOND_HZ })
    await finish(first)
    await hangUpAndFinish(second, 'from one to the other')
    const { entries } = await journalOf(supervisor, '+79161234532', (row) => row.ended_at)
    assert.deepEqual(only(entries, 'transferred_to_agent'), [{ kind: 'transferred_to_agent', agent: agent(2).id, by: agent(1).id }])
    assert.deepEqual(only(entries, 'agent_connected').map((event) => event.agent), [agent(1).id, agent(2).id])
  })

  it('ring one after the other when the first declines, who stays ready', async () => {
    caller = await callIn(server, '+79161234533')
    await first.page.getByTestId('ring').waitFor()
    await first.page.keyboard.press('Alt+Shift+KeyX')
    await answer(second)
    await untilHears(caller, SECOND_HZ)
    await first.untilState('Ready')
    await hangUpAndFinish(second, 'declined once')
    const { entries } = await journalOf(supervisor, '+79161234533', (row) => row.ended_at)
    const offers = only(entries, 'offer_ended').map((event) => [event.agent, event.outcome])
    assert.deepEqual(offers, [[agent(1).id, 'declined'], [agent(2).id, 'accepted']])
  })

  it('ring one after the other when the first misses the call, who is not ready then', async () => {
    const support = (await admin.get('/queues')).find((queue) => queue.key === 'support')
    const { id, ...queue } = support
    await admin.put(`/queues/${id}`, { ...queue, ring_timeout_s: 4 })
    caller = await callIn(server, '+79161234534')
    await first.page.getByTestId('ring').waitFor()
    await answer(second)
    await untilHears(caller, SECOND_HZ)
    await first.untilState('missed call')
    await hangUpAndFinish(second, 'missed once')
    const { entries } = await journalOf(supervisor, '+79161234534', (row) => row.ended_at)
    const offers = only(entries, 'offer_ended').map((event) => [event.agent, event.outcome])
    assert.deepEqual(offers, [[agent(1).id, 'no_answer'], [agent(2).id, 'accepted']])
    const [missed] = only(entries, 'offer_ended')
    assert.ok(missed.rang_ms >= 4_000 && missed.rang_ms < 8_000, `it rang for ${missed.rang_ms} ms`)
  })

  it('had no error in their pages', () => {
    assert.deepEqual([...first.problems, ...second.problems], [])
  })
})

/** By keys: the list, the first letters, Enter. */
async function transfer(desk, name) {
  await desk.page.keyboard.press('Alt+KeyT')
  const list = desk.page.getByRole('combobox', { name: 'Transfer to a queue or an agent' })
  await list.fill(name)
  await list.press('Enter')
  await desk.untilState('After call')
}

async function finish(desk) {
  await desk.page.getByTestId('finish').click()
  await desk.untilState('Ready')
}
