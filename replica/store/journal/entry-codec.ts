/**
 * One entry of a segment: a record and the bytes that ride beside it. Big-endian; `at` is the entry's place in the
 * segment, a multiple of 8.
 *
 *     0   4  the segment's salt
 *     4   4  CRC-32 (IEEE) of all that follows, the padding included, begun with salt xor `at`: bytes that were
 *            written elsewhere, or for another segment, are no entry here
 *     8   4  bytes of the record
 *    12   4  bytes of the body; all ones: it has none
 *    16   8  seq of the record
 *    24   8  the last seq that was on the disk when this was written: whoever finds this knows that it once was
 *    32  32  hash of the record
 *    64  32  hash of the record before
 *    96      record, body, zeros up to a multiple of 8
 *
 * Seq and hashes stand in the record too, or follow from it; they stand here so that opening a journal checks the
 * chain without hashing every record again.
 */
import { crc32 } from 'node:zlib'
import type { RecordHash } from '../../../protocol/ids.ts'
import { inlineBytesMax, recordBytesMax } from '../../../protocol/limits.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import { readU64, writeU64 } from './segment-header.ts'

const entryHeadBytes = 96
const noBody = 0xffff_ffff
const checkedFrom = 8

/** @returns the bytes of an entry in its segment. */
export function entryBytes({ bytes, body }: JournalEntry): number {
  return sizeOf(bytes.length, body?.length ?? 0)
}

/** Writes the entry at `offset` of `into`, which is to be written at `at` of the segment. @returns its bytes. */
export function encodeEntry(
  entry: JournalEntry,
  to: { into: Buffer; offset: number; at: number; salt: number; durableSeq: number },
): number {
  const { bytes, body, record } = entry
  const size = entryBytes(entry)
  const into = to.into.subarray(to.offset, to.offset + size)
  into.writeUInt32BE(to.salt, 0)
  into.writeUInt32BE(bytes.length, 8)
  into.writeUInt32BE(body === null ? noBody : body.length, 12)
  writeU64(into, record.seq, 16)
  writeU64(into, to.durableSeq, 24)
  into.write(entry.hash, 32, 'hex')
  into.write(record.previous, 64, 'hex')
  into.set(bytes, entryHeadBytes)
  if (body !== null) into.set(body, entryHeadBytes + bytes.length)
  into.fill(0, entryHeadBytes + bytes.length + (body?.length ?? 0))
  into.writeUInt32BE(crc32(into.subarray(checkedFrom), begin(to.salt, to.at)), 4)
  return size
}

/**
 * @returns the bytes of the entry at `offset` of `bytes`, which stands at `at` of its segment; 0 when it is none.
 * Whatever the bytes are, none beyond their end is looked at.
 */
export function checkEntry(
  bytes: Buffer,
  offset: number,
  { at, salt }: { at: number; salt: number },
): number {
  if (offset + entryHeadBytes > bytes.length || bytes.readUInt32BE(offset) !== salt) return 0
  const recordBytes = bytes.readUInt32BE(offset + 8)
  const bodyBytes = bodyBytesAt(bytes, offset)
  if (recordBytes > recordBytesMax || bodyBytes > inlineBytesMax) return 0
  const size = sizeOf(recordBytes, bodyBytes)
  if (offset + size > bytes.length) return 0
  const found = crc32(bytes.subarray(offset + checkedFrom, offset + size), begin(salt, at))
  return found === bytes.readUInt32BE(offset + 4) ? size : 0
}

/** The fields of an entry that was checked. */
export const entryAt = {
  seq: (bytes: Buffer, offset: number): number => readU64(bytes, offset + 16),
  durableSeq: (bytes: Buffer, offset: number): number => readU64(bytes, offset + 24),
  hash: (bytes: Buffer, offset: number): RecordHash =>
    bytes.toString('hex', offset + 32, offset + 64) as RecordHash,

  copyHash(bytes: Buffer, offset: number, into: Buffer): void {
    bytes.copy(into, 0, offset + 32, offset + 64)
  },

  /** Whether the record before has this hash. */
  follows: (bytes: Buffer, offset: number, hash: Buffer): boolean =>
    hash.compare(bytes, offset + 64, offset + 96) === 0,

  record(bytes: Buffer, offset: number): Buffer {
    const start = offset + entryHeadBytes
    return bytes.subarray(start, start + bytes.readUInt32BE(offset + 8))
  },

  body(bytes: Buffer, offset: number): Buffer | null {
    if (bytes.readUInt32BE(offset + 12) === noBody) return null
    const start = offset + entryHeadBytes + bytes.readUInt32BE(offset + 8)
    return bytes.subarray(start, start + bodyBytesAt(bytes, offset))
  },
}

function bodyBytesAt(bytes: Buffer, offset: number): number {
  const length = bytes.readUInt32BE(offset + 12)
  return length === noBody ? 0 : length
}

function sizeOf(recordBytes: number, bodyBytes: number): number {
  return Math.ceil((entryHeadBytes + recordBytes + bodyBytes) / 8) * 8
}

function begin(salt: number, at: number): number {
  return (salt ^ at) >>> 0
}
