// The path of the first call, with nothing stood in for: a SIP phone in its own process, the real server, a real
// browser; on either database. 440 Hz is the customer's voice, 1,000 Hz the agent's.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Desk } from './harness/desk.mjs'
import { Phone } from './harness/phone.mjs'
import { Postgres } from './harness/postgres.mjs'
import { Server, until } from './harness/server.mjs'
import { readSound, strongest } from './harness/sound.mjs'

const main = '+74950000001'
const CUSTOMER_HZ = 440
const AGENT_HZ = 1000

for (const database of ['SQLite', 'PostgreSQL']) {
  describe(`a customer rings in and an agent answers in the browser, on ${database}`, () => {
    let postgres, server, desk, supervisor, phone

    before(async () => {
      if (database === 'PostgreSQL') postgres = await Postgres.start()
      server = await Server.start({ env: postgres ? { PEREZVON_DATABASE_URL: postgres.url } : {} })
      supervisor = await server.client('supervisor@demo.example')
      desk = await Desk.open(server, { hz: AGENT_HZ })
      await desk.page.getByTestId('ready').click()
      await desk.untilState('Ready')
    })
    after(async () => {
      await phone?.stop()
      await desk?.close()
      await server?.stop()
      await postgres?.close()
    })

    it('shows who calls before the answer, after the menu was answered with 1', async () => {
      phone = await Phone.start({ sip: server.sip, user: '+79161234567', hz: CUSTOMER_HZ })
      await phone.dial(main)
      await phone.event('CALL_ESTABLISHED')
      phone.press('1')
      const ring = desk.page.getByTestId('ring')
      await ring.waitFor()
      assert.match(await ring.innerText(), /916 123-45-67/)
    })

    it('carries sound both ways once the agent answers by key', async () => {
      await desk.page.keyboard.press('Alt+KeyA')
      await desk.page.getByTestId('hang-up').waitFor()
      await desk.untilHears(CUSTOMER_HZ)
      await until('the customer to hear the agent', () => strongest(phone.lately(), AGENT_HZ).share > 0.8)
    })

    it('lets the customer hear music, not the agent, while on hold', async () => {
      await desk.page.keyboard.press('Alt+KeyH')
      await until('the agent to hear nothing', async () => (await desk.hears()).rms < 0.01)
      const from = phone.heard().length
      await until('two more seconds at the customer', () => phone.heard().length > from + 16_000)
      const held = phone.heard().subarray(from + 4_000)
      assert.ok(strongest(held, AGENT_HZ).share < 0.3, 'the agent is not heard on hold')
      assert.ok(held.some((sample) => Math.abs(sample) > 0.01), 'music is heard on hold')
      await desk.page.keyboard.press('Alt+KeyH')
      await desk.untilHears(CUSTOMER_HZ)
    })

    it('silences the agent when muted, and only the agent', async () => {
      await desk.page.keyboard.press('Alt+KeyM')
      const from = phone.heard().length
      await until('two more seconds at the customer', () => phone.heard().length > from + 20_000)
      assert.ok(strongest(phone.heard().subarray(from + 6_000), AGENT_HZ).share < 0.3, 'a muted agent is not heard')
      await desk.untilHears(CUSTOMER_HZ)
      await desk.page.keyboard.press('Alt+KeyM')
      await until('the customer to hear the agent again', () => strongest(phone.lately(), AGENT_HZ).share > 0.8)
    })

    it('keeps the call when the page is reloaded, and the sound comes back', async () => {
      await desk.page.reload()
      await desk.page.getByTestId('hang-up').waitFor()
      await desk.untilHears(CUSTOMER_HZ)
      await until('the customer to hear the agent again', () => strongest(phone.lately(), AGENT_HZ).share > 0.8)
    })

    it('goes through wrap-up with a disposition and a note to the journal', async () => {
      await desk.page.keyboard.press('Alt+Shift+KeyX')
      await phone.event('CALL_CLOSED')
      await desk.untilState('After call')
      await desk.page.getByRole('button', { name: 'Вопрос решён', exact: true }).click()
      await desk.page.getByTestId('note').fill('The parcel is on its way')
      await desk.page.getByTestId('finish').click()
      await desk.untilState('Ready')
      const row = await until('the conversation in the journal', async () => {
        const { items } = await supervisor.get('/interactions?number=%2B79161234567')
        return items.find((item) => item.outcome === 'answered' && item.recording === 'sealed')
      })
      assert.equal(row.note, 'The parcel is on its way')
      assert.ok(row.disposition_name)
      assert.ok(row.talk_ms > 1_000 && row.hold_ms > 1_000)
      const { entries } = await supervisor.get(`/interactions/${row.id}`)
      const kinds = entries.map((entry) => entry.event.kind)
      for (const kind of ['interaction_started', 'flow_node', 'collected', 'queued', 'offered', 'offer_ended', 'left_queue',
        'agent_connected', 'hold_started', 'hold_ended', 'agent_lost', 'agent_back', 'interaction_ended', 'wrap_up_ended', 'recording_sealed']) {
        assert.ok(kinds.includes(kind), `${kind} is in the journal; there are ${kinds.join(' ')}`)
      }
    })

    it('has the customer on the left of the recording and the agent on the right', async () => {
      const { items } = await supervisor.get('/interactions?number=%2B79161234567')
      const sound = await supervisor.get(`/interactions/${items[0].id}/recording`)
      const file = join(server.data, 'heard.opus')
      writeFileSync(file, sound)
      const [left, right] = readSound(file)
      assert.ok(strongest(left, CUSTOMER_HZ).share > 0.7, 'the customer is on the left')
      assert.ok(strongest(right, AGENT_HZ).share > 0.7, 'the agent is on the right')
      assert.ok(strongest(left, AGENT_HZ).share < 0.2 && strongest(right, CUSTOMER_HZ).share < 0.2, 'and not the other way')
    })

    it('counts the call on the floor and in the day report', async () => {
      const floor = await supervisor.get('/floor')
      const support = floor.queues.find((queue) => queue.key === 'support')
      assert.equal(support.today.answered >= 1, true)
      const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Moscow' }).format(new Date())
      const report = await supervisor.get(`/reports/day?date=${today}&queue=${support.queue}`)
      assert.equal(report.total.offered, support.today.offered)
      assert.equal(report.total.answered, support.today.answered)
    })

    it('had no error in the page', () => {
      assert.deepEqual(desk.problems, [])
    })
  })
}
