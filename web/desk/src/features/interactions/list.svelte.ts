// An endless list by cursor: pages are added as the reader comes to the end.
import { http, type Page, type Problem, type Query } from '@perezvon/api'
import { asProblem } from '@perezvon/ui'

const QUIET_MS = 300
const PAGE = 50

export class EndlessList<T> {
  items = $state.raw<T[]>([])
  problem = $state.raw<Problem | null>(null)
  loading = $state(false)
  slow = $state(false)
  ended = $state(false)
  /** Something has been answered since the last change of filters. */
  known = $state(false)
  private cursor: string | null = null
  private controller: AbortController | undefined
  private query: Query = {}

  constructor(private readonly path: string) {}

  async search(query: Query): Promise<void> {
    this.query = query
    this.cursor = null
    await this.load(true)
  }

  async more(): Promise<void> {
    if (!this.loading && !this.ended && !this.problem) await this.load(false)
  }

  async retry(): Promise<void> {
    await this.load(this.cursor === null)
  }

  stop(): void {
    this.controller?.abort()
  }

  private async load(fresh: boolean): Promise<void> {
    this.controller?.abort()
    const controller = new AbortController()
    this.controller = controller
    this.loading = true
    this.problem = null
    const timer = setTimeout(() => (this.slow = this.controller === controller), QUIET_MS)
    try {
      const page = await http.get<Page<T>>(this.path, { ...this.query, limit: PAGE, cursor: fresh ? '' : this.cursor }, controller.signal)
      if (this.controller !== controller) return
      this.items = fresh ? page.items : [...this.items, ...page.items]
      this.cursor = page.next_cursor
      this.ended = page.next_cursor === null
      this.known = true
    } catch (error) {
      if (this.controller === controller) this.problem = asProblem(error)
    } finally {
      clearTimeout(timer)
      if (this.controller === controller) {
        this.loading = false
        this.slow = false
      }
    }
  }
}

/** Calls back when the end of the list comes into sight. */
export function nearEnd(callback: () => void) {
  return (element: HTMLElement) => {
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && callback(), { rootMargin: '400px' })
    observer.observe(element)
    return () => observer.disconnect()
  }
}

/** j and k move between the links of a list, Enter opens as ever. */
export function moveByKeys(singleKeys: () => boolean) {
  return (list: HTMLElement) => {
    const onkey = (event: KeyboardEvent) => {
      if (!singleKeys() || event.altKey || event.ctrlKey || event.metaKey || (event.code !== 'KeyJ' && event.code !== 'KeyK')) return
      const target = event.target as HTMLElement
      if (target.closest('input, textarea, select, dialog, [contenteditable]')) return
      const links = [...list.querySelectorAll<HTMLElement>('[data-row]')]
      if (links.length === 0) return
      const at = links.indexOf(document.activeElement as HTMLElement)
      links[Math.min(links.length - 1, Math.max(0, at + (event.code === 'KeyJ' ? 1 : -1)))]?.focus()
      event.preventDefault()
    }
    addEventListener('keydown', onkey)
    return () => removeEventListener('keydown', onkey)
  }
}
