// Every page of every role over the real server, looked at by axe-core (WCAG A and AA to 2.2, best practices) in both
// languages, both themes and two widths. Also here, since the same pages are open: nothing is wider than its window
// (reflow, WCAG 1.4.10, which axe does not see), no console error, no failed request.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { Desk } from './harness/desk.mjs'
import { watch } from './harness/watch.mjs'
import { Phone } from './harness/phone.mjs'
import { password, Server } from './harness/server.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }
const WIDE = { width: 1440, height: 900 }
const NARROW = { width: 390, height: 844 }
/** Each page meets both languages, both themes and both widths; which go together changes from page to page. */
const looks = (turn) => [
  { language: 'ru', theme: turn % 4 < 2 ? 'light' : 'dark', size: turn % 2 ? NARROW : WIDE },
  { language: 'en', theme: turn % 4 < 2 ? 'dark' : 'light', size: turn % 2 ? WIDE : NARROW },
]

/** What axe and the window's edge have to say about the page as it is now. */
async function faults(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
  return page.evaluate(async (rules) => {
    await document.fonts.ready
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const { violations } = await globalThis.axe.run(document, rules)
    const over = document.documentElement.scrollWidth - innerWidth
    return [
      ...violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${one.id}: ${one.help}: ${node.html.slice(0, 160)} ${node.failureSummary?.split('\n').slice(1).join('; ')}`)),
      ...(over > 0 ? [`wider than its window by ${over} px`] : []),
    ]
  }, rules)
}

let turn = 0

/** Looks at one page, in the state that `act` brings about, in two looks. */
async function look(page, { ready, act, undo }) {
  const found = []
  for (const { language, theme, size } of looks(turn++)) {
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    await page.locator(ready).locator('visible=true').first().waitFor()
    if ((await page.locator('html').getAttribute('lang')) !== language) await page.locator(`button[lang=${language}]`).click()
    await page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' })
    await act?.(page)
    found.push(...(await faults(page)).map((fault) => `${language} ${theme} ${size.width}: ${fault}`))
    if (act) await (undo ?? ((page) => page.keyboard.press('Escape')))(page)
  }
  assert.deepEqual(found, [])
}

describe('what people see', () => {
  let server, desk, phone
  const problems = []
  const pages = {}

  /** A page of its own for somebody, watched for errors. */
  async function open(email) {
    const context = await desk.browser.newContext({ locale: 'ru-RU', timezoneId: 'Europe/Moscow', reducedMotion: 'reduce' })
    context.setDefaultTimeout(30_000)
    watch(context, problems)
    if (email) {
      const answer = await context.request.post(`${server.url}/api/v1/session`, { data: { email, password } })
      assert.equal(answer.status(), 200)
    }
    return context.newPage()
  }

  before(async () => {
    server = await Server.start()
    desk = await Desk.open(server)
    watch(desk.context, problems)
    pages.agent = desk.page
    for (const role of ['supervisor', 'admin']) pages[role] = await open(`${role}@demo.example`)
  })
  after(async () => {
    await phone?.stop()
    await desk?.close()
    await server?.stop()
  })

  /** Goes to an address within the app and looks at it. */
  const visit = (role, path, ready, state = {}) => async () => {
    const page = pages[role]
    await page.goto(server.url + path)
    await look(page, { ready, ...state })
  }
  const shown = (selector) => async (page) => page.locator(selector).first().waitFor()

  it('is let into the demo at the first visit', async () => {
    const page = await open()
    await page.goto(server.url)
    await page.getByTestId('presence').waitFor()
    assert.deepEqual(problems, [])
    pages.guest = page
  })
  it('sign-in, after signing out', async () => {
    await pages.guest.locator('.bar .menu button').last().click()
    await pages.guest.locator('.panel .item').last().click()
    await look(pages.guest, { ready: 'input[type=password]' })
  })
  it('sign-in, refused', async () => {
    const page = pages.guest
    await page.locator('input[type=email]').fill('agent1@demo.example')
    await page.locator('input[type=password]').fill('not the password')
    await page.locator('form button.primary').click()
    await look(page, { ready: '[role=alert] .notice' })
    assert.equal(await page.locator('input[type=email]').inputValue(), 'agent1@demo.example')
    // The browser itself logs the refusal of a sign-in.
    assert.deepEqual(problems.splice(0).filter((problem) => !/401/.test(problem)), [])
    await page.context().close()
  })

  // Three people at once: most of the time goes by while one of the pages draws.
  describe('by role', { concurrency: 3 }, () => {
    const inOrder = { concurrency: 1 }

    describe('an agent', inOrder, () => {
      const state = (name, ready, more = {}) => it(name, () => look(pages.agent, { ready, ...more }))
      state('off shift', '[data-testid=ready]')
      state('the menu of states', '[data-testid=presence]', { act: async (page) => page.getByTestId('presence').click() })
      state('the account menu', '[data-testid=ready]', { act: async (page) => page.locator('.bar .menu button').last().click() })
      state('the own settings', '[data-testid=ready]', {
        act: async (page) => {
          await page.locator('.bar .menu button').last().click()
          await page.getByTestId('own-settings').click()
          await page.locator('dialog[open]').waitFor()
        },
      })
      state('the palette', '[data-testid=ready]', { act: async (page) => (await page.keyboard.press('Control+KeyK'), page.locator('dialog[open]').waitFor()) })
      state('the keys', '[data-testid=ready]', { act: async (page) => (await page.keyboard.press('Shift+Slash'), page.locator('dialog[open]').waitFor()) })
      it('ready', async () => {
        await pages.agent.getByTestId('ready').click()
        await look(pages.agent, { ready: '[data-testid=call-me]' })
      })
      it('ringing', async () => {
        phone = await Phone.start({ sip: server.sip, user: '+79161234567' })
        await phone.dial('+74950000002')
        await look(pages.agent, { ready: '[data-testid=ring]' })
      })
      it('talking', async () => {
        await pages.agent.keyboard.press('Alt+KeyA')
        await look(pages.agent, { ready: '[data-testid=hang-up]' })
      })
      state('talking, to be transferred', '[data-testid=hang-up]', { act: (page) => page.keyboard.press('Alt+KeyT') })
      state('talking, with the keypad', '[data-testid=hang-up]', { act: (page) => page.keyboard.press('Alt+KeyK') })
      it('on hold', async () => {
        await pages.agent.keyboard.press('Alt+KeyH')
        await look(pages.agent, { ready: '[data-testid=hold][aria-pressed=true]' })
      })
      it('after the call', async () => {
        await pages.agent.keyboard.press('Alt+Shift+KeyX')
        await look(pages.agent, { ready: '[data-testid=finish]' })
      })
      it('the own journal', visit('agent', '/journal', '[data-row]'))
    })

    describe('a supervisor', inOrder, () => {
      it('the floor', visit('supervisor', '/floor', '.page table tbody tr'))
      it('the journal', visit('supervisor', '/journal', '[data-row]'))
      it('nothing found in the journal', visit('supervisor', '/journal?text=nothing-like-this', '.empty'))
      it('a conversation with its recording', async () => {
        const page = pages.supervisor
        await page.goto(`${server.url}/journal?outcome=answered`)
        await page.locator('tr:has(.rec svg) [data-row]').first().click()
        await look(page, { ready: '[data-testid=wave]' })
      })
      it('customers', visit('supervisor', '/customers', '[data-row]'))
      it('a new customer', visit('supervisor', '/customers', '[data-row]', { act: async (page) => (await page.locator('.page-head button').click(), shown('dialog[open]')(page)) }))
      it('a customer', async () => {
        await pages.supervisor.goto(`${server.url}/customers`)
        await pages.supervisor.locator('[data-row]').first().click()
        await look(pages.supervisor, { ready: '.page-head button' })
      })
      it('a customer being edited', async () => {
        await pages.supervisor.locator('.page-head button').click()
        await look(pages.supervisor, { ready: 'form' })
      })
      it('the day report', visit('supervisor', '/report', '.page table'))
      it('a day without calls', visit('supervisor', '/report?date=2020-01-01', '.empty'))
      it('an address that is none', visit('supervisor', '/no/such/page', '.empty'))
    })

    describe('an admin', inOrder, () => {
      it('queues', visit('admin', '/admin/queues', '.list table'))
      for (const word of ['queues', 'users', 'skills', 'dispositions', 'numbers', 'trunks', 'flows']) {
        // On the wide page the list stands beside the form.
        it(`${word}, one of them`, async () => {
          await pages.admin.setViewportSize(WIDE)
          await pages.admin.goto(`${server.url}/admin/${word}`)
          await pages.admin.locator('.list td a').first().click()
          await look(pages.admin, { ready: '.form form' })
        })
      }
      it('the changes of the settings', visit('admin', '/admin/changes', 'article', { act: async (page) => page.locator('article button[aria-expanded=false]').first().click(), undo: async (page) => page.locator('article button[aria-expanded=true]').first().click() }))
      it('a new trunk that registers', visit('admin', '/admin/trunks/new', '.form form', { act: async (page) => page.locator('.form input[type=checkbox]').check(), undo: async () => undefined }))
      // On a narrow page the form that the wide one opened stands in place of the list.
      it('a deletion', visit('admin', '/admin/skills', '.list table, .form form', {
        act: async (page) => {
          if (!(await page.locator('.form form').isVisible())) await page.locator('.list td a').first().click()
          await page.locator('.form button.danger').click()
          await page.locator('dialog[open]').waitFor()
        },
      }))
    })
  })

  it('had no error in the console and no failed request', () => {
    assert.deepEqual(problems, [])
  })
})
