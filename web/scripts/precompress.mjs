// Writes a .br beside every file of dist that shrinks by it; the server hands it to browsers that accept brotli.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }
let before = 0
let after = 0

for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
  if (!entry.isFile() || !/\.(html|js|css|svg|json|txt)$/.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const plain = readFileSync(path)
  const packed = brotliCompressSync(plain, options)
  before += plain.length
  after += Math.min(plain.length, packed.length)
  if (packed.length < plain.length) writeFileSync(`${path}.br`, packed)
}
console.log(`precompressed: ${(before / 1024).toFixed(0)} -> ${(after / 1024).toFixed(0)} KiB`)
