// Every screen in the states that people meet; used by screenshots and by axe.
const all = ['ru-light-wide', 'en-dark-wide', 'ru-light-middle', 'en-light-narrow']
const two = ['ru-light-wide', 'en-dark-wide']
/** Every section of a long form. */
const unfold = async (page) => {
  const folded = page.locator('h3 button[aria-expanded=false]')
  while ((await folded.count()) > 0) await folded.first().click()
}
const step = (step) => (mock) => mock.story({ step })

export const scenes = [
  { name: 'sign-in', path: '/?left', role: null, looks: [...two, 'ru-light-narrow'] },
  {
    name: 'sign-in-wrong', path: '/?left', role: null, looks: ['en-light-wide'],
    act: async (page) => {
      await page.getByLabel('E-mail').fill('agent1@demo.example')
      await page.getByLabel('Password').fill('wrong one')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    },
  },
  { name: 'offline', path: '/', prepare: step('offline'), looks: all },
  { name: 'missed', path: '/', prepare: step('missed'), looks: two },
  { name: 'ready', path: '/', prepare: step('ready'), looks: two },
  { name: 'ring', path: '/', prepare: step('ring'), looks: all },
  { name: 'talk', path: '/', prepare: step('talk'), looks: [...all, 'ru-light-narrow'] },
  {
    name: 'talk-transfer', path: '/', prepare: step('talk'), looks: two,
    act: async (page) => page.keyboard.press('Alt+KeyT'),
  },
  { name: 'talk-keypad', path: '/', prepare: step('talk'), looks: ['en-light-wide'], act: async (page) => page.keyboard.press('Alt+KeyK') },
  { name: 'hold', path: '/', prepare: step('hold'), looks: ['ru-light-wide'] },
  { name: 'lost', path: '/', prepare: step('lost'), looks: ['ru-light-wide'] },
  {
    name: 'away', path: '/', prepare: (mock) => mock.story({ step: 'talk', closed: false }), looks: two,
    act: async (page, mock) => {
      mock.story({ closed: true, socket: 'drop' })
      await page.locator('.banners .notice').waitFor()
      await page.getByTestId('note').fill('…')
      mock.story({ closed: false })
    },
  },
  { name: 'wrap-up', path: '/', prepare: step('wrap_up'), looks: all },
  { name: 'item-ring', path: '/', prepare: step('item_ring'), looks: [...all, 'ru-dark-narrow'] },
  { name: 'items', path: '/', prepare: step('items'), looks: [...all, 'ru-dark-narrow'] },
  {
    name: 'items-roster', path: '/', prepare: step('items'), looks: ['ru-light-narrow'],
    act: async (page) => {
      const roster = page.locator('.narrow-only')
      if (await roster.isVisible()) await roster.click()
    },
  },
  { name: 'items-transfer', path: '/', prepare: step('items'), looks: ['ru-light-wide'], act: async (page) => page.keyboard.press('Alt+KeyT') },
  { name: 'items-call', path: '/', prepare: step('items_call'), looks: two },
  { name: 'items-call-beside', path: '/', prepare: step('items_call'), looks: ['ru-light-wide', 'en-dark-narrow'], act: async (page) => page.keyboard.press('Alt+KeyJ') },
  { name: 'items-wrap-up', path: '/', prepare: step('items_wrap_up'), looks: [...two, 'ru-light-narrow'] },
  {
    name: 'card-edit', wideOnly: true, path: '/', prepare: step('talk'), looks: ['ru-light-wide', 'en-dark-wide'],
    act: async (page) => page.locator('aside.card button').first().click(),
  },
  { name: 'presence-menu', path: '/', prepare: step('ready'), looks: two, act: async (page) => page.getByTestId('presence').click() },
  { name: 'palette', path: '/', prepare: step('ready'), looks: two, act: async (page) => page.keyboard.press('Control+KeyK') },
  { name: 'help', path: '/', prepare: step('ready'), looks: two, act: async (page) => page.keyboard.press('Shift+Slash') },
  { name: 'journal', path: '/journal', prepare: step('ready'), looks: all },
  { name: 'journal-ring', path: '/journal', prepare: step('ring'), looks: ['ru-light-wide'] },
  { name: 'conversation', path: '/journal/01935000-0000-7000-8000-000000005004', prepare: step('ready'), looks: all },
  { name: 'conversation-message', path: '/journal/01935000-0000-7000-8000-000000005035', prepare: step('ready'), looks: two },
  { name: 'conversation-callback', path: '/journal/01935000-0000-7000-8000-000000005019', prepare: step('ready'), looks: two },
  { name: 'conversation-chat', path: '/journal/01935000-0000-7000-8000-000000005000', prepare: step('ready'), looks: all },
  { name: 'conversation-mail', path: '/journal/01935000-0000-7000-8000-000000005006', prepare: step('ready'), looks: ['en-light-wide'] },
  { name: 'customers', path: '/customers', prepare: step('ready'), looks: all },
  { name: 'customer', path: '/customers/01935000-0000-7000-8000-000000001000', prepare: step('ready'), looks: two },
  { name: 'floor', path: '/floor', role: 'supervisor', looks: all },
  { name: 'floor-300', path: '/floor', role: 'supervisor', looks: ['en-light-wide'], prepare: (mock) => mock.story({ agents: 300 }) },
  { name: 'report', path: '/report?date=2026-11-20', role: 'supervisor', prepare: (mock) => mock.story({ agents: 12 }), looks: all },
  { name: 'admin-queues', path: '/admin/queues', role: 'admin', looks: all },
  { name: 'admin-queue', path: '/admin/queues/01935000-0000-7000-8000-000000000001', role: 'admin', looks: two },
  { name: 'admin-queue-unfolded', path: '/admin/queues/01935000-0000-7000-8000-000000000001', role: 'admin', looks: all, act: unfold },
  {
    name: 'admin-queue-refused', path: '/admin/queues/01935000-0000-7000-8000-000000000001', role: 'admin', looks: all,
    act: async (page) => {
      await unfold(page)
      await page.locator('input[inputmode=tel]').fill('nobody')
      await page.locator('form button.primary').click()
      await page.locator('[aria-invalid=true]').waitFor()
    },
  },
  { name: 'admin-changes', path: '/admin/changes', role: 'admin', looks: [...all, 'ru-dark-narrow'] },
  {
    name: 'admin-changes-made', path: '/admin/changes?subject=number', role: 'admin', looks: two,
    act: async (page) => page.locator('article button[aria-expanded=false]').first().click(),
  },
  { name: 'admin-changes-none', path: '/admin/changes?by=nobody', role: 'admin', looks: ['en-light-narrow'] },
  { name: 'admin-changes-empty', path: '/admin/changes', role: 'admin', looks: ['ru-light-wide'], prepare: (mock) => mock.story({ empty: true }) },
  { name: 'admin-changes-fail', path: '/admin/changes', role: 'admin', looks: ['ru-light-wide'], prepare: (mock) => mock.story({ empty: false, fail: true }), act: async (page, mock) => { await page.locator('.notice').first().waitFor(); mock.story({ fail: false }) } },
  { name: 'admin-queue-new', path: '/admin/queues/new', role: 'admin', looks: two, act: unfold },
  { name: 'admin-queue-chats', path: '/admin/queues/01935000-0000-7000-8000-000000060001', role: 'admin', looks: [...all, 'ru-dark-narrow'], act: unfold },
  {
    name: 'admin-queue-new-chats', path: '/admin/queues/new', role: 'admin', looks: ['en-light-wide'],
    act: async (page) => (await page.locator('.form select').first().selectOption('chat'), unfold(page)),
  },
  { name: 'admin-capacity', path: '/admin/capacity', role: 'admin', looks: [...all, 'ru-dark-narrow'] },
  {
    name: 'admin-capacity-refused', path: '/admin/capacity', role: 'admin', looks: ['ru-light-wide', 'en-dark-narrow'],
    act: async (page) => {
      await page.locator('input[type=number]').nth(3).fill('7')
      await page.locator('form button.primary').click()
      await page.locator('[aria-invalid=true]').waitFor()
    },
  },
  { name: 'admin-user-own-capacity', path: '/admin/users/01935000-0000-7000-8000-000000000019', role: 'admin', looks: two },
  { name: 'admin-users', path: '/admin/users', role: 'admin', looks: two },
  { name: 'admin-flows', path: '/admin/flows', role: 'admin', looks: ['ru-light-wide'] },
  { name: 'admin-trunks', path: '/admin/trunks', role: 'admin', looks: ['en-light-wide'] },
  { name: 'failing', path: '/journal', prepare: (mock) => mock.story({ fail: true, step: 'ready' }), looks: two },
  { name: 'empty', path: '/journal', prepare: (mock) => mock.story({ fail: false, empty: true }), looks: ['ru-light-wide'] },
  { name: 'empty-floor', path: '/floor', role: 'supervisor', looks: ['en-light-wide'] },
  { name: 'behind', path: '/floor', role: 'supervisor', prepare: (mock) => mock.story({ empty: false, health: 'behind' }), looks: two },
  { name: 'nowhere', path: '/no/such/page', prepare: (mock) => mock.story({ health: 'ok' }), looks: ['en-light-wide'] },
]
