import type { CustomerCard } from '@perezvon/api'
import { phone, t } from '@perezvon/ui'
import { names } from '../../live/directory.svelte'

/** What a card is called: by the person, the company, or the number it was made for. */
export function cardName(card: Pick<CustomerCard, 'name' | 'company' | 'numbers'>): string {
  return card.name || card.company || (card.numbers[0] ? phone(card.numbers[0]) : t('customer.no_name'))
}

/** The name of who looks after a customer or spoke with them; nothing of nobody. */
export function personName(id: string): string {
  return id && (names.agent(id) ?? t('step.some_agent'))
}
