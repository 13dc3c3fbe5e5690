// The sound of a ring: two tones, one second in every three, until stopped.
import { audioContext } from './audio'

const TONES_HZ = [523.25, 659.25]
const PERIOD_MS = 3_000
const LOUDNESS = 0.12

export function ringing(): () => void {
  const context = audioContext()
  if (!context) return () => undefined
  const loudness = context.createGain()
  loudness.gain.value = 0
  loudness.connect(context.destination)
  const tones = TONES_HZ.map((hz) => {
    const tone = context.createOscillator()
    tone.frequency.value = hz
    tone.connect(loudness)
    tone.start()
    return tone
  })
  const peal = () => {
    const now = context.currentTime
    loudness.gain.cancelScheduledValues(now)
    for (const [at, level] of [[0, LOUDNESS], [0.4, 0], [0.55, LOUDNESS], [0.95, 0]] as const) {
      loudness.gain.setTargetAtTime(level, now + at, 0.03)
    }
  }
  peal()
  const timer = setInterval(peal, PERIOD_MS)
  return () => {
    clearInterval(timer)
    for (const tone of tones) tone.stop()
    loudness.disconnect()
  }
}
