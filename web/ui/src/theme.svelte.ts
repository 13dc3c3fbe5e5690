// Light, dark, or as the system says.
export type Theme = 'system' | 'light' | 'dark'

const STORED = 'perezvon.theme'
const state = $state<{ theme: Theme }>({ theme: stored() })

function stored(): Theme {
  const value = globalThis.localStorage?.getItem(STORED)
  return value === 'light' || value === 'dark' ? value : 'system'
}

function apply(): void {
  if (state.theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = state.theme
}

export const theme = {
  get current(): Theme {
    return state.theme
  },
  set(next: Theme): void {
    state.theme = next
    localStorage.setItem(STORED, next)
    apply()
  },
  apply,
}
