/** Where a node begins in the text of a flow: the range of its name and its line, from 0. */
export function lineOf(json: string, node: string | null): { start: number; end: number; line: number } {
  const name = node === null ? -1 : json.search(new RegExp(`"${node.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"\\s*:\\s*\\{`))
  if (name < 0) return { start: 0, end: 0, line: 0 }
  return { start: name + 1, end: name + 1 + (node?.length ?? 0), line: json.slice(0, name).split('\n').length - 1 }
}
