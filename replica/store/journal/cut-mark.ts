/**
 * Dropping the end of a journal is many steps on files. The file `cut` makes them one: when it is on the disk, the
 * journal ends with the record that it names, whatever was done of the rest; until then it is as it was. An
 * opening goes on where a crash stopped.
 *
 *     0  8  seq of the last record that stays, big-endian
 *     8  4  CRC-32 of these
 */
import { crc32 } from 'node:zlib'
import { type Fd, readFully } from '../disk.ts'
import { removeLeftover } from '../durable-file.ts'
import { readU64, writeU64 } from './segment-header.ts'
import type { JournalDisk, Steps } from './steps.ts'

const markBytes = 12

export const cutMark = {
  name: 'cut',
  newName: 'cut.new',

  *place(disk: JournalDisk, folder: Fd, seq: number): Steps {
    const file = disk.openOwn(folder, cutMark.newName)
    let isPlaced = false
    try {
      disk.truncate(file, 0)
      disk.write(file, encode(seq), 0)
      yield file
      disk.rename(folder, cutMark.newName, cutMark.name)
      isPlaced = true
    } finally {
      disk.close(file)
      if (!isPlaced) removeLeftover(disk, folder, cutMark.newName)
    }
    yield folder
  },

  *remove(disk: JournalDisk, folder: Fd): Steps {
    disk.remove(folder, cutMark.name)
    yield folder
  },

  /** @returns the seq in the mark, or null when it cannot be understood. */
  read(disk: JournalDisk, folder: Fd): number | null {
    const file = disk.openOwn(folder, cutMark.name)
    try {
      const bytes = Buffer.alloc(markBytes)
      const isWhole = readFully(disk, file, bytes, 0) === markBytes
      return isWhole && crc32(bytes.subarray(0, 8)) === bytes.readUInt32BE(8) ? readU64(bytes, 0) : null
    } finally {
      disk.close(file)
    }
  },
}

function encode(seq: number): Buffer {
  const bytes = Buffer.alloc(markBytes)
  writeU64(bytes, seq, 0)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  return bytes
}
