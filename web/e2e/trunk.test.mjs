// SIPp as the trunk of a provider, against the whole server: digits, giving up, busy, refusals, and a bad network.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { journalOf, MAIN_NUMBER } from './harness/conversation.mjs'
import { LossyNetwork } from './harness/lossy.mjs'
import { freePort, Server, until } from './harness/server.mjs'
import { Sipp } from './harness/sipp.mjs'

/** Whom the scenarios say that they are, in E.164. */
const caller = '+74951234567'

describe('the trunk of a provider', () => {
  let server, supervisor, admin, outside

  before(async () => {
    server = await Server.start()
    supervisor = await server.client('supervisor@demo.example')
    admin = await server.client('admin@demo.example')
    outside = await freePort()
    // The internal number 100, which the scenarios dial, leads to a phone outside; the caller is not answered before it is.
    const nodes = {
      out: { type: 'transfer', to: `sip:desk@127.0.0.1:${outside}`, on_fail: 'busy' },
      busy: { type: 'hang_up', cause: 'busy' },
    }
    const json = JSON.stringify({ version: 1, start: 'out', nodes })
    const flow = await admin.post('/flows', { key: 'outside', name: 'Outside', json })
    await admin.post('/numbers', { number: '100', flow: flow.id, language: 'ru' })
  })
  after(async () => {
    await server?.stop()
  })

  // Each test looks at its own call: the journal may still end with that of the test before.
  const seen = new Set()
  const newest = async (fits) => {
    const { row, entries } = await journalOf(supervisor, caller, (row) => row.ended_at && !seen.has(row.id) && fits(row))
    seen.add(row.id)
    return { row, events: entries.map((entry) => entry.event) }
  }

  it('chooses in the menu and enters an account by digits, and leaves the queue', async () => {
    await Sipp.run('uac_digits', server.sip, { number: MAIN_NUMBER, parameters: ['-m', '1'] })
    const { row, events } = await newest((row) => row.to === MAIN_NUMBER)
    const collected = events.filter((event) => event.kind === 'collected').map((event) => [event.name, event.value])
    assert.deepEqual(collected.at(-1), ['account', '12345'])
    assert.ok(events.some((event) => event.kind === 'queued'))
    assert.equal(row.outcome, 'abandoned')
  })

  it('gives up while it rings, and so does the phone outside', async () => {
    const phone = await Sipp.start('uas_cancelled', server.sip, { port: outside, parameters: ['-m', '1'] })
    await Sipp.run('uac_cancel', server.sip, { parameters: ['-m', '1'] })
    await phone.succeeds()
    const { events } = await newest((row) => row.to === '100')
    const end = events.find((event) => event.kind === 'interaction_ended')
    assert.deepEqual([end.outcome, end.cause, end.by], ['ended_in_flow', 'cancelled', 'customer'])
  })

  it('is told that the phone outside is busy', async () => {
    const phone = await Sipp.start('uas_busy', server.sip, { port: outside, parameters: ['-m', '1'] })
    await Sipp.run('uac_busy', server.sip, { parameters: ['-m', '1'] })
    await phone.succeeds()
    const { events } = await newest((row) => row.to === '100')
    const end = events.find((event) => event.kind === 'interaction_ended')
    assert.deepEqual([end.cause, end.by], ['busy', 'system'])
  })

  it('is told that nobody has a number', async () => {
    await Sipp.run('uac_unknown_number', server.sip, { parameters: ['-m', '1'] })
  })

  it('gets its calls through a network that loses one datagram in eight', async () => {
    const network = await LossyNetwork.open(server.sip, { percent: 12, seed: 1 })
    try {
      await Sipp.run('uac_call', network.port, { number: MAIN_NUMBER, parameters: ['-m', '20', '-r', '10', '-d', '1500', '-recv_timeout', '40000'] })
    } finally {
      network.close()
    }
    assert.ok(network.lost > 10, `${network.lost} were lost`)
    const { items } = await supervisor.get(`/interactions?number=${encodeURIComponent(caller)}`)
    await until('all calls to be over', async () => {
      const { items } = await supervisor.get(`/interactions?number=${encodeURIComponent(caller)}`)
      return items.every((row) => row.ended_at)
    })
    assert.ok(items.length >= 20)
  })

  it('is refused from an address that is no trunk', async () => {
    const [trunk] = await admin.get('/trunks')
    const { id, ...body } = trunk
    await admin.put(`/trunks/${id}`, { ...body, sources: ['127.0.0.1/32'] })
    await Sipp.run('uac_forbidden', server.sip, { from: '127.0.0.7', number: MAIN_NUMBER, parameters: ['-m', '1'] })
    await Sipp.run('uac_call', server.sip, { number: MAIN_NUMBER, parameters: ['-m', '1', '-d', '200'] })
  })
})
