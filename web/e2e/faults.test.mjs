// What survives what: a kill, a lost database.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Phone } from './harness/phone.mjs'
import { password, Server, until } from './harness/server.mjs'
import { readSound, strongest } from './harness/sound.mjs'

describe('kill -9 during a call', () => {
  let server, agent, desk, caller, interaction

  before(async () => {
    server = await Server.start()
    agent = await server.client('agent2@demo.example')
    desk = await Phone.start({ sip: server.sip, user: 'agent2', password, register: true, hz: 1000, answer: 'auto' })
    await until('the phone to be known', async () => (await agent.get('/desk')).phone_registered)
    await agent.command({ command: 'set_device', device: 'phone' })
    await agent.command({ command: 'set_presence', presence: { state: 'ready' } })
    caller = await Phone.start({ sip: server.sip, user: '+79261112244', hz: 440 })
    await caller.dial('+74950000001')
    await caller.event('CALL_ESTABLISHED')
    caller.press('1')
    await until('the call', async () => (await agent.get('/desk')).call)
    await until('six seconds of talk', () => caller.heard().length > 8_000 * 12)
    interaction = (await agent.get('/desk')).call.about.interaction
    await agent.command({ command: 'wrap_up', interaction, disposition: null, note: 'kept before the kill', finish: false })
    await server.kill()
    await server.launch()
  })
  after(async () => {
    await caller?.stop()
    await desk?.stop()
    await server?.stop()
  })

  it('leaves every acknowledged row and closes the call as interrupted', async () => {
    const supervisor = await server.client('supervisor@demo.example')
    const { interaction: row } = await supervisor.get(`/interactions/${interaction}`)
    assert.equal(row.outcome, 'interrupted')
    assert.equal(row.note, 'kept before the kill')
    assert.ok(row.ended_at)
  })

  it('leaves a recording that plays up to the kill', async () => {
    const supervisor = await server.client('supervisor@demo.example')
    const row = await until('the recording to be sealed', async () => {
      const found = (await supervisor.get(`/interactions/${interaction}`)).interaction
      return found.recording === 'sealed' ? found : null
    })
    assert.ok(row.recording_ms > 3_000, `${row.recording_ms} ms are kept`)
    const file = join(server.data, 'heard.opus')
    writeFileSync(file, await supervisor.get(`/interactions/${interaction}/recording`))
    const [left, right] = readSound(file)
    assert.ok(strongest(left, 440).share > 0.7)
    assert.ok(strongest(right, 1000).share > 0.7)
  })
})
