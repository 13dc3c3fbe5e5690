// An agent takes calls on a SIP phone while using the same desk.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Phone } from './harness/phone.mjs'
import { password, Server, until } from './harness/server.mjs'
import { strongest } from './harness/sound.mjs'

describe('an agent with a desk phone', () => {
  let server, agent, desk, caller

  before(async () => {
    server = await Server.start()
    agent = await server.client('agent2@demo.example')
  })
  after(async () => {
    await caller?.stop()
    await desk?.stop()
    await server?.stop()
  })

  it('registers with the password of the desk', async () => {
    desk = await Phone.start({ sip: server.sip, user: 'agent2', password, register: true, hz: 1000 })
    await until('the desk to know the phone', async () => (await agent.get('/desk')).phone_registered)
  })

  it('is refused with a wrong password', async () => {
    const stranger = await Phone.start({ sip: server.sip, user: 'agent3', password: 'wrong-password', register: true })
    await until('the refusal', () => /40[13]/.test(stranger.log))
    assert.equal((await (await server.client('agent3@demo.example')).get('/desk')).phone_registered, false)
    await stranger.stop()
  })

  it('is called on the phone and talks, with the desk showing the customer', async () => {
    await agent.command({ command: 'set_device', device: 'phone' })
    await agent.command({ command: 'set_presence', presence: { state: 'ready' } })
    caller = await Phone.start({ sip: server.sip, user: '+79261112233', hz: 440, codec: 'PCMU' })
    await caller.dial('+74950000001')
    await caller.event('CALL_ESTABLISHED')
    caller.press('1')
    await desk.event('CALL_INCOMING')
    const ringing = await until('the offer at the desk', async () => (await agent.get('/desk')).offer)
    assert.equal(ringing.device, 'phone')
    assert.equal(ringing.about.from, '+79261112233')
    desk.command('accept')
    await desk.event('CALL_ESTABLISHED')
    await until('the customer to hear the agent', () => strongest(caller.lately(), 1000).share > 0.8)
    await until('the agent to hear the customer', () => strongest(desk.lately(), 440).share > 0.8)
  })

  it('holds from the phone, and the customer hears music', async () => {
    desk.command('hold')
    await until('the desk to say that the phone holds', async () => (await agent.get('/desk')).activity === 'hold')
    desk.command('resume')
    await until('the call to go on', async () => (await agent.get('/desk')).activity === 'talking')
    await until('the customer to hear the agent', () => strongest(caller.lately(), 1000).share > 0.8)
  })

  it('ends when the customer hangs up, and wraps up at the desk', async () => {
    caller.command('hangup')
    await desk.event('CALL_CLOSED')
    const { wrap_up } = await until('wrap-up', async () => {
      const view = await agent.get('/desk')
      return view.wrap_up ? view : null
    })
    await agent.command({ command: 'wrap_up', interaction: wrap_up.about.interaction, disposition: null, note: 'done', finish: true })
    assert.equal((await agent.get('/desk')).activity, 'idle')
  })
})
