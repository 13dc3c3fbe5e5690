// A small disk of the test's own that can be filled and given room again.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, rmdirSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const filler = 'filler'

/** Why there can be no such disk here, or false. */
export const noDisk = process.getuid() === 0 ? false : 'mounting a small disk needs root'

export class SmallDisk {
  constructor(megabytes) {
    this.folder = mkdtempSync(join(tmpdir(), 'perezvon-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.folder])
  }

  /** Writes until not one byte more goes in; again, where room was found meanwhile. */
  fill() {
    const file = openSync(join(this.folder, filler), 'a')
    let piece = Buffer.alloc(1 << 20, 1)
    while (piece.length > 0) {
      try {
        writeSync(file, piece)
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error
        piece = piece.subarray(0, piece.length >> 1)
      }
    }
    closeSync(file)
  }

  giveRoom() {
    rmSync(join(this.folder, filler))
  }

  remove() {
    execFileSync('umount', [this.folder])
    rmdirSync(this.folder)
  }
}
