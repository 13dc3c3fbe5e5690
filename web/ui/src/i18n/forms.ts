/** What a compiled text needs of its language: plural forms, choices and numbers. */
export interface Forms {
  number(value: number): string
  plural(value: number, options: Record<string, () => string>): string
  select(value: string, options: Record<string, () => string>): string
}

export function formsOf(language: string): Forms {
  const rules = new Intl.PluralRules(language)
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })
  return {
    number: (value) => format.format(value),
    plural: (value, options) => (options[`=${value}`] ?? options[rules.select(value)] ?? options.other)?.() ?? '',
    select: (value, options) => (options[value] ?? options.other)?.() ?? '',
  }
}
