// What everybody may change of their own account, from the page to the server and back.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Desk } from './harness/desk.mjs'
import { password, Server } from './harness/server.mjs'

const email = 'agent3@demo.example'
const better = 'a better password'

describe('the own settings', () => {
  let server, desk, dialog

  const signIn = (secret) => fetch(`${server.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email, password: secret }) })
  /** A press that the server answers. */
  const answered = async (path, press) => (await Promise.all([desk.page.waitForResponse((response) => response.url().endsWith(path)), press()]))[0].status()

  before(async () => {
    server = await Server.start()
    desk = await Desk.open(server, { email })
    await desk.page.locator('.bar .menu button').last().click()
    await desk.page.getByTestId('own-settings').click()
    dialog = desk.page.locator('dialog[open]')
  })
  after(async () => {
    await desk?.close()
    await server?.stop()
  })

  it('keep the language for the next computer', async () => {
    assert.equal(await answered('/session/language', () => dialog.getByTestId('own-language').selectOption('ru')), 204)
    await dialog.getByText('Сменить пароль').first().waitFor()
    const { token } = await (await signIn(password)).json()
    const me = await (await fetch(`${server.url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } })).json()
    assert.equal(me.language, 'ru')
    assert.equal(await answered('/session/language', () => dialog.getByTestId('own-language').selectOption('en')), 204)
  })

  it('keep what was typed when the old password is wrong', async () => {
    await dialog.getByLabel('Password now').fill('not the password')
    await dialog.getByLabel('New password').fill(better)
    assert.equal(await answered('/session/password', () => dialog.getByRole('button', { name: 'Change the password' }).click()), 422)
    await dialog.getByText('This is not your password').waitFor()
    assert.equal(await dialog.getByLabel('New password').inputValue(), better)
  })

  it('change the password, and the page goes on', async () => {
    await dialog.getByLabel('Password now').fill(password)
    assert.equal(await answered('/session/password', () => dialog.getByRole('button', { name: 'Change the password' }).click()), 204)
    await dialog.getByText('The password is changed').waitFor()
    assert.equal((await signIn(password)).status, 401)
    assert.equal((await signIn(better)).status, 200)
    await desk.page.reload()
    await desk.page.getByTestId('presence').waitFor()
  })
})
