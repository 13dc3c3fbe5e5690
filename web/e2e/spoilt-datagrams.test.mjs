// Ten thousand spoilt datagrams at the SIP port and as many at the media ports: a call stays up through them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { AGENT_HZ, answer, callIn, CUSTOMER_HZ, hangUpAndFinish, hearEachOther, readyDesk } from './harness/conversation.mjs'
import { dice, mediaSeeds, pour, sipSeeds, spoil, udpSockets } from './harness/datagrams.mjs'
import { Server } from './harness/server.mjs'

const COUNT = 10_000
const SEED = Number(process.env.PEREZVON_TEST_SEED ?? 20_260)
/** A number of nobody: a spoilt INVITE that is still a good one must not make the calls of this test too many. */
const NOBODY = '+74950000009'

describe(`spoilt datagrams while a call is up, from seed ${SEED}`, () => {
  let server, desk, phone

  before(async () => {
    server = await Server.start()
    desk = await readyDesk(server)
    phone = await callIn(server, '+79161234511')
    await answer(desk)
    await hearEachOther(desk, phone)
  })
  after(async () => {
    await phone?.stop()
    await desk?.close()
    await server?.stop()
  })

  const residentKib = () => Number(readFileSync(`/proc/${server.process.pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1])

  /** Pours half to fill what fills, then half to see that it grows no more; the call is heard all the time. */
  async function torture(ports, seeds) {
    const throwDice = dice(SEED)
    const make = () => spoil(seeds[throwDice(seeds.length)], throwDice)
    const [atDesk, atPhone] = [desk.listen(CUSTOMER_HZ), phone.listen(AGENT_HZ)]
    let dropped = await pour(ports, COUNT / 2, make)
    const half = residentKib()
    dropped += await pour(ports, COUNT / 2, make)
    const grown = residentKib() - half
    assert.ok(dropped < COUNT / 100, `${dropped} of ${COUNT} were dropped before the server read them`)
    assert.ok(grown < 32 * 1024, `the second half cost ${grown} KiB`)
    assert.ok((await atDesk()) < 3_000, 'the agent hears the customer all the time')
    assert.ok(atPhone() < 3_000, 'the customer hears the agent all the time')
    await hearEachOther(desk, phone)
  }

  it('stays up through ten thousand at the SIP port', async () => {
    await torture([server.sip], sipSeeds(server, NOBODY))
  })

  it('stays up through ten thousand at the media ports in use', async () => {
    const inUse = udpSockets().filter(({ loopback, port }) => loopback && server.isMediaPort(port))
    assert.ok(inUse.length >= 3, 'RTP and RTCP of the phone, and the port of the browsers')
    await torture(inUse.map(({ port }) => port), mediaSeeds())
  })

  it('ends well, and the next call works', async () => {
    await hangUpAndFinish(desk, 'through the storm')
    await phone.event('CALL_CLOSED')
    await phone.stop()
    phone = await callIn(server, '+79161234512', { hz: 620 })
    await answer(desk)
    await hearEachOther(desk, phone, { customerHz: 620 })
    assert.equal(server.log.filter((line) => /panick/.test(line)).join('\n'), '')
    assert.deepEqual(desk.problems, [])
  })
})
