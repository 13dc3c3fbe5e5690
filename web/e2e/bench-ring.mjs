// How long a call needs from entering the queue to the ring panel painted in an agent's browser. Real server, real SIP
// caller, real Chromium, all on this machine and so on one clock. The beginning is the journal's time of the step
// `queued`; the end is the browser's own time of the frame that shows the caller's name (Element Timing).
// usage: [PEREZVON_TEST_BINARY=target/release/perezvon] node e2e/bench-ring.mjs [calls, 30]
// Prints one line of JSON; the parts of the time go to the standard error.
import { Desk } from './harness/desk.mjs'
import { Phone } from './harness/phone.mjs'
import { Server } from './harness/server.mjs'

const calls = Number(process.argv[2] ?? 30)
/** The line that leads to a queue with nothing but a short welcome before it. */
const NUMBER = '+74950000002'

/** In the page: says when the offer came over the socket and when the panel was painted. */
function watchRings() {
  const now = () => performance.timeOrigin + performance.now()
  let came = 0
  let drawn = 0
  const Plain = WebSocket
  globalThis.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args)
      this.addEventListener('message', (event) => {
        if (came === 0 && event.data.includes('"offer":{')) came = now()
      })
    }
  }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByName('text-paint')) {
      if (entry.identifier !== 'ring') continue
      globalThis.ringPainted({ came, drawn, painted: performance.timeOrigin + entry.renderTime })
      came = 0
    }
  }).observe({ type: 'element' })
  // Marks the name before its first frame: observers run ahead of it.
  new MutationObserver(() => {
    const name = document.querySelector('[data-testid=ring] h1:not([elementtiming])')
    if (!name) return
    name.setAttribute('elementtiming', 'ring')
    drawn = now()
  }).observe(document, { childList: true, subtree: true })
}

const percentile = (values, share) => values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)]
const rounded = (ms) => Math.round(ms * 10) / 10

const server = await Server.start()
let desk, caller
try {
  desk = await Desk.open(server, { email: null })
  let arrived
  await desk.page.exposeFunction('ringPainted', (times) => arrived(times))
  await desk.page.addInitScript(watchRings)
  await desk.page.goto(server.url)
  await desk.page.getByTestId('ready').click()
  await desk.untilState('Ready')
  caller = await Phone.start({ sip: server.sip, user: '+79161234567' })
  const supervisor = await server.client('supervisor@demo.example')
  const measured = []
  // The first call warms up code and caches, and is not counted.
  for (let n = 0; n <= calls; n += 1) {
    const ring = new Promise((resolve) => (arrived = resolve))
    await caller.dial(NUMBER)
    const { came, drawn, painted } = await ring
    caller.command('hangup')
    await caller.event('CALL_CLOSED')
    await desk.page.getByTestId('ring').waitFor({ state: 'detached' })
    const { items } = await supervisor.get('/interactions?limit=1')
    const { entries } = await supervisor.get(`/interactions/${items[0].id}`)
    const at = (kind) => entries.find((entry) => entry.event.kind === kind).at
    if (n > 0) measured.push({ all: painted - at('queued'), offered: at('offered') - at('queued'), came: came - at('offered'), drawn: drawn - came, painted: painted - drawn })
  }
  const of = (part, share) => rounded(percentile(measured.map((one) => one[part]), share))
  console.error(`queue to offer ${of('offered', 0.5)} ms, offer to browser ${of('came', 0.5)} ms, browser to panel ${of('drawn', 0.5)} ms, panel to paint ${of('painted', 0.5)} ms (medians)`)
  console.log(JSON.stringify({ work: 'queue to painted ring', p50_ms: of('all', 0.5), p99_ms: of('all', 0.99), n: measured.length }))
} finally {
  await caller?.stop()
  await desk?.close()
  await server.stop()
}
