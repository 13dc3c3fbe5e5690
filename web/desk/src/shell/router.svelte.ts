// The address of the page: paths, not hashes; the server answers every path outside /api and /assets with the app.
const state = $state({ path: location.pathname, search: location.search })

export type Screen =
  | { name: 'workspace' }
  | { name: 'journal' }
  | { name: 'conversation'; id: string }
  | { name: 'customers' }
  | { name: 'customer'; id: string }
  | { name: 'floor' }
  | { name: 'report' }
  | { name: 'admin'; word: string; id: string | undefined }
  | { name: 'nowhere' }

/** Reads a path; pure, so that tests can ask it. */
export function screenOf(path: string): Screen {
  const [first = '', second, third] = path.split('/').filter(Boolean).map(decodeURIComponent)
  switch (first) {
    case '':
      return { name: 'workspace' }
    case 'journal':
      return second ? { name: 'conversation', id: second } : { name: 'journal' }
    case 'customers':
      return second ? { name: 'customer', id: second } : { name: 'customers' }
    case 'floor':
      return { name: 'floor' }
    case 'report':
      return { name: 'report' }
    case 'admin':
      return { name: 'admin', word: second ?? 'queues', id: third }
    default:
      return { name: 'nowhere' }
  }
}

const screen = $derived(screenOf(state.path))

export const router = {
  get screen(): Screen {
    return screen
  },
  get path(): string {
    return state.path
  },
  get query(): URLSearchParams {
    return new URLSearchParams(state.search)
  },
  go(to: string): void {
    if (to === state.path + state.search) return
    history.pushState(null, '', withProbe(to))
    read()
  },
  /** Changes the query without a step in the history, for filters. */
  setQuery(query: URLSearchParams): void {
    const text = query.toString()
    history.replaceState(null, '', withProbe(state.path + (text ? `?${text}` : '')))
    read()
  },
  start(): () => void {
    addEventListener('popstate', read)
    document.addEventListener('click', follow)
    return () => {
      removeEventListener('popstate', read)
      document.removeEventListener('click', follow)
    }
  },
}

function read(): void {
  state.path = location.pathname
  state.search = location.search
}

/** A test's `?probe` lasts through the visit. */
function withProbe(to: string): string {
  if (!new URLSearchParams(location.search).has('probe') || /[?&]probe/.test(to)) return to
  return `${to}${to.includes('?') ? '&' : '?'}probe`
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = (event.target as Element | null)?.closest?.('a')
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
  if (link.pathname.startsWith('/api/') || link.hash) return
  event.preventDefault()
  router.go(link.pathname + link.search)
}
