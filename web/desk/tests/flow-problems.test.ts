// Everything that the check of flows says is said in Russian too; its sources are what is compared with.
import { setLanguage } from '@perezvon/ui'
import { describe, expect, it } from 'vitest'
import { flowProblem } from '../src/features/admin/flow-problem'

const check = Object.values(import.meta.glob('../../../crates/flow/src/{check,read}.rs', { query: '?raw', import: 'default', eager: true }) as Record<string, string>)
  .map((text) => text.split('#[cfg(test)]')[0] ?? '')
  .join('\n')
const said = [...check.matchAll(/(?:\b(?:say|of_flow)\([^;]*?,\s*(?:format!\()?|message(?::| =) (?:format!\()?)"((?:[^"\\]|\\.)+)"/g)]
  .map((match) => (match[1] ?? '').replace(/\\\n\s*/g, ''))
  .filter((message) => message.includes(' '))

describe('the check of flows', () => {
  it('is found in its sources', () => {
    expect(said.length).toBeGreaterThan(18)
    expect(said).toEqual(expect.arrayContaining(['there is no queue `{}`', 'is empty; give at least one digit', 'is {value}; write {least} to {most}']))
  })

  it.each([...new Set(said)])('“%s” is said in Russian', (message) => {
    setLanguage('ru')
    expect(flowProblem(message.replace(/\{\w*\}/g, '7'))).toMatch(/[а-яё]/i)
  })
})
