import { openBrowser, openPage, settle } from './browser.mjs'
const U = process.env.U
const browser = await openBrowser()
const shot = (p, n) => p.screenshot({ path: `/work/main/web/e2e/shots/real-${n}.png` })
try {
  const { page, errors } = await openPage(browser, U + '/', { language: 'en' })
  await page.getByTestId('presence').waitFor()
  // recording plays
  await page.goto(U + '/journal'); await page.getByRole('img', { name: 'Recorded' }).first().waitFor()
  const rec = page.locator('tr', { has: page.getByRole('img', { name: 'Recorded' }) }).first()
  await rec.locator('a').click(); await page.getByTestId('wave').waitFor()
  await page.getByRole('button', { name: 'Play' }).click(); await new Promise((r) => setTimeout(r, 2500))
  console.log('playing at', await page.getByLabel('Position in the recording').inputValue(), await page.getByText(/could not play/).count())
  await shot(page, 'playing')
  // filters
  await page.getByTestId('role-supervisor').click(); await page.getByRole('heading', { name: 'Floor' }).waitFor(); await page.goto(U + '/journal?outcome=abandoned'); await page.locator('[data-row]').first().waitFor(); console.log('abandoned rows', await page.locator('[data-row]').count())
  await page.getByLabel('Number').fill('7916'); await new Promise((r) => setTimeout(r, 900)); console.log('after number', await page.locator('[data-row]').count(), page.url())
  await page.goto(U + '/customers'); await page.locator('[data-row]').first().waitFor(); await page.getByRole('searchbox').first().fill('рома'); await new Promise((r) => setTimeout(r, 900)); console.log('customers', await page.locator('[data-row]').count())
  await page.locator('[data-row]').first().click(); await page.getByRole('button', { name: 'Edit the card' }).click(); await page.getByLabel('Numbers').fill('nonsense'); await page.getByRole('button', { name: 'Save' }).click(); await settle(page); console.log('refused number:', await page.locator('.error').allInnerTexts()); await shot(page, 'card-refused')
  await page.getByLabel('Numbers').fill('8 (916) 555-01-23'); await page.getByRole('button', { name: 'Save' }).click(); await page.getByText('+7 916 555-01-23').waitFor(); console.log('saved, national form read')
  // supervisor
  await page.getByTestId('role-supervisor').click(); await page.getByRole('heading', { name: 'Floor' }).waitFor(); await page.locator('table').first().waitFor(); await settle(page); await shot(page, 'floor')
  await page.goto(U + '/report?date=2026-11-20'); await page.locator('tr.total').waitFor(); await settle(page); await shot(page, 'report')
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]); console.log('csv', file.suggestedFilename())
  // admin
  await page.getByTestId('role-admin').click(); await page.getByRole('heading', { name: 'Queues' }).waitFor()
  for (const word of ['queues', 'users', 'skills', 'dispositions', 'numbers', 'trunks', 'flows']) {
    await page.goto(`${U}/admin/${word}`); await page.locator('tbody a').first().waitFor(); const n = await page.locator('tbody a').count()
    await page.locator('tbody a').first().click(); await page.getByRole('button', { name: 'Save' }).waitFor(); await settle(page)
    if (word === 'flows' || word === 'users') await shot(page, `admin-${word}`)
    await page.getByRole('button', { name: 'Save' }).click(); await new Promise((r) => setTimeout(r, 800)); console.log(word, n, 'saved as it was:', page.url().endsWith(`/admin/${word}`), await page.locator('.error, .notice').allInnerTexts())
  }
  await page.goto(`${U}/admin/skills/new`); await page.getByRole('textbox', { name: 'Name' }).fill('French'); await page.getByRole('textbox', { name: 'Key' }).fill('Bad key!'); await page.getByRole('button', { name: 'Save' }).click(); await page.locator('.error').waitFor(); console.log('refused:', await page.locator('.error').allInnerTexts(), await page.getByRole('textbox', { name: 'Name' }).inputValue(), 'focus on', await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')))
  await page.getByRole('textbox', { name: 'Key' }).fill('french'); await page.getByRole('button', { name: 'Save' }).click(); await page.getByRole('link', { name: 'French' }).waitFor(); console.log('added')
  await page.getByRole('link', { name: 'French' }).click(); await page.getByRole('button', { name: 'Delete' }).click(); await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click(); await page.getByRole('link', { name: 'French' }).waitFor({ state: 'detached' }); console.log('deleted')
  await page.goto(`${U}/admin/queues`); await page.locator('tbody a').first().click(); await page.getByRole('button', { name: 'Delete' }).click(); await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click(); await page.locator('dialog .notice').waitFor(); console.log('in use:', await page.locator('dialog .notice').innerText())
  await page.goto(`${U}/admin/flows`); await page.locator('tbody a').first().click(); const area = page.locator('textarea.code'); await area.waitFor(); await area.fill((await area.inputValue()).replace(/"next": "[^"]*"/, '"next": "nowhere"')); await page.locator('li button.link').first().waitFor(); console.log('flow problems:', await page.locator('section.form li').allInnerTexts()); await shot(page, 'flow-problems')
  console.log('page errors', errors.filter((e) => !/40[0-9]|422/.test(e)))
} finally { await browser.close() }
