// How a ring reaches a person who looks elsewhere: sound, the page's title, a notification of the system.
import { announce, t } from '@perezvon/ui'
import { ringing } from '../softphone/ringing'
import type { Ringing } from './conversations'
import { nameOf } from './desk.svelte'

const FLASH_MS = 1_000

/** How late a ring may sound when the browser draws nothing. */
const UNDRAWN_MS = 100

/**
 * Begins with an offer, ends with what it returns. Only the tab that is the telephone makes a sound, and none while a
 * customer is on the line.
 */
export function alertTo(offered: Ringing, withSound: boolean): () => void {
  const who = nameOf(offered.about)
  const title = t('ring.title', { who, channel: offered.channel })
  // A ring breaks into what is being read out; a chat or a mail waits for its end.
  announce(t('ring.announced', { who, queue: offered.about.queue_name, channel: offered.channel }), offered.channel === 'voice' ? 'assertive' : 'polite')
  const stops: (() => void)[] = []
  // Sound, title and notification each ask another process of the browser, which would hold up the panel.
  const cancel = afterPaint(() => {
    stops.push(flashTitle(title), notify(title, offered))
    if (withSound && offered.device === 'browser') stops.push(ringing())
  })
  return () => {
    cancel()
    stops.forEach((stop) => stop())
  }
}

/** Works once what is on its way to the screen is there; at once when nobody looks. */
function afterPaint(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame = 0
  const cancel = () => {
    clearTimeout(timer)
    cancelAnimationFrame(frame)
  }
  const begin = () => {
    cancel()
    work()
  }
  if (document.visibilityState !== 'visible') {
    work()
    return cancel
  }
  timer = setTimeout(begin, UNDRAWN_MS)
  frame = requestAnimationFrame(() => {
    clearTimeout(timer)
    timer = setTimeout(begin)
  })
  return cancel
}

function flashTitle(text: string): () => void {
  const before = document.title
  document.title = text
  const timer = setInterval(() => (document.title = document.title === text ? before : text), FLASH_MS)
  return () => {
    clearInterval(timer)
    document.title = before
  }
}

function notify(title: string, offered: Ringing): () => void {
  if (document.visibilityState === 'visible' || typeof Notification === 'undefined' || Notification.permission !== 'granted') return () => undefined
  const notification = new Notification(title, { body: offered.subject || offered.about.queue_name, tag: offered.offer, silent: true })
  notification.onclick = () => {
    window.focus()
    notification.close()
  }
  return () => notification.close()
}
