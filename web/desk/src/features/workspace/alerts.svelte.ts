// How a ring reaches a person who looks elsewhere: sound, the page's title, a notification of the system.
import type { OfferView } from '@perezvon/api'
import { announce, t } from '@perezvon/ui'
import { ringing } from '../softphone/ringing'
import { nameOf } from './desk.svelte'

const FLASH_MS = 1_000

/** How late a ring may sound when the browser draws nothing. */
const UNDRAWN_MS = 100

/** Begins with an offer, ends with what it returns. Only the tab that is the telephone makes a sound. */
export function alertTo(offer: OfferView, withSound: boolean): () => void {
  const who = nameOf(offer.about)
  announce(t('ring.announced', { who, queue: offer.about.queue_name }), 'assertive')
  const stops: (() => void)[] = []
  // Sound, title and notification each ask another process of the browser, which would hold up the panel.
  const cancel = afterPaint(() => {
    stops.push(flashTitle(t('ring.title', { who })), notify(who, offer))
    if (withSound && offer.device === 'browser') stops.push(ringing())
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

function notify(who: string, offer: OfferView): () => void {
  if (document.visibilityState === 'visible' || typeof Notification === 'undefined' || Notification.permission !== 'granted') return () => undefined
  const notification = new Notification(t('ring.title', { who }), { body: offer.about.queue_name, tag: offer.offer, silent: true })
  notification.onclick = () => {
    window.focus()
    notification.close()
  }
  return () => notification.close()
}
