// The disk of database and recordings is full during a call: the call goes on, the page says so, the journal catches up.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { AGENT_HZ, answer, callIn, CUSTOMER_HZ, hangUpAndFinish, hearEachOther, journalOf, readyDesk, secondsOfSound } from './harness/conversation.mjs'
import { noDisk, SmallDisk } from './harness/disk.mjs'
import { Server, until } from './harness/server.mjs'
import { readSound, strongest } from './harness/sound.mjs'

const customer = '+79161234521'

describe('a full disk during a call', { skip: noDisk }, () => {
  let disk, server, supervisor, desk, phone, filledAt

  before(async () => {
    // Room for the demo company's month and its write-ahead log.
    disk = new SmallDisk(256)
    server = await Server.start({ data: disk.folder })
    // The month's log would leave room for many rows: a fresh start begins with an empty one.
    await server.end()
    await server.launch()
    supervisor = await server.client('supervisor@demo.example')
    desk = await readyDesk(server)
    phone = await callIn(server, customer)
    await answer(desk)
    await hearEachOther(desk, phone)
    await secondsOfSound(phone, 3)
  })
  after(async () => {
    await phone?.stop()
    await desk?.close()
    await server?.end()
    disk?.remove()
  })

  it('does not interrupt the sound, and the page says that the disk is full', async () => {
    const [atDesk, atPhone] = [desk.listen(CUSTOMER_HZ), phone.listen(AGENT_HZ)]
    filledAt = Date.now()
    // A file that the database has already may take one more row: it is filled and written to until none fits.
    let rows = 0
    await until('the page to say that the disk is full', async () => {
      disk.fill()
      await desk.page.getByTestId('note').fill(`Written while the disk was full, ${++rows}`)
      const told = desk.page.getByText('The server’s disk is full.').waitFor({ timeout: 3_000 })
      return told.then(() => true, () => false)
    })
    await secondsOfSound(phone, 5)
    assert.ok((await atDesk()) < 1_500, 'the agent hears the customer without a break')
    assert.ok(atPhone() < 1_500, 'the customer hears the agent without a break')
  })

  it('lets the agent hold and come back', async () => {
    await desk.page.keyboard.press('Alt+KeyH')
    await until('the agent to hear nothing', async () => (await desk.hears()).rms < 0.01)
    await desk.page.keyboard.press('Alt+KeyH')
    await hearEachOther(desk, phone)
  })

  it('writes all that waited once there is room, and the page says no more of it', async () => {
    const roomAt = Date.now()
    disk.giveRoom()
    const soon = { state: 'detached', timeout: 8_000 }
    await desk.page.getByText('The server’s disk is full.').waitFor(soon)
    await desk.page.getByText('The journal is behind.').waitFor(soon)
    const { entries } = await journalOf(supervisor, customer)
    const written = entries.filter((entry) => entry.at >= filledAt && entry.at < roomAt).map((entry) => entry.event.kind)
    assert.ok(written.includes('noted'))
    assert.deepEqual(written.filter((kind) => kind !== 'noted'), ['hold_started', 'hold_ended'])
  })

  it('keeps a recording that is as long as the talk, with the sound from before and after', async () => {
    await secondsOfSound(phone, 4)
    await hangUpAndFinish(desk, 'The disk was full')
    await phone.event('CALL_CLOSED')
    const { row, kinds } = await journalOf(supervisor, customer, (row) => row.outcome === 'answered' && row.recording === 'sealed')
    assert.equal(row.note, 'The disk was full')
    for (const kind of ['interaction_started', 'agent_connected', 'agent_disconnected', 'interaction_ended', 'wrap_up_ended']) {
      assert.ok(kinds.includes(kind), `${kind} is in the journal; there are ${kinds.join(' ')}`)
    }
    const talkedMs = row.talk_ms + row.hold_ms
    assert.ok(Math.abs(row.recording_ms - talkedMs) < 2_000, `${row.recording_ms} ms recorded of ${talkedMs} ms`)
    const file = join(disk.folder, 'heard.opus')
    writeFileSync(file, await supervisor.get(`/interactions/${row.id}/recording`))
    const [left] = readSound(file)
    assert.ok(strongest(left.subarray(0, 3 * 8_000), CUSTOMER_HZ).share > 0.7, 'the customer is heard at the start')
    assert.ok(strongest(left.subarray(-3 * 8_000), CUSTOMER_HZ).share > 0.7, 'the customer is heard at the end')
  })
})
