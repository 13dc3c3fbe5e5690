import { chromium } from 'playwright-core'
const U = process.env.U
// no fake device, no permission: a desk without a microphone
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } })
const page = await context.newPage()
await page.goto(U + '/')
await page.getByTestId('presence').waitFor()
await page.waitForFunction(() => globalThis.__perezvon?.peer?.connectionState === 'connected', null, { timeout: 15000 })
console.log('connected without microphone; senders:', await page.evaluate(() => globalThis.__perezvon.peer.getSenders().map((s) => [s.track?.kind, s.track?.label, s.track?.readyState])))
for (let i = 0; i < 8; i++) { await new Promise((r) => setTimeout(r, 1500)); const d = await page.evaluate(async () => { const s = await globalThis.__perezvon.peer.getStats(); const o = {}; s.forEach((r) => { if (r.type === 'outbound-rtp') o.sent = r.packetsSent; if (r.type === 'inbound-rtp') o.received = r.packetsReceived }); const desk = await (await fetch('/api/v1/desk')).json(); return { ...o, connected: desk.browser_connected, line: globalThis.__perezvon.peer.connectionState } }); console.log(i, JSON.stringify(d)) }
await page.screenshot({ path: '/tmp/fe/mic.png' })
// second tab mirrors
const two = await context.newPage(); await two.goto(U + '/'); await two.getByTestId('presence').waitFor(); await new Promise((r) => setTimeout(r, 1500))
console.log('second tab:', await two.evaluate(() => [globalThis.__perezvon?.peer ?? null, document.querySelector('.notice')?.innerText]))
await two.getByRole('button', { name: 'Sound here' }).click(); await two.waitForFunction(() => globalThis.__perezvon?.peer?.connectionState === 'connected')
await new Promise((r) => setTimeout(r, 800))
console.log('taken over; first tab:', await page.evaluate(() => [globalThis.__perezvon?.peer ?? null, [...document.querySelectorAll('.notice')].map((n) => n.innerText)]))
await two.close(); await page.waitForFunction(() => globalThis.__perezvon?.peer?.connectionState === 'connected'); console.log('second closed, first is the telephone again')
await browser.close()
