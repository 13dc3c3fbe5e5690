/** Which rows of a long list are drawn: those in sight and a few around, so that scrolling never shows a gap. */
export interface Window {
  first: number
  /** One past the last. */
  end: number
}

/** Lists shorter than this are drawn whole: find-in-page works and nothing is gained by less. */
export const WINDOW_FROM = 100
const OVERSCAN = 12

export function rowsInSight(scrolled: number, viewport: number, rowHeight: number, count: number): Window {
  if (count <= WINDOW_FROM) return { first: 0, end: count }
  const first = Math.min(count, Math.max(0, Math.floor(scrolled / rowHeight) - OVERSCAN))
  const end = Math.min(count, Math.ceil((scrolled + viewport) / rowHeight) + OVERSCAN)
  return { first, end: Math.max(first, end) }
}
