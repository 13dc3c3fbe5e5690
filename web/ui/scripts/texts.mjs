// Turns ICU messages into TypeScript: one table a language, plain strings where nothing varies and small functions
// where something does. Refuses what a reader would otherwise stumble over: a text that one language lacks, arguments
// that differ, a plural without every form the language has.
import { parse, TYPE } from '@formatjs/icu-messageformat-parser'

/** Cardinal forms that a message must spell out, from CLDR; `other` also serves fractions. */
const FORMS = { en: ['one', 'other'], ru: ['one', 'few', 'many', 'other'] }

export class TextsRefused extends Error {
  constructor(problems) {
    super(`texts refused:\n  ${problems.join('\n  ')}`)
    this.problems = problems
  }
}

/** Compiles `{en: {key: text}, ru: {key: text}}` to the source of one module. */
export function compileTexts(languages) {
  const problems = []
  const names = Object.keys(languages)
  const keys = [...new Set(names.flatMap((name) => Object.keys(languages[name])))].sort()
  const tables = Object.fromEntries(names.map((name) => [name, []]))
  const signatures = []

  for (const key of keys) {
    const seen = []
    for (const name of names) {
      const text = languages[name][key]
      if (typeof text !== 'string' || text.trim() === '') {
        problems.push(`${name}: ${key} has no text`)
        continue
      }
      const parsed = read(name, key, text, problems)
      if (!parsed) continue
      const args = new Map()
      const source = write(parsed, args, { name, key, problems })
      seen.push({ name, args })
      tables[name].push(`  ${JSON.stringify(key)}: ${args.size === 0 ? source : `(a, f) => ${source}`},`)
    }
    const shapes = new Set(seen.map(({ args }) => shape(args)))
    if (shapes.size > 1) {
      problems.push(`${key}: arguments differ: ${seen.map(({ name, args }) => `${name} ${shape(args)}`).join(', ')}`)
    }
    if (seen.length > 0) signatures.push(`  ${JSON.stringify(key)}: ${shape(seen[0].args)}`)
  }
  if (problems.length > 0) throw new TextsRefused(problems)

  return [
    '// Made by ui/scripts/compile-texts.mjs from ui/texts; not kept in the repository.',
    "import type { Forms } from './forms'",
    'type Text = string | ((a: never, f: Forms) => string)',
    `export interface Texts {\n${signatures.join('\n')}\n}`,
    ...names.map(
      (name) =>
        `export const ${name}: { [K in keyof Texts]: Texts[K] extends null ? string : (a: NonNullable<Texts[K]>, f: Forms) => string } = {\n${tables[name].join('\n')}\n}`,
    ),
    'export type AnyText = Text',
    '',
  ].join('\n')
}

function read(name, key, text, problems) {
  try {
    return parse(text, { ignoreTag: true, requiresOtherClause: true })
  } catch (error) {
    problems.push(`${name}: ${key} cannot be read: ${error.message}`)
    return undefined
  }
}

function shape(args) {
  if (args.size === 0) return 'null'
  return `{ ${[...args].sort().map(([name, type]) => `${JSON.stringify(name)}: ${type}`).join('; ')} }`
}

function write(elements, args, at, pound) {
  const parts = elements.map((element) => part(element, args, at, pound))
  return parts.length === 0 ? "''" : parts.join(' + ').replace(/^(?!['"`])/, "'' + ")
}

function part(element, args, at, pound) {
  switch (element.type) {
    case TYPE.literal:
      return JSON.stringify(element.value)
    case TYPE.argument:
      note(args, element.value, 'string', at)
      return `a[${JSON.stringify(element.value)}]`
    case TYPE.number:
      note(args, element.value, 'number', at)
      return `f.number(a[${JSON.stringify(element.value)}])`
    case TYPE.pound:
      return `f.number(a[${JSON.stringify(pound)}])`
    case TYPE.select:
      note(args, element.value, 'string', at)
      return `f.select(a[${JSON.stringify(element.value)}], ${options(element, args, at, pound)})`
    case TYPE.plural: {
      note(args, element.value, 'number', at)
      const missing = FORMS[at.name].filter((form) => !(form in element.options))
      if (missing.length > 0) at.problems.push(`${at.name}: ${at.key} lacks the form ${missing.join(', ')}`)
      return `f.plural(a[${JSON.stringify(element.value)}], ${options(element, args, at, element.value)})`
    }
    default:
      at.problems.push(`${at.name}: ${at.key} uses a kind of argument that screens do not have`)
      return "''"
  }
}

function options(element, args, at, pound) {
  const entries = Object.entries(element.options).map(
    ([name, option]) => `${JSON.stringify(name)}: () => ${write(option.value, args, at, pound)}`,
  )
  return `{ ${entries.join(', ')} }`
}

function note(args, name, type, at) {
  const before = args.get(name)
  if (before && before !== type) at.problems.push(`${at.name}: ${at.key} uses ${name} as ${before} and as ${type}`)
  args.set(name, before === 'number' ? 'number' : type)
}
