// Forms that were begun and not saved, while the page lives: looking something up elsewhere loses nothing.
import type { Form } from './form'

const forms = new Map<string, Form>()
/** More unfinished forms than this are nobody's; the oldest goes. */
const MAX_FORMS = 50

export function keptForm(key: string): Form | undefined {
  return forms.get(key)
}

export function keepForm(key: string, form: Form): void {
  forms.delete(key)
  // A password is not kept longer than its field.
  forms.set(key, 'password' in form ? { ...form, password: '' } : form)
  const oldest = forms.keys().next()
  if (forms.size > MAX_FORMS && !oldest.done) forms.delete(oldest.value)
}

export function dropForm(key: string): void {
  forms.delete(key)
}
