// CSV as RFC 4180 says, with what spreadsheets add: a byte order mark, so that Cyrillic opens right, and the
// separator that the reader's spreadsheet expects, which is the one its decimal comma leaves free.

export type Cell = string | number | null

export function csv(rows: Cell[][], language: 'en' | 'ru'): string {
  const separator = language === 'ru' ? ';' : ','
  const lines = rows.map((row) => row.map((value) => cell(value, separator, language)).join(separator))
  return `\ufeff${lines.join('\r\n')}\r\n`
}

function cell(value: Cell, separator: string, language: 'en' | 'ru'): string {
  if (value === null) return ''
  if (typeof value === 'number') return language === 'ru' ? String(value).replace('.', ',') : String(value)
  // A text that a spreadsheet would run as a formula is given an apostrophe.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Hands a file made in the browser to the person. */
export function download(name: string, content: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
