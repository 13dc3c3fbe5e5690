// The page's one audio context. Browsers keep it silent until the person has clicked or pressed something, so it is
// woken by the first gesture of any kind; the Ready click is one.
let context: AudioContext | undefined
const wakers = new Set<() => void>()

export function audioContext(): AudioContext | undefined {
  if (typeof AudioContext === 'undefined') return undefined
  context ??= new AudioContext({ latencyHint: 'interactive' })
  return context
}

/** Calls back at each gesture until `stop`; playing may begin then. */
export function onGesture(wake: () => void): () => void {
  wakers.add(wake)
  return () => wakers.delete(wake)
}

export function listenForGestures(): () => void {
  const gesture = () => {
    if (context?.state === 'suspended') void context.resume()
    for (const wake of wakers) wake()
  }
  addEventListener('pointerdown', gesture, true)
  addEventListener('keydown', gesture, true)
  return () => {
    removeEventListener('pointerdown', gesture, true)
    removeEventListener('keydown', gesture, true)
  }
}

/** A track without sound, for a desk without a microphone: the call still connects and the agent still hears. */
export function silentTrack(): MediaStreamTrack | undefined {
  return audioContext()?.createMediaStreamDestination().stream.getAudioTracks()[0]
}
