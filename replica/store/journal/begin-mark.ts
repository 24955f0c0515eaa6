/**
 * The file `begin` says behind which record the journal begins, where that is not the first one ever: old segments were
 * released, or a tree was restated to this node and its records never came. Segments that begin at that record or before it are
 * no part of the journal any more; a crash may have left them. When it is replaced the journal is another one at once,
 * whatever was done of the rest.
 *
 *     0   8  seq of the record before the first, big-endian
 *     8  32  its hash
 *    40   8  number of its epoch; 0: not known
 *    48  16  incarnation of its epoch
 *    64   8  what it says is committed
 *    72   4  CRC-32 of these
 */
import { crc32 } from 'node:zlib'
import type { Incarnation, RecordHash } from '../../../protocol/ids.ts'
import { type Fd, readFully } from '../disk.ts'
import { removeLeftover } from '../durable-file.ts'
import type { Last } from './group-commit.ts'
import { readU64, writeU64 } from './segment-header.ts'
import type { JournalDisk, Steps } from './steps.ts'

const markBytes = 76
const checksumAt = 72

export const beginMark = {
  name: 'begin',
  newName: 'begin.new',

  *place(disk: JournalDisk, folder: Fd, begin: Last): Steps {
    const file = disk.openOwn(folder, beginMark.newName)
    let isPlaced = false
    try {
      disk.truncate(file, 0)
      disk.write(file, encode(begin), 0)
      yield file
      disk.rename(folder, beginMark.newName, beginMark.name)
      isPlaced = true
    } finally {
      disk.close(file)
      if (!isPlaced) removeLeftover(disk, folder, beginMark.newName)
    }
    yield folder
  },

  /** @returns null when it cannot be understood. */
  read(disk: JournalDisk, folder: Fd): Last | null {
    const file = disk.openOwn(folder, beginMark.name)
    try {
      const bytes = Buffer.alloc(markBytes)
      const isWhole = readFully(disk, file, bytes, 0) === markBytes
      return isWhole && crc32(bytes.subarray(0, checksumAt)) === bytes.readUInt32BE(checksumAt)
        ? decode(bytes)
        : null
    } finally {
      disk.close(file)
    }
  },
}

function encode({ seq, hash, epoch, committedSeq }: Last): Buffer {
  const bytes = Buffer.alloc(markBytes)
  writeU64(bytes, seq, 0)
  bytes.write(hash, 8, 'hex')
  writeU64(bytes, epoch?.number ?? 0, 40)
  if (epoch !== null) bytes.write(epoch.incarnation, 48, 'hex')
  writeU64(bytes, committedSeq, 64)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, checksumAt)), checksumAt)
  return bytes
}

function decode(bytes: Buffer): Last {
  const number = readU64(bytes, 40)
  const incarnation = bytes.toString('hex', 48, 64) as Incarnation
  return {
    seq: readU64(bytes, 0),
    hash: bytes.toString('hex', 8, 40) as RecordHash,
    epoch: number === 0 ? null : { number, incarnation },
    committedSeq: readU64(bytes, 64),
  }
}
