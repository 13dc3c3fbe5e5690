// The first call over a running `perezvon demo`, as a person would have it: ready, ring, answer by key, hear, mute, hold,
// hang up, disposition, finish, journal, recording. usage: PEREZVON_URL=http://127.0.0.1:8080 node e2e/first-call.mjs
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openBrowser, openPage, settle } from './browser.mjs'

const url = process.env.PEREZVON_URL ?? 'http://127.0.0.1:8080'
const language = process.env.PEREZVON_LANGUAGE ?? 'en'
const folder = fileURLToPath(new URL('shots', import.meta.url))
mkdirSync(folder, { recursive: true })

/** A caller: the demo's own, or what `PEREZVON_CALLER` (a shell command) starts. */
let caller
async function callIn(page) {
  if (process.env.PEREZVON_CALLER) caller = spawn('sh', ['-c', process.env.PEREZVON_CALLER], { stdio: 'ignore' })
  else await page.getByTestId('demo-call').click()
}

/** Loudness of what the page hears from the server, as the root mean square over a second and the strongest frequency. */
const heard = (page) =>
  page.evaluate(async () => {
    const context = new AudioContext()
    await context.resume()
    const analyser = context.createAnalyser()
    analyser.fftSize = 8_192
    context.createMediaStreamSource(globalThis.__perezvon.remoteStream).connect(analyser)
    const wave = new Float32Array(analyser.fftSize)
    let loudest = 0
    for (let n = 0; n < 20; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      analyser.getFloatTimeDomainData(wave)
      loudest = Math.max(loudest, Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length))
    }
    await context.close()
    return loudest
  })

const browser = await openBrowser()
const started = Date.now()
const say = (text) => console.log(`${((Date.now() - started) / 1_000).toFixed(1).padStart(6)} s  ${text}`)
let shots = 0
try {
  const { page, errors } = await openPage(browser, `${url}/?probe`, { language })
  const shot = async (name) => {
    await settle(page)
    await page.screenshot({ path: `${folder}/real-${String(++shots).padStart(2, '0')}-${name}.png` })
  }
  await page.getByTestId('presence').waitFor()
  say('the desk is there, signed in by itself')
  await page.waitForFunction(() => globalThis.__perezvon?.peer?.connectionState === 'connected')
  say('the softphone is connected')
  // A run before this one may have left the agent ready.
  if (await page.getByTestId('ready').isVisible()) await page.getByTestId('ready').click()
  await callIn(page)
  await page.getByTestId('ring').waitFor({ timeout: 60_000 })
  say('it rings')
  await shot('ring')
  const pressed = Date.now()
  await page.keyboard.press('Alt+KeyA')
  await page.getByTestId('hang-up').waitFor()
  say(`answered, ${Date.now() - pressed} ms after the key`)
  const loudness = await heard(page)
  say(`heard the customer: RMS ${loudness.toFixed(3)}`)
  assert.ok(loudness > 0.005, 'the customer is heard')
  await shot('talk')
  await page.getByTestId('note').fill('Asked about a payment')
  await page.keyboard.press('Alt+KeyM')
  await page.locator('[data-testid=mute][aria-pressed=true]').waitFor()
  await page.keyboard.press('Alt+KeyM')
  await page.locator('[data-testid=mute][aria-pressed=false]').waitFor()
  say('muted and back, while typing')
  await page.keyboard.press('Alt+KeyH')
  await page.locator('[data-testid=hold][aria-pressed=true]').waitFor()
  await shot('hold')
  await page.keyboard.press('Alt+KeyH')
  await page.locator('[data-testid=hold][aria-pressed=false]').waitFor()
  say('held and back')
  await page.reload()
  await page.getByTestId('hang-up').waitFor()
  await page.waitForFunction(() => globalThis.__perezvon?.peer?.connectionState === 'connected')
  const again = await heard(page)
  say(`after a reload the call goes on: RMS ${again.toFixed(3)}`)
  assert.equal(await page.getByTestId('note').inputValue(), 'Asked about a payment')
  if (await page.getByTestId('hang-up').isVisible()) await page.keyboard.press('Alt+Shift+KeyX')
  await page.getByTestId('finish').waitFor()
  say('hung up, after-call work')
  await shot('wrap-up')
  await page.evaluate(() => document.activeElement?.blur())
  await page.keyboard.press('Digit1')
  await page.keyboard.press('Control+Enter')
  await page.getByTestId('finish').waitFor({ state: 'detached' })
  say('finished')
  await page.goto(`${url}/journal?probe`)
  await page.locator('[data-row]').first().waitFor()
  await shot('journal')
  await page.locator('[data-row]').first().click()
  await page.getByTestId('wave').waitFor()
  await page.locator('ol.steps li').first().waitFor()
  say(`the journal has it with ${await page.locator('ol.steps li').count()} steps and a recording`)
  await shot('conversation')
  const unexpected = errors.filter((error) => !/401|404|409/.test(error))
  if (unexpected.length > 0) console.log('errors in the page:', unexpected)
} finally {
  caller?.kill()
  await browser.close()
}
