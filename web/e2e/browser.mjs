// Chromium for looking, for axe and for end-to-end tests.
import { chromium } from 'playwright-core'

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

export function openBrowser(args = []) {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required', ...args],
  })
}

/** Opens a page in a context of its own, signed in over the mock as `role`. */
export async function openPage(browser, url, { language = 'en', theme = 'light', size = [1440, 900], role, mock } = {}) {
  if (mock) mock.state.role = role ?? null
  const context = await browser.newContext({ viewport: { width: size[0], height: size[1] }, colorScheme: theme, locale: language === 'ru' ? 'ru-RU' : 'en-GB', timezoneId: 'Europe/Moscow', reducedMotion: 'reduce' })
  await context.addInitScript((chosen) => {
    localStorage.setItem('perezvon.language', chosen)
    if (location.search.includes('left')) sessionStorage.setItem('perezvon.left', '1')
  }, language)
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(url)
  return { page, errors, close: () => context.close() }
}

/** Waits until nothing loads and fonts are there. */
export async function settle(page) {
  await page.waitForLoadState('networkidle').catch(() => undefined)
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}
