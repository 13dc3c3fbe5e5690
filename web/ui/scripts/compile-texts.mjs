// Reads ui/texts/<language>/<word>.json, writes ui/src/i18n/generated.ts. Ends with 1 and the list when a text is wrong,
// or when a text is asked for nowhere.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileTexts, TextsRefused } from './texts.mjs'

const web = fileURLToPath(new URL('../..', import.meta.url))
const texts = join(web, 'ui/texts')
const target = join(web, 'ui/src/i18n/generated.ts')

function language(name) {
  const table = {}
  for (const file of readdirSync(join(texts, name)).filter((file) => file.endsWith('.json')).sort()) {
    const word = file.slice(0, -'.json'.length)
    for (const [key, text] of Object.entries(JSON.parse(readFileSync(join(texts, name, file), 'utf8')))) {
      table[`${word}.${key}`] = text
    }
  }
  return table
}

function sources(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(svelte|ts)$/.test(entry.name) && entry.name !== 'generated.ts')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n')
}

try {
  const languages = { en: language('en'), ru: language('ru') }
  const source = compileTexts(languages)
  const code = sources(join(web, 'ui/src')) + sources(join(web, 'desk/src'))
  // A key is in use when it is written out, or when its beginning is, as in `state.${name}`.
  const prefixes = new Set([...code.matchAll(/[`'"]([a-z_]+\.(?:[a-z_]+\.)*[a-z_]*)\$\{/g)].map((match) => match[1]))
  const unused = Object.keys(languages.en).filter(
    (key) => !code.includes(`'${key}'`) && !code.includes(`"${key}"`) && ![...prefixes].some((prefix) => key.startsWith(prefix)),
  )
  if (unused.length > 0) throw new TextsRefused(unused.map((key) => `${key} is asked for nowhere`))
  mkdirSync(join(web, 'ui/src/i18n'), { recursive: true })
  let before = ''
  try {
    before = readFileSync(target, 'utf8')
  } catch {
    // The first run on a fresh checkout.
  }
  if (before !== source) writeFileSync(target, source)
} catch (error) {
  if (!(error instanceof TextsRefused)) throw error
  console.error(error.message)
  process.exit(1)
}
