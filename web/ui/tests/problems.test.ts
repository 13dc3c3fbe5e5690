// Every refusal of the API has words in both languages. The API's sources are what is compared with.
import { Problem } from '@perezvon/api'
import { describe, expect, it } from 'vitest'
import { setLanguage } from '../src/i18n/language.svelte'
import { cure } from '../src/text/cure'
import { sentence, textOf } from '../src/text/problem'

type Files = Record<string, string>
const files = {
  api: import.meta.glob('../../../crates/api/src/**/*.rs', { query: '?raw', import: 'default', eager: true }) as Files,
  model: import.meta.glob('../../../crates/model/src/**/*.rs', { query: '?raw', import: 'default', eager: true }) as Files,
  engine: import.meta.glob('../../../crates/engine/src/**/*.rs', { query: '?raw', import: 'default', eager: true }) as Files,
  socket: import.meta.glob('../../api/src/socket.ts', { query: '?raw', import: 'default', eager: true }) as Files,
}

/** The sources of a crate without its tests. */
function sources(crate: Files): string[] {
  return Object.entries(crate)
    .filter(([path]) => !/\/(tests|testing)(\.rs|\/)/.test(path))
    .map(([, text]) => text.split('#[cfg(test)]\nmod tests {')[0] ?? '')
}

const all = (text: string, form: RegExp) => [...text.matchAll(form)].map((match) => match[1] ?? '')
const api = sources(files.api).join('\n')
const commands = /impl CommandRefused \{[\s\S]*?\n\}/.exec(sources(files.model).join('\n'))?.[0] ?? ''
const codes = [
  ...all(api, /(?:Problem|Self)::new\(\s*[\w:]+,\s*"([a-z_]+)"/g),
  ...all(api, /::conflict\(\s*"([a-z_]+)"/g),
  ...all(commands, /=> "([a-z_]+)"/g),
  ...all(sources(files.socket).join(''), /code: '([a-z_]+)'/g),
]
const details = [
  ...all(api, /Problem::bad_value\((?:\s*"[^"]*"|\s*format!\([^)]*\)|\s*\w+),\s*(?:format!\(\s*)?"([^"]+)"/g),
  ...all(api, /let cure = "([^"]+)"/g),
  ...all(sources(files.api).find((text) => text.includes('enum PasswordError')) ?? '', /#\[error\("(the password must[^"]+)"\)\]/g),
  ...all(sources(files.engine).join('\n'), /NotNow\("([^"]+)"/g),
]
/** For programs that speak the protocol; no page sends such things. */
const NOT_FROM_PAGES = ['send JSON texts', 'an id has 64 bytes at most', 'ask for 1 to {MAX_LIMIT} items', 'take the cursor from next_cursor of the page before, unchanged', 'write the id of a person, or console']

describe('refusals of the API', () => {
  it('are found in its sources', () => {
    expect(codes).toEqual(expect.arrayContaining(['not_found', 'taken', 'changed_meanwhile', 'offer_over', 'database_unavailable', 'unanswered']))
    expect(details).toEqual(expect.arrayContaining(['write plain text', 'write 1 to {most} characters', 'the call rings at your phone; pick it up']))
  })

  it.each([...new Set(codes)])('%s has a text', (code) => {
    expect(textOf(code)).toBeDefined()
  })

  it.each([...new Set(details)].filter((detail) => !NOT_FROM_PAGES.includes(detail)))('“%s” is said in Russian', (detail) => {
    setLanguage('ru')
    expect(cure(detail.replace(/\{\w+\}/g, '7'))).toMatch(/[а-яё]/i)
  })
})

describe('a refusal', () => {
  it('says what the server says of a value, with its numbers', () => {
    setLanguage('ru')
    expect(sentence(new Problem(422, { code: 'bad_value', detail: 'write a whole number from 3 to 120', field: 'ring_timeout_s' }))).toBe('Введите целое число от 3 до 120.')
    setLanguage('en')
    expect(sentence(new Problem(422, { code: 'bad_value', detail: 'write 80 characters at most' }))).toBe('Write 80 characters at most.')
    expect(sentence(new Problem(409, { code: 'not_now', detail: 'the command cannot be done now: as many wait in this queue as may' }))).toBe('As many wait in this queue as may.')
  })

  it('of an unknown kind is told with its code', () => {
    setLanguage('ru')
    expect(sentence(new Problem(418, { code: 'teapot', detail: 'I am a teapot' }))).toBe('Сервер отказал с кодом, которого эта страница не знает: teapot.')
    expect(sentence(new Problem(422, { code: 'bad_value', detail: 'something new' }))).toMatch(/недопустимо/)
  })

  it('of a proxy in between is told by its status', () => {
    setLanguage('en')
    expect(sentence(new Problem(502, {}))).toMatch(/server failed/)
  })
})
