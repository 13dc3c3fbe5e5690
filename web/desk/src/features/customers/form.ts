import type { CustomerCard, CustomerField } from '@perezvon/api'
import { personName } from './name'

export interface CustomerWritten {
  name: string
  company: string
  /** One a line, as typed; the server reads national forms too. */
  numbers: string
  fields: CustomerField[]
  note: string
  /** Nobody is empty. */
  owner: string
}

export function toForm(card: CustomerCard | null): CustomerWritten {
  return {
    name: card?.name ?? '',
    company: card?.company ?? '',
    numbers: (card?.numbers ?? []).join('\n'),
    fields: (card?.fields ?? []).map((field) => ({ ...field })),
    note: card?.note ?? '',
    owner: card?.owner ?? '',
  }
}

export function toRequest(form: CustomerWritten) {
  return {
    name: form.name.trim(),
    company: form.company.trim(),
    numbers: form.numbers.split(/[\n,;]/).map((number) => number.trim()).filter(Boolean),
    fields: form.fields.filter((field) => field.name.trim() !== '').map((field) => ({ name: field.name.trim(), value: field.value.trim() })),
    note: form.note,
    owner: form.owner || null,
  }
}

/** Where the saved card differs from what is typed: the other one's values. */
export function theirs(form: CustomerWritten, card: CustomerCard): { name: 'name' | 'company' | 'numbers' | 'owner' | 'fields' | 'note'; value: string }[] {
  const mine = toRequest(form)
  const list = (fields: CustomerField[]) => fields.map((field) => `${field.name}: ${field.value}`).join(', ')
  return (
    [
      { name: 'name', mine: mine.name, value: card.name },
      { name: 'company', mine: mine.company, value: card.company },
      { name: 'numbers', mine: mine.numbers.join(', '), value: card.numbers.join(', ') },
      { name: 'owner', mine: form.owner, value: card.owner ?? '' },
      { name: 'fields', mine: list(mine.fields), value: list(card.fields) },
      { name: 'note', mine: mine.note, value: card.note },
    ] as const
  ).filter((item) => item.mine !== item.value)
    .map(({ name, value }) => ({ name, value: name === 'owner' ? personName(value) : value }))
}
