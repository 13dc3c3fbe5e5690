// happy-dom is Chromium without the parts that draw and sound; tests that need those say so themselves.
import { cleanup } from '@testing-library/svelte'
import { afterEach, vi } from 'vitest'

class NoObserver {
  observe() {}
  disconnect() {}
  unobserve() {}
}
vi.stubGlobal('IntersectionObserver', NoObserver)
vi.stubGlobal('ResizeObserver', NoObserver)

afterEach(() => {
  cleanup()
  localStorage.clear()
  sessionStorage.clear()
})
