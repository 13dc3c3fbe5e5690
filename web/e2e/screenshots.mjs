// Pictures of every screen over the mock, to be looked at: both languages, both themes, three widths, several states.
// usage: node e2e/screenshots.mjs [part of a name]; writes e2e/shots/*.png
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startMock } from '../mock/server.mjs'
import { openBrowser, openPage, settle } from './browser.mjs'
import { scenes } from './scenes.mjs'

const wanted = process.argv[2] ?? ''
const folder = fileURLToPath(new URL('shots', import.meta.url))
mkdirSync(folder, { recursive: true })

const widths = { wide: [1440, 900], middle: [1024, 768], narrow: [390, 844] }
const mock = await startMock({ port: 0 })
const browser = await openBrowser()
try {
  for (const scene of scenes) {
    for (const look of scene.looks ?? ['ru-light-wide']) {
      const name = `${scene.name}-${look}`
      if (!name.includes(wanted)) continue
      const [language, theme, width] = look.split('-')
      await scene.prepare?.(mock)
      const { page, close } = await openPage(browser, mock.url + scene.path, { language, theme, size: widths[width], role: 'role' in scene ? scene.role : 'agent', mock })
      await settle(page)
      await scene.act?.(page, mock)
      await settle(page)
      await page.screenshot({ path: `${folder}/${name}.png` })
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      console.log(name, overflow > 0 ? `OVERFLOWS by ${overflow}` : '')
      await close()
    }
  }
} finally {
  await browser.close()
  await mock.stop()
}
