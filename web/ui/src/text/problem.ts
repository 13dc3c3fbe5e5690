// A refusal as a sentence in the reader's language. Codes the screens know have their own words; for others the
// server's own sentence is better than none.
import type { Problem } from '@perezvon/api'
import { en } from '../i18n/generated'
import { t, type PlainKey } from '../i18n/language.svelte'

export function sentence(problem: Problem): string {
  if (problem.status === 429) return t('problem.too_many', { seconds: problem.retryAfterS ?? 30 })
  const key = `problem.${problem.code}`
  if (key in en && typeof en[key as PlainKey] === 'string') return t(key as PlainKey)
  if (problem.body.detail) return problem.body.detail
  if (problem.status >= 500) return t('problem.server')
  if (problem.status === 401) return t('problem.signed_out')
  if (problem.status === 403) return t('problem.forbidden')
  if (problem.status === 404) return t('problem.not_found')
  return problem.message
}
