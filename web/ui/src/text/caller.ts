// Who calls may be withheld: then the trunk gives a word or nothing in the number's place.
import { t } from '../i18n/language.svelte'
import { phone } from './phone'

/** RFC 3323's `anonymous`, and what networks write instead of it. */
const WITHHELD = /^(anonymous|restricted|unavailable|unknown|withheld|private)?$/i

export function withheld(number: string): boolean {
  return WITHHELD.test(number.trim())
}

/** The number in groups, or that it is hidden, in the reader's words. */
export function caller(number: string): string {
  return withheld(number) ? t('ui.hidden_number') : phone(number)
}
