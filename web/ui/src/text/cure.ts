// What to write instead of a refused value. The API says it in English with the numbers in the sentence; here each such
// sentence is known by its form and said in the reader's language. A test reads the API's sources for sentences that are
// missing.
import { t } from '../i18n/language.svelte'

type Words = (numbers: number[], names: string[]) => string

const CURES: [RegExp, Words][] = [
  [/^write (\d+) to (\d+) characters$/, ([least = 0, most = 0]) => t('cure.length', { least, most })],
  [/^write (\d+) characters at most$/, ([most = 0]) => t('cure.most', { most })],
  [/^write a whole number from (-?\d+) to (\d+)$/, ([least = 0, most = 0]) => t('cure.range', { least, most })],
  [/^write one line of plain text$/, () => t('cure.one_line')],
  [/^write plain text$/, () => t('cure.plain')],
  [/^give (\d+) at most$/, ([most = 0]) => t('cure.few', { most })],
  [/^name each skill once$/, () => t('cure.skill_once')],
  [/^name each once$/, () => t('cure.once')],
  [/^there is no such skill$/, () => t('cure.no_skill')],
  [/^there is no such disposition for this queue$/, () => t('cure.no_disposition')],
  [/^there is no such thing; choose one of the list$/, () => t('cure.no_choice')],
  [/^write 1 to 64 small Latin letters/, () => t('cure.key')],
  [/^write an address such as anna@example.org$/, () => t('cure.email')],
  [/^give the card a name or a number$/, () => t('cure.customer_name')],
  [/^this number is on the card already$/, () => t('cure.number_twice')],
  [/is not a telephone number/, () => t('cure.phone')],
  [/^write 1 to 64 Latin letters, digits, -, _ or \.$/, () => t('cure.sip_username')],
  [/^write it as sip:100@/, () => t('cure.phone_uri')],
  [/^give the new person a password$/, () => t('cure.password_needed')],
  [/^a new phone account needs the password once more$/, () => t('cure.password_again')],
  [/^the password must have (\d+) characters at least$/, ([least = 0]) => t('cure.password_short', { least })],
  [/^the password must have (\d+) bytes at most$/, () => t('cure.password_long')],
  [/^this is not the password; /, () => t('cure.old_password')],
  [/^write the date as /, () => t('cure.date')],
  [/^this date cannot be reported on$/, () => t('cure.date_outside')],
  [/^there is no prompt `.*` in the library$/, () => t('cure.no_prompt')],
  [/^there is no such queue; choose another$/, () => t('cure.no_queue')],
  [/^a queue cannot lead to itself/, () => t('cure.own_queue')],
  [/^this leads to something that is not there/, () => t('cure.leads_nowhere')],
  [/^this step widens nothing/, () => t('cure.widens_nothing')],
  [/^nothing is said in a queue of chats or mails/, () => t('cure.nothing_is_said')],
  [/^chats and mails can only be led to another queue$/, () => t('cure.only_queues')],
  [/^chats and mails of a closed queue are refused/, () => t('cure.closed_refuses')],
  [/^this queue takes another channel; /, () => t('cure.other_channel')],
  [/^a queue keeps its channel/, () => t('cure.keeps_channel')],
  [/^one costs more units than an agent has/, () => t('cure.costs_too_much')],
  [/^channels interrupt each other in a ring/, () => t('cure.interrupt_in_a_ring')],
  [/^write it as https:/, () => t('cure.link')],
  [/^there is no such customer$/, () => t('cure.no_customer')],
  [/^this queue is closed at this time$/, () => t('cure.closed_now')],
  [/^callers would go in a circle: (.+)$/, (_, [way = '']) => t('cure.circle', { way })],
  [/^there is no such person; choose/, () => t('cure.no_person')],
  [/^write a number such as \+74951234567 or a SIP URI/, () => t('cure.dialable')],
  [/^choose a day$/, () => t('cure.choose_day')],
  [/^write the name of a time zone/, () => t('cure.time_zone')],
  [/^must be later than it begins; /, () => t('cure.later')],
  [/^UUID parsing failed/, () => t('cure.no_choice')],
  [/is not a time; write HH:MM/, () => t('cure.time')],
  [/is not a day; write YYYY-MM-DD/, () => t('cure.day')],
  [/^invalid (?:type|value): .*, expected [iu]\d+/, () => t('cure.whole')],
  [/^there is no such flow; choose one of the list$/, () => t('cure.no_flow')],
  [/^send 1 to 32 of 0-9/, () => t('cure.digits')],
  [/^write an address such as 192\.0\.2\.0\/24$/, () => t('cure.sources')],
  [/^give an address that calls come from, or a registration$/, () => t('cure.sources_needed')],
  [/^write it as sip:provider\.example$/, () => t('cure.registrar')],
  [/^give the password that the provider gave you$/, () => t('cure.trunk_password')],
  [/the call rings at your phone; pick it up$/, () => t('cure.rings_at_phone')],
  [/as many wait in this queue as may$/, () => t('cure.queue_full')],
  [/^put the steps in the order of their times$/, () => t('cure.steps_in_order')],
  [/the queue decides whether a wrap-up follows$/, () => t('cure.queue_decides_wrap_up')],
  [/this wrap-up cannot be extended/, () => t('cure.wrap_up_not_extended')],
  [/the journal cannot be written$/, () => t('cure.journal_away')],
]

/** The sentence in the reader's language; nothing when it is not known. */
export function cure(detail: string): string | undefined {
  for (const [form, words] of CURES) {
    const found = form.exec(detail)
    if (found) return words(found.slice(1).map(Number), found.slice(1))
  }
  return undefined
}
