// A refusal as a sentence in the reader's language, by its code; for the codes that many values share, by what the
// server says of the value.
import type { Problem } from '@perezvon/api'
import { en } from '../i18n/generated'
import { t, type PlainKey } from '../i18n/language.svelte'
import { cure } from './cure'

/** The text of a code, when the screens have one. */
export function textOf(code: string): PlainKey | undefined {
  const key = `problem.${code}`
  return key in en && typeof en[key as PlainKey] === 'string' ? (key as PlainKey) : undefined
}

export function sentence(problem: Problem): string {
  if (problem.status === 429) return t('problem.too_many', { seconds: problem.retryAfterS ?? 30 })
  const said = problem.body.detail && cure(problem.body.detail)
  if (said) return said
  const known = textOf(problem.code)
  if (known) return t(known)
  // No code of ours: a proxy in between has answered.
  if (problem.code === `http_${problem.status}`) {
    if (problem.status >= 500) return t('problem.server')
    if (problem.status === 401) return t('problem.signed_out')
    if (problem.status === 403) return t('problem.forbidden')
    if (problem.status === 404) return t('problem.not_found')
  }
  return t('problem.unknown', { code: problem.code })
}
