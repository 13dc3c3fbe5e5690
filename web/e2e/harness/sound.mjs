// Tones: made, and found again. A different tone per party proves who hears whom.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** Writes a 16-bit mono WAV with one tone. */
export function writeTone(path, hz, { rate = 48_000, seconds = 10, level = 0.4 } = {}) {
  const samples = rate * seconds
  const data = Buffer.alloc(44 + samples * 2)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + samples * 2, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(1, 22)
  data.writeUInt32LE(rate, 24)
  data.writeUInt32LE(rate * 2, 28)
  data.writeUInt16LE(2, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(samples * 2, 40)
  for (let n = 0; n < samples; n++) {
    data.writeInt16LE(Math.round(level * 32_767 * Math.sin((2 * Math.PI * hz * n) / rate)), 44 + n * 2)
  }
  writeFileSync(path, data)
  return path
}

/** Reads a sound file, WAV through sox or Ogg Opus through opusdec, as 8 kHz samples per channel, -1 to 1. */
export function readSound(path) {
  if (path.endsWith('.opus')) {
    execFileSync('opusdec', ['--quiet', '--rate', '8000', path, `${path}.wav`])
    return readSound(`${path}.wav`)
  }
  const channels = Number(execFileSync('soxi', ['-c', path], { encoding: 'utf8' }))
  const raw = execFileSync('sox', [path, '-t', 'raw', '-e', 'signed', '-b', '16', '-r', '8000', '-'], {
    maxBuffer: 256 << 20,
  })
  const frames = Math.floor(raw.length / 2 / channels)
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: frames }, (_, n) => raw.readInt16LE((n * channels + channel) * 2) / 32_768),
  )
}

/** Share of the energy of `samples` that lies at `hz` (Goertzel), 0 to 1, and the loudness (RMS). */
export function toneShare(samples, hz, rate = 8_000) {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate)
  let [before, beforeThat, energy] = [0, 0, 0]
  for (const sample of samples) {
    const now = sample + coefficient * before - beforeThat
    beforeThat = before
    before = now
    energy += sample * sample
  }
  const power = before * before + beforeThat * beforeThat - coefficient * before * beforeThat
  const share = energy > 0 ? (2 * power) / (samples.length * energy) : 0
  return { share, rms: Math.sqrt(energy / Math.max(1, samples.length)) }
}

/** The loudest second of a channel in which `hz` dominates, or the best there is. */
export function strongest(samples, hz, rate = 8_000) {
  let best = { share: 0, rms: 0, at: 0 }
  for (let start = 0; start + rate <= samples.length; start += rate / 4) {
    const found = toneShare(samples.subarray(start, start + rate), hz, rate)
    if (found.rms > 0.01 && found.share > best.share) best = { ...found, at: start / rate }
  }
  return best
}

export function bytes(path) {
  return readFileSync(path)
}
