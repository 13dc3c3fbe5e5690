import { describe, expect, it } from 'vitest'
// @ts-expect-error -- a build script without types
import { compileTexts, TextsRefused } from '../scripts/texts.mjs'
import { formsOf } from '../src/i18n/forms'
import { en, ru } from '../src/i18n/generated'
import { language, setLanguage, t } from '../src/i18n/language.svelte'

function problems(languages: Record<string, Record<string, string>>): string[] {
  try {
    compileTexts(languages)
    return []
  } catch (error) {
    if (error instanceof TextsRefused) return (error as { problems: string[] }).problems
    throw error
  }
}

describe('texts', () => {
  it.each([
    [0, '0 разговоров'],
    [1, '1 разговор'],
    [2, '2 разговора'],
    [5, '5 разговоров'],
    [11, '11 разговоров'],
    [21, '21 разговор'],
    [22, '22 разговора'],
    [1.5, '1,5 разговора'],
  ])('in Russian %s is counted as “%s”', (count, words) => {
    setLanguage('ru')
    expect(t('nav.today', { count, time: '3:41' })).toContain(words)
  })

  it('in English one is singular and the rest plural', () => {
    setLanguage('en')
    expect(t('nav.today', { count: 1, time: '3:41' })).toContain('1 conversation,')
    expect(t('nav.today', { count: 0, time: '3:41' })).toContain('0 conversations')
  })

  it('changes in place and is remembered', () => {
    setLanguage('ru')
    expect(t('state.ready')).toBe('Готов')
    setLanguage('en')
    expect(language()).toBe('en')
    expect(t('state.ready')).toBe('Ready')
    expect(localStorage.getItem('perezvon.language')).toBe('en')
  })

  it('has the same keys in both languages', () => {
    expect(Object.keys(ru)).toEqual(Object.keys(en))
  })

  it('refuses a text that one language lacks', () => {
    expect(problems({ en: { 'a.b': 'Yes', 'a.c': 'No' }, ru: { 'a.b': 'Да' } })).toEqual(['ru: a.c has no text'])
  })

  it('refuses a Russian plural without all its forms', () => {
    const [problem] = problems({ en: { 'a.b': '{n, plural, one {# call} other {# calls}}' }, ru: { 'a.b': '{n, plural, one {# звонок} other {# звонков}}' } })
    expect(problem).toBe('ru: a.b lacks the form few, many')
  })

  it('refuses arguments that differ', () => {
    const [problem] = problems({ en: { 'a.b': 'Hello, {name}' }, ru: { 'a.b': 'Привет, {who}' } })
    expect(problem).toContain('arguments differ')
  })

  it('refuses what is no message', () => {
    expect(problems({ en: { 'a.b': '{n, plural, one {#}' }, ru: { 'a.b': 'х' } })[0]).toContain('cannot be read')
  })

  it('keeps quotes and apostrophes as they are', () => {
    const forms = formsOf('en')
    expect(forms.select('x', { other: () => "it's" })).toBe("it's")
    expect(String(en['problem.no_device'])).toContain('’')
  })
})
