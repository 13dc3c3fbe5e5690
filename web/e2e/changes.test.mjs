// The audit trail: an admin changes a queue, and reads who, when, before and after on the page, in both languages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { Desk } from './harness/desk.mjs'
import { password, Server } from './harness/server.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }

describe('the audit trail', () => {
  let server, desk, page, name

  const faults = async () => {
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
    return page.evaluate(async (rules) => {
      const { violations } = await globalThis.axe.run(document, rules)
      const over = document.documentElement.scrollWidth - innerWidth
      return [...violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${node.html.slice(0, 160)}`)), ...(over > 0 ? [`wider than its window by ${over} px`] : [])]
    }, rules)
  }
  /** The rows of a change: field, before, after. */
  const rowsOf = (article) => article.locator('[role=row]:not(.away)').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.innerText.trim())))
  const asked = () => page.waitForResponse((response) => response.url().includes('/api/v1/changes'))

  before(async () => {
    server = await Server.start()
    desk = await Desk.open(server, { email: 'admin@demo.example' })
    page = desk.page
    await page.goto(`${server.url}/admin/queues`)
    await page.locator('.list td a').first().click()
    await page.locator('.form form').waitFor()
  })
  after(async () => {
    await desk?.close()
    await server?.stop()
  })

  it('keeps what an admin changes in a queue', async () => {
    name = await page.getByLabel('Name', { exact: true }).inputValue()
    await page.getByLabel('Answer within, seconds (T)').fill('75')
    await page.getByLabel('Record conversations').uncheck()
    const [saved] = await Promise.all([page.waitForResponse((response) => response.request().method() === 'PUT'), page.getByRole('button', { name: 'Save' }).click()])
    assert.equal(saved.status(), 200)
    await page.locator('.form form').waitFor({ state: 'detached' })
  })

  it('is read from the form of the queue by keyboard: who, when, before and after', async () => {
    await page.locator('.list td a', { hasText: name }).first().click()
    await page.locator('.form').getByRole('link', { name: 'Changes' }).focus()
    await Promise.all([asked(), page.keyboard.press('Enter')])
    const first = page.locator('article').first()
    await first.getByRole('heading', { name: `changed the queue “${name}”` }).waitFor()
    assert.equal(await first.getByRole('heading').innerText(), `Андрей Козлов changed the queue “${name}”`)
    assert.deepEqual(await rowsOf(first), [['Answer within, seconds (T)', await first.locator('.before').first().innerText(), '75 s = 1:15'], ['Record conversations', 'yes', 'no']])
    assert.match(await first.locator('.before').first().innerText(), /^\d+ s$/)
    const at = Date.parse(await first.locator('time').getAttribute('datetime'))
    assert.ok(Math.abs(Date.now() - at) < 60_000, 'it is of this minute')
    assert.equal(await page.locator('article').count(), 2, 'the making of the queue and the change')
  })

  it('says the same in Russian, and has nothing that axe finds, wide and narrow', async () => {
    assert.deepEqual(await faults(), [])
    await page.locator('button[lang=ru]').click()
    await page.locator('html[lang=ru]').waitFor({ state: 'attached' })
    const first = page.locator('article').first()
    assert.match(await first.getByRole('heading').innerText(), new RegExp(`^Андрей Козлов: изменена очередь «${name}»$`))
    const rows = await rowsOf(first)
    assert.equal(rows[0][2], '75 с = 1:15')
    assert.deepEqual(rows[1], ['Записывать разговоры', 'да', 'нет'])
    for (const [width, scheme] of [[1440, 'dark'], [390, 'light'], [390, 'dark']]) {
      await page.setViewportSize({ width, height: 844 })
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.locator('article button[aria-expanded=false]').first().click()
      assert.deepEqual(await faults(), [], `${width} ${scheme}`)
      await page.locator('article button[aria-expanded=true]').first().click()
    }
  })

  it('is narrowed by what, by whom and by day', async () => {
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto(`${server.url}/admin/changes`)
    await page.locator('article').first().waitFor()
    await Promise.all([asked(), page.getByLabel('Вид').selectOption('trunk')])
    await page.locator('article h3', { hasText: 'добавлена линия' }).waitFor()
    assert.equal(await page.locator('article').count(), 1)
    await Promise.all([asked(), page.getByLabel('Кто').selectOption('console')])
    await page.locator('.empty').waitFor()
    await Promise.all([asked(), page.locator('.filters button', { hasText: 'Сбросить отбор' }).click()])
    await page.locator('article').first().waitFor()
    await Promise.all([asked(), page.goto(`${server.url}/admin/changes?to=2020-01-01`)])
    await page.locator('.empty').waitFor()
  })

  it('is for admins only', async () => {
    const signIn = await fetch(`${server.url}/api/v1/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'supervisor@demo.example', password }) })
    const { token } = await signIn.json()
    const answer = await fetch(`${server.url}/api/v1/changes`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(answer.status, 403)
  })

  it('had no error in the console', () => assert.deepEqual(desk.problems, []))
})
