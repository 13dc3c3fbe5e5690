// Chats and mails beside calls, with the real server: an admin makes their queues, an agent has three chats and no
// fourth, a mail rests while a call is up and goes on after it, and a kill of the server loses none of them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { answer, callIn, hearEachOther } from './harness/conversation.mjs'
import { Desk } from './harness/desk.mjs'
import { Server, until } from './harness/server.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] }
const LOOKS = [['ru', 'light', 1440], ['en', 'dark', 1440], ['ru', 'dark', 390], ['en', 'light', 390]]
const CHATS = 'Chats of the site'
const MAILS = 'Mails'

describe('chats and mails beside calls', () => {
  let server, supervisor, admin, office, desk, caller, chats, mails

  const roster = () => desk.page.getByTestId('roster-now').locator('li')
  const entry = (text) => desk.page.getByTestId('roster-now').locator('li', { hasText: text })
  const ring = (subject) => desk.page.getByTestId('ring').filter({ hasText: subject })
  const panel = (text) => desk.page.getByTestId('item-panel').filter({ hasText: text })
  const post = (queue, from, subject) => supervisor.post('/items', { queue, from, subject, link: `${server.url}/conversations/${encodeURIComponent(from)}` }).then((made) => made.interaction)
  const floor = async () => {
    const { queues, agents } = await supervisor.get('/floor')
    return { waiting: (id) => queues.find((queue) => queue.queue === id).waiting, agent: agents.find((agent) => agent.chats + agent.mails > 0) }
  }
  const steps = async (interaction) => (await supervisor.get(`/interactions/${interaction}`)).entries.map((entry) => entry.event)
  const kinds = async (interaction) => (await steps(interaction)).map((event) => event.kind)

  async function take(subject) {
    await ring(subject).waitFor()
    await desk.page.keyboard.press('Alt+KeyA')
    await panel(subject).waitFor()
  }

  /** Done with what is open, and with its wrap-up. */
  async function done() {
    await desk.page.keyboard.press('Control+Enter')
    await desk.page.getByTestId('finish').waitFor()
    await desk.page.keyboard.press('Control+Enter')
    await desk.page.getByTestId('finish').waitFor({ state: 'detached' })
  }

  /** What axe and the window's edge say of a page in each look; the page is left in English, light and wide. */
  async function isFlawless(page, ready) {
    const found = []
    for (const [language, theme, width] of [...LOOKS, ['en', 'light', 1440]]) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      if ((await page.locator('html').getAttribute('lang')) !== language) await page.locator(`button[lang=${language}]`).click()
      await page.locator(`html[lang=${language}]`).waitFor({ state: 'attached' })
      await page.locator(ready).locator('visible=true').first().waitFor()
      if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
      found.push(
        ...(await page.evaluate(
          async ([rules, look]) => {
            const { violations } = await globalThis.axe.run(document, rules)
            const over = document.documentElement.scrollWidth - innerWidth
            return [...violations.flatMap((one) => one.nodes.slice(0, 3).map((node) => `${look}: ${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`)), ...(over > 0 ? [`${look}: wider than its window by ${over} px`] : [])]
          },
          [rules, `${language} ${theme} ${width}`],
        )),
      )
    }
    assert.deepEqual(found, [])
  }

  before(async () => {
    server = await Server.start()
    supervisor = await server.client('supervisor@demo.example')
    admin = await server.client('admin@demo.example')
    office = await Desk.open(server, { email: 'admin@demo.example' })
  })
  after(async () => {
    await caller?.stop()
    await desk?.close()
    await office?.close()
    await server?.stop()
  })

  it('have queues that an admin makes: without announcements, callbacks and recordings', async () => {
    const { page } = office
    for (const [name, key, channel] of [[CHATS, 'site-chat', 'chat'], [MAILS, 'site-mail', 'mail']]) {
      await page.goto(`${server.url}/admin/queues/new`)
      await page.getByLabel('Record conversations').waitFor()
      await page.getByLabel('Channel').selectOption(channel)
      await page.getByLabel('Record conversations').waitFor({ state: 'detached' })
      assert.equal(await page.getByRole('button', { name: /^While they wait/ }).count(), 0)
      await page.getByLabel('Name', { exact: true }).fill(name)
      await page.getByLabel('Key', { exact: true }).fill(key)
      await Promise.all([page.waitForResponse((response) => response.request().method() === 'POST' && response.status() === 201), page.getByRole('button', { name: 'Save' }).click()])
    }
    const queues = await admin.get('/queues')
    ;[chats, mails] = ['site-chat', 'site-mail'].map((key) => queues.find((queue) => queue.key === key))
    assert.deepEqual([chats.routing.channel, mails.routing.channel, chats.routing.announcements], ['chat', 'mail', []])
    const { id, ...agent } = (await admin.get('/users')).find((user) => user.email === 'agent1@demo.example')
    await admin.put(`/users/${id}`, { ...agent, queues: [...agent.queues, chats.id, mails.id] })
    // The channel of a queue that is there is told, and cannot be chosen.
    await page.goto(`${server.url}/admin/queues/${chats.id}`)
    await page.locator('.form form').waitFor()
    assert.equal(await page.getByRole('combobox', { name: 'Channel' }).count(), 0)
    await isFlawless(page, '.form form')
  })

  it('come to an agent, three chats at once and no fourth', async () => {
    desk = await Desk.open(server)
    await desk.page.getByTestId('ready').click()
    await desk.untilState('Ready')
    for (const [n, from] of ['Anna', 'Boris', 'Clara'].entries()) {
      await post(chats.id, from, `Question ${n + 1}`)
      if (n === 0) await isFlawless(desk.page, '[data-testid=ring]')
      await take(`Question ${n + 1}`)
    }
    await post(chats.id, 'Dora', 'Question 4')
    await until('three chats at the agent, and one that waits', async () => {
      const { agent, waiting } = await floor()
      return agent.chats === 3 && waiting(chats.id) === 1
    })
    await desk.untilState('Working')
    assert.equal(await roster().count(), 3)
    assert.equal(await desk.page.getByTestId('ring').count(), 0)
    await isFlawless(desk.page, '[data-testid=item-panel]')
  })

  it('are switched by key and by click, and each keeps its note, through a reload too', async () => {
    const note = desk.page.getByTestId('note')
    await note.fill('Clara’s note')
    await desk.page.keyboard.press('Alt+KeyJ')
    await panel('Question 1').waitFor()
    await note.fill('Anna’s note')
    await desk.page.keyboard.press('Alt+Shift+KeyJ')
    await panel('Question 3').waitFor()
    assert.equal(await note.inputValue(), 'Clara’s note')
    await desk.page.reload()
    await entry('Anna').getByRole('button').click()
    await panel('Question 1').waitFor()
    assert.equal(await note.inputValue(), 'Anna’s note')
    const link = desk.page.getByTestId('item-link')
    assert.deepEqual([await link.getAttribute('href'), await link.getAttribute('target'), await link.getAttribute('rel')], [`${server.url}/conversations/Anna`, '_blank', 'noopener noreferrer'])
  })

  it('make room for the next once the wrap-up of one is finished', async () => {
    await desk.page.keyboard.press('Control+Enter')
    await desk.page.getByTestId('finish').waitFor()
    assert.equal(await desk.page.getByTestId('ring').count(), 0, 'a wrap-up keeps its place')
    assert.equal(await desk.page.getByTestId('note').inputValue(), 'Anna’s note')
    await desk.page.getByTestId('finish').click()
    await take('Question 4')
    for (const left of [3, 2, 1]) {
      await until(`${left} at hand`, async () => (await roster().count()) === left)
      await done()
    }
    await desk.untilState('Ready')
    const { items } = await supervisor.get(`/interactions?queue=${chats.id}`)
    assert.deepEqual(items.map((row) => [row.channel, row.from, row.outcome, row.note]), [
      ['chat', 'Dora', 'answered', ''], ['chat', 'Clara', 'answered', 'Clara’s note'], ['chat', 'Boris', 'answered', ''], ['chat', 'Anna', 'answered', 'Anna’s note'],
    ])
  })

  it('are passed on to another queue of their channel, and keep what was written', async () => {
    const { id: _, ...queue } = chats
    const { id: other } = await admin.post('/queues', { ...queue, key: 'returns', name: 'Returns' })
    const { id, ...agent } = (await admin.get('/users')).find((user) => user.email === 'agent1@demo.example')
    await admin.put(`/users/${id}`, { ...agent, queues: [...agent.queues, other] })
    const chat = await post(chats.id, 'Hugo', 'I want my money back')
    await take('I want my money back')
    await desk.page.getByTestId('note').fill('Asks for a refund')
    await until('the queue to be known to the page', async () => (await desk.page.locator('aside.roster').innerText()).includes('Returns'))
    await desk.page.keyboard.press('Alt+KeyT')
    await desk.page.getByRole('option').filter({ hasText: 'Returns' }).waitFor()
    assert.equal(await desk.page.getByRole('option').count(), 1, 'queues of chats only, and no agents')
    await desk.page.keyboard.press('Enter')
    await desk.page.getByTestId('finish').waitFor()
    await ring('for “Returns”').waitFor()
    await desk.page.keyboard.press('Control+Enter')
    await desk.page.getByTestId('finish').waitFor({ state: 'detached' })
    await take('I want my money back')
    await done()
    await desk.untilState('Ready')
    const told = await steps(chat)
    assert.equal(told.find((event) => event.kind === 'transferred_to_queue').queue, other)
    assert.equal((await supervisor.get(`/interactions/${chat}`)).interaction.note, 'Asks for a refund')
  })

  it('give way to a call: a mail rests while it is up, and goes on after it', async () => {
    const mail = await post(mails.id, 'eve@example.org', 'Where is my invoice?')
    await take('Where is my invoice?')
    await desk.page.getByTestId('note').fill('Looking for it')
    caller = await callIn(server, '+79161234567')
    await answer(desk)
    await hearEachOther(desk, caller)
    await entry('eve@example.org').filter({ hasText: 'Waits while you are on a call' }).waitFor()
    await desk.page.getByTestId('note').fill('A note of the call')
    // It can be looked at meanwhile, and the call is one press away.
    await entry('eve@example.org').getByRole('button').click()
    assert.equal(await desk.page.getByTestId('note').inputValue(), 'Looking for it')
    await isFlawless(desk.page, '[data-testid=call-beside]')
    await desk.page.getByRole('button', { name: 'Show the call' }).click()
    await hangUpAndFinishCall()
    await panel('Where is my invoice?').filter({ hasText: 'at hand' }).waitFor()
    assert.equal(await desk.page.getByTestId('note').inputValue(), 'Looking for it')
    await done()
    await desk.untilState('Ready')
    const told = await steps(mail)
    assert.deepEqual(told.map((event) => event.kind).filter((kind) => ['subject', 'agent_connected', 'rested', 'went_on', 'agent_disconnected'].includes(kind)), ['subject', 'agent_connected', 'rested', 'went_on', 'agent_disconnected'])
    assert.ok(told.find((event) => event.kind === 'went_on').rested_ms > 0)
    await office.page.goto(`${server.url}/journal/${mail}`)
    await office.page.getByText(/left the mail for something that goes first$/).waitFor()
    await isFlawless(office.page, '.steps')
  })

  /** The mail goes on then, so that the agent is at work and not ready. */
  async function hangUpAndFinishCall() {
    await desk.page.keyboard.press('Alt+Shift+KeyX')
    await desk.untilState('After call')
    assert.equal(await desk.page.getByTestId('note').inputValue(), 'A note of the call')
    await desk.page.getByTestId('finish').click()
    await caller.event('CALL_CLOSED')
    await desk.untilState('Working')
  }

  it('are as many at once as the company says, in words beside the numbers', async () => {
    const { page } = office
    await page.goto(`${server.url}/admin/capacity`)
    const example = page.getByTestId('capacity-example')
    await example.getByText('3 chats, while 1 mail waits').waitFor()
    const most = page.getByRole('group', { name: 'Chats' }).getByLabel('At most at once')
    const cost = page.getByLabel('One chat takes, units')
    await cost.fill('7')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText(/^One takes more units than an agent has/).waitFor()
    assert.equal(await cost.evaluate((field) => field === document.activeElement), true)
    await cost.fill('2')
    await most.fill('1')
    await example.getByText('1 chat, while 1 mail waits').waitFor()
    await Promise.all([page.waitForResponse((response) => response.request().method() === 'PUT' && response.status() === 200), page.getByRole('button', { name: 'Save' }).click()])
    assert.equal((await admin.get('/capacity')).chat.most, 1)
    await isFlawless(page, '[data-testid=capacity-example]')
    await page.goto(`${server.url}/admin/changes`)
    await page.locator('article').first().getByText('Chats: 1 at most, one takes 2; meanwhile wait: mails').waitFor()
    assert.deepEqual([...office.problems, ...desk.problems].filter((problem) => !/422/.test(problem)), [])
  })

  it('survive a kill of the server, the one at hand and the one that waits', async () => {
    const first = await post(chats.id, 'Fred', 'Is it open today?')
    await take('Is it open today?')
    await desk.page.getByTestId('note').fill('Until six')
    await desk.page.getByText(/^Saved at/).waitFor()
    const second = await post(chats.id, 'Gina', 'Where do I park?')
    await until('one chat at hand and one that waits', async () => {
      const { agent, waiting } = await floor()
      return agent.chats === 1 && waiting(chats.id) === 1
    })
    await server.kill()
    await server.launch()
    supervisor = await server.client('supervisor@demo.example')
    await until('both to wait again', async () => (await floor()).waiting(chats.id) === 2)
    await desk.page.getByTestId('ready').click()
    // In their order: the one that was at hand came first.
    await take('Is it open today?')
    await done()
    await take('Where do I park?')
    await done()
    await desk.untilState('Ready')
    assert.deepEqual((await kinds(first)).filter((kind) => ['agent_connected', 'agent_disconnected', 'interaction_ended'].includes(kind)), ['agent_connected', 'agent_disconnected', 'agent_connected', 'agent_disconnected', 'interaction_ended'])
    assert.equal((await kinds(second)).filter((kind) => kind === 'agent_connected').length, 1)
    const { items } = await supervisor.get(`/interactions?queue=${chats.id}`)
    assert.deepEqual(items.slice(0, 2).map((row) => [row.from, row.outcome]), [['Gina', 'answered'], ['Fred', 'answered']])
  })

  it('are in the journal and on the floor under their channels', async () => {
    const { page } = office
    await page.goto(`${server.url}/journal?queue=${mails.id}`)
    await page.locator('tbody tr', { hasText: 'eve@example.org' }).getByText('Mail', { exact: true }).first().waitFor()
    await isFlawless(page, '[data-row]')
    await page.goto(`${server.url}/floor`)
    await page.locator('tbody tr', { hasText: CHATS }).getByText('Chats', { exact: true }).first().waitFor()
    await isFlawless(page, '.page table tbody tr')
  })
})
