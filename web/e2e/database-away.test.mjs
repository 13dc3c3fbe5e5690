// PostgreSQL goes away for ten seconds during a call: the call goes on, the page says so, the journal catches up.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { AGENT_HZ, answer, callIn, CUSTOMER_HZ, hangUpAndFinish, hearEachOther, journalOf, readyDesk, secondsOfSound } from './harness/conversation.mjs'
import { Postgres } from './harness/postgres.mjs'
import { Server, until } from './harness/server.mjs'

const customer = '+79161234501'
const newcomer = '+79161234502'

describe('the database away for ten seconds during a call', () => {
  let postgres, server, supervisor, desk, phone, second, wentAt, cameBackAt

  before(async () => {
    postgres = await Postgres.start()
    server = await Server.start({ env: { PEREZVON_DATABASE_URL: postgres.url } })
    supervisor = await server.client('supervisor@demo.example')
    desk = await readyDesk(server)
    phone = await callIn(server, customer)
    await answer(desk)
    await hearEachOther(desk, phone)
  })
  after(async () => {
    await phone?.stop()
    await second?.stop()
    await desk?.close()
    await server?.stop()
    await postgres?.close()
  })

  it('does not interrupt the sound, and the page says that the database is away', async () => {
    const [atDesk, atPhone] = [desk.listen(CUSTOMER_HZ), phone.listen(AGENT_HZ)]
    wentAt = Date.now()
    await postgres.down()
    await desk.page.getByTestId('note').fill('Written while the database was away')
    await desk.page.getByText('The database is away.').waitFor()
    await secondsOfSound(phone, 6)
    assert.ok((await atDesk()) < 1_500, 'the agent hears the customer without a break')
    assert.ok(atPhone() < 1_500, 'the customer hears the agent without a break')
    assert.equal((await fetch(`${server.url}/readyz`)).status, 503)
  })

  it('lets the agent hold and come back', async () => {
    await desk.page.keyboard.press('Alt+KeyH')
    await desk.page.locator('[data-testid=hold][aria-pressed=true]').waitFor()
    await until('the agent to hear nothing', async () => (await desk.hears()).rms < 0.01)
    await desk.page.keyboard.press('Alt+KeyH')
    await desk.page.locator('[data-testid=hold][aria-pressed=false]').waitFor()
    await hearEachOther(desk, phone)
  })

  it('takes a new caller into the queue', async () => {
    second = await callIn(server, newcomer)
    await until('the caller in the queue', async () => (await desk.page.getByText('1 waits').count()) > 0)
  })

  it('writes all that waited once the database is back, and the page says no more of it', async () => {
    await until('ten seconds without a database', () => Date.now() - wentAt > 10_000)
    cameBackAt = Date.now()
    await postgres.up()
    // Well before anything else is written that could make the page forget it.
    const soon = { state: 'detached', timeout: 8_000 }
    await desk.page.getByText('The database is away.').waitFor(soon)
    await desk.page.getByText('The journal is behind.').waitFor(soon)
    await until('the server to be ready', async () => (await fetch(`${server.url}/readyz`)).ok)
    const { entries } = await journalOf(supervisor, customer)
    const written = entries.filter((entry) => entry.at >= wentAt && entry.at < cameBackAt).map((entry) => entry.event.kind)
    assert.deepEqual(written, ['noted', 'hold_started', 'hold_ended'])
    assert.equal((await journalOf(supervisor, newcomer)).kinds.includes('queued'), true)
  })

  it('leaves the call whole in the journal, with its recording', async () => {
    second.command('hangup')
    await hangUpAndFinish(desk, 'And after it')
    await phone.event('CALL_CLOSED')
    const { row, kinds } = await journalOf(supervisor, customer, (row) => row.outcome === 'answered' && row.recording === 'sealed')
    assert.equal(row.note, 'And after it')
    for (const kind of ['interaction_started', 'queued', 'agent_connected', 'agent_disconnected', 'interaction_ended', 'wrap_up_ended']) {
      assert.equal(kinds.filter((found) => found === kind).length, 1, `${kind} is there once; there are ${kinds.join(' ')}`)
    }
    const { row: left } = await journalOf(supervisor, newcomer, (row) => row.ended_at)
    assert.equal(left.outcome, 'abandoned')
  })
})
