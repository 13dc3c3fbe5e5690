// The README's pictures, taken of the real server with its demo life on: one call from ring to wrap-up, then the journal
// and the floor once some more have been recorded. Russian by day, English by night.
// usage: [PEREZVON_TEST_BINARY=...] node e2e/readme-screenshots.mjs; writes docs/screenshots
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { Desk } from './harness/desk.mjs'
import { password, Server, until } from './harness/server.mjs'

const folder = resolve(import.meta.dirname, '../../docs/screenshots')
const RECORDED = 5
const WAIT_MS = 240_000
mkdirSync(folder, { recursive: true })

/** A page as it is now, in both languages; what is typed and chosen stays. */
async function picture(page, name) {
  for (const [language, colorScheme] of [['en', 'dark'], ['ru', 'light']]) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    if ((await page.locator('html').getAttribute('lang')) !== language) await page.locator(`button[lang=${language}]`).click()
    await page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' })
    await page.mouse.move(0, 0)
    await page.evaluate(() => document.activeElement?.blur())
    await page.evaluate(() => document.fonts.ready.then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))))
    await page.screenshot({ path: `${folder}/${name}-${language}.png` })
  }
}

const server = await Server.start({ life: 'on' })
let desk
try {
  desk = await Desk.open(server, { language: 'ru' })
  const { page } = desk
  await page.getByTestId('ready').click()
  await page.getByTestId('ring').waitFor()
  await picture(page, 'ringing')
  await page.keyboard.press('Alt+KeyA')
  await page.getByTestId('hang-up').waitFor()
  await page.getByTestId('note').fill('Просит перезвонить завтра до обеда')
  await page.locator('.list button').nth(4).click()
  await page.locator('.saving', { hasText: /\d\d:\d\d/ }).waitFor()
  await picture(page, 'talking')
  await page.keyboard.press('Alt+Shift+KeyX')
  await page.getByTestId('finish').click()

  const supervisor = await server.client('supervisor@demo.example')
  await supervisor.put('/demo', { calls_per_minute: 10 })
  await until('some calls to be recorded', async () => {
    const { items } = await supervisor.get('/interactions?limit=14')
    return items.filter((item) => item.recording === 'sealed' || item.recording === 'growing').length >= RECORDED
  }, WAIT_MS)
  const context = await desk.browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'ru-RU', timezoneId: 'Europe/Moscow' })
  await context.request.post(`${server.url}/api/v1/session`, { data: { email: 'supervisor@demo.example', password } })
  const watching = await context.newPage()
  await watching.goto(`${server.url}/journal`)
  await watching.locator('.rec svg').first().waitFor()
  await picture(watching, 'journal')
  await watching.goto(`${server.url}/floor`)
  await watching.locator('table tbody tr').first().waitFor()
  await picture(watching, 'floor')
} finally {
  await desk?.close()
  await server.stop()
}
