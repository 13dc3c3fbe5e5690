// Two agents: a caller is passed on to a queue and from one to the other, offers are declined and missed.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { answer, callIn, hangUpAndFinish, hearEachOther, journalOf, readyDesk, untilHears } from './harness/conversation.mjs'
import { Server, until } from './harness/server.mjs'
import { readSound, strongest } from './harness/sound.mjs'

/** Each agent has a voice of the own. */
const FIRST_HZ = 1000
const SECOND_HZ = 1300

describe('two agents at their desks', () => {
  let server, supervisor, admin, first, second, caller, restore, users

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
    await restore?.()
    caller = restore = undefined
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

  it('record what is said before and after a queue that does not record, and play both', async () => {
    const { id: sales, ...queue } = (await admin.get('/queues')).find((queue) => queue.key === 'sales')
    await admin.put(`/queues/${sales}`, { ...queue, record: false })
    restore = () => admin.put(`/queues/${sales}`, queue)
    caller = await callIn(server, '+79161234535')
    await answer(first)
    const { row: open } = await journalOf(supervisor, '+79161234535')
    const recorded = (part) => until(`two seconds of part ${part}`, async () => {
      const { recordings } = await supervisor.get(`/interactions/${open.id}`)
      if (recordings.length < part) return false
      return (await supervisor.get(`/interactions/${open.id}/peaks?n=1&recording=${recordings[part - 1].id}`)).duration_ms > 2_000
    })
    await hearEachOther(first, caller, { agentHz: FIRST_HZ })
    await recorded(1)
    await transfer(first, 'Продажи')
    await answer(second)
    await hearEachOther(second, caller, { agentHz: SECOND_HZ })
    await finish(first)
    await transfer(second, 'Поддержка')
    await answer(first)
    await hearEachOther(first, caller, { agentHz: FIRST_HZ })
    await recorded(2)
    await hangUpAndFinish(first, 'there and back')
    await finish(second)
    const { row } = await journalOf(supervisor, '+79161234535', (row) => row.ended_at && row.recording === 'sealed')

    const { page } = first
    await page.getByRole('link', { name: 'Journal', exact: true }).click()
    await page.locator(`a[href="/journal/${row.id}"]`).click()
    await page.getByRole('heading', { name: /^Recording 2 of 2/ }).waitFor()
    await until('two waveforms', async () => (await page.getByTestId('wave').count()) === 2)
    const buttons = page.getByRole('button', { name: /^(Play|Pause)$/ })
    const sounding = () => buttons.evaluateAll((all) => all.map((button) => button.getAttribute('aria-label') === 'Pause'))
    await buttons.first().click()
    await until('the first plays', async () => String(await sounding()) === 'true,false')
    await buttons.last().click()
    await until('the second plays, and it alone', async () => String(await sounding()) === 'false,true')
    const links = await page.locator('a[download]').evaluateAll((links) => links.map((link) => link.getAttribute('href')))
    assert.equal(new Set(links).size, 2)
    for (const [part, link] of links.entries()) {
      const file = join(server.data, `part-${part}.opus`)
      writeFileSync(file, await supervisor.get(link.replace('/api/v1', '')))
      const [, right] = readSound(file)
      assert.ok(strongest(right, FIRST_HZ).share > 0.7, `the first agent is in part ${part + 1}`)
      assert.ok(strongest(right, SECOND_HZ).share < 0.1, 'and the other one is not')
    }
    await page.getByRole('link', { name: 'Workspace', exact: true }).click()
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
