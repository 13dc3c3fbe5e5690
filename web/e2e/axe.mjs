// axe-core over every screen of the mock, both languages, both themes, and the narrow width; ends with 1 on a violation
// or when a page is wider than its window (reflow, WCAG 1.4.10, which axe does not see).
// usage: node e2e/axe.mjs [part of a name]
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { startMock } from '../mock/server.mjs'
import { openBrowser, openPage, settle } from './browser.mjs'
import { scenes } from './scenes.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const wanted = process.argv[2] ?? ''
const looks = [
  { language: 'ru', theme: 'light', size: [1440, 900] },
  { language: 'en', theme: 'dark', size: [1440, 900] },
  { language: 'ru', theme: 'dark', size: [390, 844] },
  // 1280 px at 400 %.
  { language: 'en', theme: 'light', size: [320, 640] },
]
/** Rules that are advice rather than a criterion still count: AA of 2.0 to 2.2 and axe's best practices. */
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }

let checks = 0
let failures = 0
const mock = await startMock({ port: 0 })
const browser = await openBrowser()
try {
  for (const scene of scenes.filter((scene) => scene.name.includes(wanted))) {
    for (const look of looks) {
      // Scenes act by the words of one language.
      if (scene.name === 'sign-in-wrong' && look.language !== 'en') continue
      await scene.prepare?.(mock)
      const { page, close } = await openPage(browser, mock.url + scene.path, { ...look, role: 'role' in scene ? scene.role : 'agent', mock })
      await settle(page)
      if (!scene.wideOnly || look.size[0] > 1100) await scene.act?.(page, mock)
      await settle(page)
      await page.evaluate(axe)
      const { violations } = await page.evaluate((options) => globalThis.axe.run(document, options), rules)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      const name = `${scene.name} ${look.language} ${look.theme} ${look.size[0]}`
      checks += 1
      if (violations.length > 0 || overflow > 0) failures += 1
      if (overflow > 0) console.log(`${name}: wider than the window by ${overflow} px`)
      for (const violation of violations) {
        console.log(`${name}: ${violation.id}: ${violation.help}`)
        for (const node of violation.nodes.slice(0, 3)) console.log(`    ${node.html.slice(0, 160)}\n    ${node.failureSummary?.split('\n').slice(1).join('; ')}`)
      }
      await close()
    }
  }
} finally {
  await browser.close()
  await mock.stop()
}
console.log(`axe: ${checks} pages, ${failures} with violations`)
process.exit(failures > 0 ? 1 : 0)
