// The demo's doors: the badge and the roles before sign-in, after it, and after leaving again.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Desk } from './harness/desk.mjs'
import { watch } from './harness/watch.mjs'
import { Server } from './harness/server.mjs'

describe('the demo', () => {
  let server, desk, page
  const problems = []

  before(async () => {
    server = await Server.start()
    desk = await Desk.open(server, { email: null })
    page = desk.page
    watch(desk.context, problems)
  })
  after(async () => {
    await desk?.close()
    await server?.stop()
  })

  it('opens as an agent, with its badge, and with the calls to come', async () => {
    await page.getByTestId('presence').waitFor()
    assert.equal(await page.locator('.demo .badge').innerText(), 'DEMO')
    assert.equal(await page.getByTestId('role-agent').getAttribute('aria-pressed'), 'true')
  })

  for (const [role, shown] of [['supervisor', '/floor'], ['admin', '/admin/queues'], ['agent', '/']]) {
    it(`becomes ${role} by one click, where the slider and a call at once are within reach`, async () => {
      await page.getByTestId(`role-${role}`).click()
      await page.waitForURL((url) => url.pathname === shown)
      await page.locator(`[data-testid=role-${role}][aria-pressed=true]`).waitFor()
      assert.equal(await page.locator('.demo input[type=range]').isVisible(), true)
      assert.equal(await page.getByTestId('demo-call').isVisible(), true)
    })
  }

  it('keeps the calls a minute for every role', async () => {
    await Promise.all([
      page.waitForResponse((response) => response.url().endsWith('/api/v1/demo') && response.request().method() === 'PUT'),
      page.locator('.demo input[type=range]').fill('7'),
    ])
    await page.getByTestId('role-supervisor').click()
    await page.locator('[data-testid=role-supervisor][aria-pressed=true]').waitFor()
    assert.equal(await page.locator('.demo output').innerText(), '7')
  })

  it('shows badge and roles after signing out, after a reload too, and lets in again', async () => {
    await page.locator('.bar .menu button').last().click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    await page.reload()
    await page.getByLabel('Password').waitFor()
    assert.equal(await page.locator('.badge').innerText(), 'DEMO')
    await page.getByTestId('role-admin').click()
    await page.locator('[data-testid=role-admin][aria-pressed=true]').waitFor()
  })

  it('had no error in the console and no failed request', () => {
    assert.deepEqual(problems, [])
  })
})
