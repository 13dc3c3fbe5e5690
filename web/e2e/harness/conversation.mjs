// A call that is up: a customer on a SIP phone, an agent in a browser, a different tone from each.
import { Desk } from './desk.mjs'
import { Phone } from './phone.mjs'
import { until } from './server.mjs'
import { strongest } from './sound.mjs'

export const MAIN_NUMBER = '+74950000001'
export const CUSTOMER_HZ = 440
export const AGENT_HZ = 1000

/** A desk that may be offered calls. */
export async function readyDesk(server, options = {}) {
  const desk = await Desk.open(server, { hz: AGENT_HZ, ...options })
  await desk.page.getByTestId('ready').click()
  await desk.untilState('Ready')
  return desk
}

/** A customer who rings the main number and presses 1: support. */
export async function callIn(server, user, options = {}) {
  const phone = await Phone.start({ sip: server.sip, user, hz: CUSTOMER_HZ, ...options })
  await phone.dial(MAIN_NUMBER)
  await phone.event('CALL_ESTABLISHED')
  phone.press('1')
  return phone
}

/** Takes the call that rings at the desk. */
export async function answer(desk) {
  await desk.page.getByTestId('ring').waitFor()
  await desk.page.keyboard.press('Alt+KeyA')
  await desk.page.getByTestId('hang-up').waitFor()
}

/** Waits until both hear each other's tone. */
export async function hearEachOther(desk, phone, { agentHz = AGENT_HZ, customerHz = CUSTOMER_HZ } = {}) {
  await desk.untilHears(customerHz)
  await untilHears(phone, agentHz)
}

export async function untilHears(phone, hz) {
  await until(`the customer to hear ${hz} Hz`, () => strongest(phone.lately(), hz).share > 0.8)
}

/** Waits for so many more seconds of sound at a phone: time that passes with the call, not with the clock. */
export async function secondsOfSound(phone, seconds) {
  const from = phone.heard().length
  await until(`${seconds} s of sound at the customer`, () => phone.heard().length > from + seconds * 8_000, seconds * 4_000 + 20_000)
}

/** The agent hangs up, chooses a disposition, writes a note and is ready again. */
export async function hangUpAndFinish(desk, note) {
  await desk.page.keyboard.press('Alt+Shift+KeyX')
  await desk.untilState('After call')
  await desk.page.getByRole('button', { name: 'Вопрос решён', exact: true }).click()
  await desk.page.getByTestId('note').fill(note)
  await desk.page.getByTestId('finish').click()
  await desk.untilState('Ready')
}

/** The interaction of a caller once its row fits, with the journal of it. */
export async function journalOf(supervisor, number, fits = () => true) {
  let last
  const row = await until(`the conversation of ${number} in the journal`, async () => {
    const { items } = await supervisor.get(`/interactions?number=${encodeURIComponent(number)}`)
    last = items[0]
    return items.find(fits)
  }).catch((error) => {
    throw new Error(`${error.message}; it has ${JSON.stringify(last)}`)
  })
  const { entries } = await supervisor.get(`/interactions/${row.id}`)
  return { row, entries, kinds: entries.map((entry) => entry.event.kind) }
}
