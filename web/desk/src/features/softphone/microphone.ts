// The microphone, or the reason why there is none.
import { probing } from './probe'

export type Microphone =
  | { state: 'asking' }
  | { state: 'live'; track: MediaStreamTrack; label: string }
  | { state: 'refused' }
  | { state: 'missing' }
  | { state: 'busy' }
  /** Browsers hand out microphones on HTTPS and localhost only. */
  | { state: 'insecure' }

export async function askMicrophone(): Promise<Exclude<Microphone, { state: 'asking' }>> {
  if (!navigator.mediaDevices) return { state: 'insecure' }
  // Tones of a test must arrive as they were sent.
  const clean = !probing()
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean, channelCount: 1 },
    })
    const track = stream.getAudioTracks()[0]
    return track ? { state: 'live', track, label: track.label } : { state: 'missing' }
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    if (name === 'NotFoundError' || name === 'OverconstrainedError') return { state: 'missing' }
    if (name === 'NotReadableError' || name === 'AbortError') return { state: 'busy' }
    return { state: 'refused' }
  }
}
