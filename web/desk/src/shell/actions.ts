// Everything that can be done by a key or from the palette, in one table: its words, its key, when it is possible.
// Call keys work anywhere, even while typing; single keys only outside fields, and they can be turned off.
import { language, theme, type PlainKey, type Shortcut } from '@perezvon/ui'
import { session } from '../features/session/session.svelte'
import { softphone } from '../features/softphone/softphone.svelte'
import { beside, type Conversation } from '../features/workspace/conversations'
import { atDesk, panels, writing } from '../features/workspace/desk.svelte'
import { live } from '../live/live.svelte'
import { router } from './router.svelte'
import { overlays } from './overlays.svelte'

export type Group = 'call' | 'go' | 'other'

export interface Action {
  id: string
  group: Group
  label: PlainKey
  shortcut?: Shortcut
  /** Second key after `g`. */
  goKey?: string
  /** Works only outside fields, as it is a key of the text. */
  single?: true
  available(): boolean
  run(): void
}

const isAgent = () => live.desk !== null || session.me?.role === 'agent'
const isSupervisor = () => session.me?.role === 'supervisor' || session.me?.role === 'admin'
const isAdmin = () => session.me?.role === 'admin'
const always = () => true
const call = () => live.desk?.call ?? null

function inWorkspace(then: () => void): void {
  if (router.screen.name !== 'workspace') router.go('/')
  then()
}

/** Accepts what is offered, and shows the desk. */
export function answer(): void {
  const offered = atDesk.ringing
  if (!offered) return
  inWorkspace(() =>
    void live.command({ command: 'accept', offer: offered.offer }).then((done) => {
      // A call shows itself, and leaves what was open as it was.
      if (done && offered.channel !== 'voice') atDesk.show(offered.about.interaction)
    }),
  )
}

export function decline(): void {
  const offered = atDesk.ringing
  if (offered) void live.command({ command: 'decline', offer: offered.offer })
}

export function hangUp(): void {
  const current = call()
  if (current) void live.command({ command: 'hang_up', interaction: current.about.interaction })
}

/** What was asked for and not answered yet: a second press takes back the first, whatever the screen still shows. */
const wished = new Map<'hold' | 'mute', { interaction: string; on: boolean }>()

async function toggle(command: 'hold' | 'mute', interaction: string, shown: boolean): Promise<void> {
  const before = wished.get(command)
  const wish = { interaction, on: before?.interaction === interaction ? !before.on : !shown }
  wished.set(command, wish)
  // The microphone shuts at once; the server is told as well.
  if (command === 'mute') softphone.gate(!wish.on && call()?.held_since === null)
  await live.command({ command, ...wish })
  if (wished.get(command) === wish) wished.delete(command)
}

export function toggleHold(): void {
  const current = call()
  if (current) void toggle('hold', current.about.interaction, current.held_since !== null)
}

export function toggleMute(): void {
  const current = call()
  if (current) void toggle('mute', current.about.interaction, current.muted)
}

/** Where the queue leaves it to the agent: whether time for notes follows. */
export function wantWrapUp(interaction: string, on: boolean): void {
  void live.command({ command: 'want_wrap_up', interaction, on })
}

export function extendWrapUp(interaction: string): void {
  void live.command({ command: 'extend_wrap_up', interaction })
}

const isBeingWrappedUp = (open: Conversation) => Boolean(open.wrapUp) || open.item?.phase.phase === 'wrap_up'

/** Done with what is open: with the wrap-up, or with a chat or a mail, whose note is sent first. */
export async function finish(): Promise<void> {
  const { open } = atDesk
  const note = writing.current
  if (!open || !note || open.call) return
  if (isBeingWrappedUp(open)) return void (await note.finish())
  await note.save()
  await live.command({ command: 'finish', interaction: open.interaction })
}

function move(step: 1 | -1): void {
  const next = beside(atDesk.all, atDesk.open, step)
  if (next) inWorkspace(() => atDesk.show(next.interaction))
}

/** How long a click on Ready waits for the sound of a page that was just opened. */
const SOUND_LIMIT_MS = 8_000

export function getReady(): void {
  if (typeof Notification !== 'undefined' && Notification.permission === 'default') void Notification.requestPermission()
  void soundIsUp().then(() => live.command({ command: 'set_presence', presence: { state: 'ready' } }))
}

async function soundIsUp(): Promise<void> {
  const end = Date.now() + SOUND_LIMIT_MS
  while (live.desk?.device === 'browser' && !live.desk.browser_connected && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export function toggleReady(): void {
  if (live.desk?.presence.state === 'ready') void live.command({ command: 'set_presence', presence: { state: 'break', reason: 'rest' } })
  else getReady()
}

function panel(name: 'keypad' | 'transfer'): void {
  inWorkspace(() => {
    const current = call()
    // Digits go to the call, whatever is open.
    if (name === 'keypad' && current && atDesk.open?.interaction !== current.about.interaction) atDesk.show(current.about.interaction)
    panels.open = panels.open === name ? null : name
  })
}

/** What is open can be passed on: a call that is up, a chat or a mail that is not being wrapped up. */
const transferable = () => atDesk.open !== null && !isBeingWrappedUp(atDesk.open)

function focus(name: 'note' | 'disposition'): void {
  inWorkspace(() => (panels.focus = name))
}

const page = (id: string, label: PlainKey, goKey: string, path: string, available: () => boolean): Action => ({
  id,
  group: 'go',
  label,
  goKey,
  available,
  run: () => router.go(path),
})

export const actions: Action[] = [
  { id: 'answer', group: 'call', label: 'action.answer', shortcut: { code: 'KeyA', alt: true }, available: () => atDesk.ringing !== null, run: answer },
  {
    id: 'hang_up',
    group: 'call',
    label: 'action.hang_up',
    shortcut: { code: 'KeyX', alt: true, shift: true },
    available: () => atDesk.ringing !== null || call() !== null,
    run: () => (atDesk.ringing ? decline() : hangUp()),
  },
  { id: 'mute', group: 'call', label: 'action.mute', shortcut: { code: 'KeyM', alt: true }, available: () => call() !== null, run: toggleMute },
  { id: 'hold', group: 'call', label: 'action.hold', shortcut: { code: 'KeyH', alt: true }, available: () => call() !== null, run: toggleHold },
  { id: 'transfer', group: 'call', label: 'action.transfer', shortcut: { code: 'KeyT', alt: true }, available: transferable, run: () => panel('transfer') },
  { id: 'keypad', group: 'call', label: 'action.keypad', shortcut: { code: 'KeyK', alt: true }, available: () => call() !== null, run: () => panel('keypad') },
  { id: 'note', group: 'call', label: 'action.note', shortcut: { code: 'KeyN', alt: true }, available: () => writing.current !== null, run: () => focus('note') },
  { id: 'disposition', group: 'call', label: 'action.disposition', shortcut: { code: 'KeyW', alt: true }, available: () => writing.current !== null, run: () => focus('disposition') },
  {
    id: 'finish',
    group: 'call',
    label: 'action.finish',
    shortcut: { code: 'Enter', mod: true },
    available: () => atDesk.open !== null && !atDesk.open.call && writing.current !== null,
    run: () => void finish(),
  },
  { id: 'next', group: 'call', label: 'action.next', shortcut: { code: 'KeyJ', alt: true }, available: () => atDesk.all.length > 1, run: () => move(1) },
  { id: 'previous', group: 'call', label: 'action.previous', shortcut: { code: 'KeyJ', alt: true, shift: true }, available: () => atDesk.all.length > 1, run: () => move(-1) },
  { id: 'ready', group: 'call', label: 'action.ready', shortcut: { code: 'KeyR', alt: true }, available: () => live.desk !== null, run: toggleReady },
  page('workspace', 'nav.workspace', 'KeyA', '/', isAgent),
  page('journal', 'nav.journal', 'KeyJ', '/journal', always),
  page('customers', 'nav.customers', 'KeyC', '/customers', always),
  page('floor', 'nav.floor', 'KeyW', '/floor', isSupervisor),
  page('report', 'nav.report', 'KeyR', '/report', isSupervisor),
  page('admin', 'nav.admin', 'KeyS', '/admin/queues', isAdmin),
  page('flows', 'nav.flows', 'KeyF', '/admin/flows', isAdmin),
  page('changes', 'change.title', 'KeyH', '/admin/changes', isAdmin),
  { id: 'palette', group: 'other', label: 'action.palette', shortcut: { code: 'KeyK', mod: true }, available: always, run: () => (overlays.palette = !overlays.palette) },
  { id: 'search', group: 'other', label: 'action.search', shortcut: { code: 'Slash' }, single: true, available: always, run: search },
  { id: 'help', group: 'other', label: 'action.help', shortcut: { code: 'Slash', shift: true }, single: true, available: always, run: () => (overlays.help = true) },
  { id: 'language', group: 'other', label: 'action.language', available: always, run: switchLanguage },
  { id: 'own', group: 'other', label: 'session.own', available: () => session.me !== null, run: () => (overlays.own = true) },
  { id: 'theme', group: 'other', label: 'action.theme', available: always, run: () => theme.set(dark() ? 'light' : 'dark') },
  { id: 'sign_out', group: 'other', label: 'action.sign_out', available: () => session.me !== null, run: () => void session.signOut() },
]

/** What the server does not keep now holds here all the same. */
function switchLanguage(): void {
  session.chooseLanguage(language() === 'ru' ? 'en' : 'ru').catch(() => undefined)
}

/** The page's own search field, or the palette where there is none. */
function search(): void {
  const field = document.querySelector<HTMLElement>('main [data-search]')
  if (field) field.focus()
  else overlays.palette = true
}

function dark(): boolean {
  return theme.current === 'dark' || (theme.current === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
}

export function action(id: string): Action {
  const found = actions.find((candidate) => candidate.id === id)
  if (!found) throw new Error(`no action ${id}`)
  return found
}
