// What lies over the page, and whether single keys act.
const STORED = 'perezvon.single-keys'

export const overlays = $state({ palette: false, help: false, own: false })

const single = $state({ on: globalThis.localStorage?.getItem(STORED) !== 'off' })

export const singleKeys = {
  get on(): boolean {
    return single.on
  },
  set on(next: boolean) {
    single.on = next
    localStorage.setItem(STORED, next ? 'on' : 'off')
  },
}
