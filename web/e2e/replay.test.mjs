// A real call, and then its decisions once more from the journal's inputs: the same on either database, beside the
// running server and after its end. The digit typed to the agent is not kept as it was, and that changes nothing.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { Desk } from './harness/desk.mjs'
import { Phone } from './harness/phone.mjs'
import { Postgres } from './harness/postgres.mjs'
import { Server, binary, until } from './harness/server.mjs'

const main = '+74950000001'

for (const database of ['SQLite', 'PostgreSQL']) {
  describe(`a call is decided once more, on ${database}`, () => {
    let postgres, server, desk, supervisor, phone, tenant

    /** What `perezvon replay` says of the last day. */
    function replay(...words) {
      const done = spawnSync(binary(), ['replay', '--tenant', tenant, ...words], { env: server.environment, encoding: 'utf8' })
      return { status: done.status, said: done.stdout + done.stderr, out: done.stdout }
    }

    before(async () => {
      if (database === 'PostgreSQL') postgres = await Postgres.start()
      server = await Server.start({ env: postgres ? { PEREZVON_DATABASE_URL: postgres.url } : {} })
      supervisor = await server.client('supervisor@demo.example')
      tenant = (await supervisor.get('/session')).tenant_name
      desk = await Desk.open(server, { hz: 1000 })
      await desk.page.getByTestId('ready').click()
      await desk.untilState('Ready')
    })
    after(async () => {
      await phone?.stop()
      await desk?.close()
      await server?.stop()
      await postgres?.close()
    })

    it('has a call from the menu to the wrap-up', async () => {
      phone = await Phone.start({ sip: server.sip, user: '+79161234567', hz: 440 })
      await phone.dial(main)
      await phone.event('CALL_ESTABLISHED')
      phone.press('1')
      await desk.page.getByTestId('ring').waitFor()
      await desk.page.keyboard.press('Alt+KeyA')
      await desk.page.getByTestId('hang-up').waitFor()
      await desk.untilHears(440)
      phone.press('9')
      await desk.page.keyboard.press('Alt+KeyH')
      await until('the hold', async () => (await desk.hears()).rms < 0.01)
      await desk.page.keyboard.press('Alt+KeyH')
      await desk.untilHears(440)
      await desk.page.keyboard.press('Alt+Shift+KeyX')
      await phone.event('CALL_CLOSED')
      await desk.untilState('After call')
      await desk.page.getByTestId('finish').click()
      await desk.untilState('Ready')
      await until('the conversation in the journal', async () => {
        const { items } = await supervisor.get('/interactions?number=%2B79161234567')
        return items.find((item) => item.outcome === 'answered' && item.recording === 'sealed')
      })
    })

    it('is the same beside the running server', () => {
      const { status, said, out } = replay('--json')
      assert.equal(status, 0, said)
      const report = JSON.parse(out)
      assert.equal(report.verdict, 'same')
      assert.equal(report.runs.length, 1)
      assert.ok(report.entries > 20 && report.inputs > 10, said)
    })

    it('is the same after a kill and a second start', async () => {
      await server.kill()
      await server.launch()
      await server.end()
      const { status, said } = replay()
      assert.equal(status, 0, said)
      assert.match(said, /the same, byte for byte/)
      assert.equal(said.match(/^run /gm).length, 2, said)
    })
  })
}
