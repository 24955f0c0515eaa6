/**
 * How a segment of the journal begins, and what it is called. A segment is one file of `.concur/journal/`, made full
 * of zeros before its first use, so that a flush of it carries nothing but its own bytes. All numbers are big-endian.
 *
 *     0   8  'concurJ' and a line feed
 *     8   4  version, 1
 *    12   4  CRC-32 (IEEE, as zlib has it) of bytes 0–11 and 16–63; here in every version to come, too
 *    16   8  seq of the segment's first record
 *    24  32  hash of the record before it; zeros in front of the first
 *    56   4  the segment's salt, not 0
 *    60   4  zeros
 *    64      zeros up to 4096, where the entries begin (entry-codec.ts), one behind the other, and then zeros
 *
 * The name is `<first seq, 16 digits>.segment`. It is given when the header is on the disk, and only when every record
 * before it is there as well: so a name is a witness that they once were.
 *
 * The salt begins each entry of the segment and is part of their checksums. It comes from the hash of the first record
 * written here, which nobody outside knows: no client's bytes look like an entry, nor do those of another segment.
 */
import { crc32 } from 'node:zlib'
import { ConcurError } from '../../../protocol/errors.ts'
import type { RecordHash } from '../../../protocol/ids.ts'

/** Bytes in front of the first entry: a page of their own, which is never written again. */
export const entriesStart = 4096

const headerBytes = 64
const magic = Buffer.from('concurJ\n')
const version = 1

export interface SegmentHeader {
  readonly firstSeq: number
  /** Hash of the record before the first. */
  readonly previous: RecordHash
  readonly salt: number
}

export function encodeHeader({ firstSeq, previous, salt }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  magic.copy(bytes)
  bytes.writeUInt32BE(version, 8)
  writeU64(bytes, firstSeq, 16)
  bytes.write(previous, 24, 'hex')
  bytes.writeUInt32BE(salt, 56)
  bytes.writeUInt32BE(checksum(bytes), 12)
  return bytes
}

/**
 * @returns the header that a segment's bytes begin with, or null when that is none.
 * @throws ConcurError USAGE when a newer version wrote it.
 */
export function decodeHeader(bytes: Buffer): SegmentHeader | null {
  if (bytes.length < headerBytes || !bytes.subarray(0, magic.length).equals(magic)) return null
  if (bytes.readUInt32BE(12) !== checksum(bytes)) return null
  const found = bytes.readUInt32BE(8)
  if (found > version)
    throw new ConcurError('USAGE', `the journal has version ${found}; this program reads version ${version}`)
  const previous = bytes.toString('hex', 24, 56) as RecordHash
  return { firstSeq: readU64(bytes, 16), previous, salt: bytes.readUInt32BE(56) }
}

/** @returns the salt of a segment that begins with the record of this hash. */
export function saltOf(hash: RecordHash): number {
  return Number.parseInt(hash.slice(0, 8), 16) || 1
}

export function segmentName(firstSeq: number): string {
  return `${String(firstSeq).padStart(16, '0')}.segment`
}

/** @returns the first seq that a file's name tells, or null when it is no segment's. */
export function firstSeqOf(name: string): number | null {
  const digits = /^(\d{16})\.segment$/.exec(name)?.[1]
  return digits === undefined || Number(digits) < 1 ? null : Number(digits)
}

export function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  bytes.writeUInt32BE(value % 2 ** 32, at + 4)
}

/** What is beyond 2^53 comes out rounded; a checksum says before whether it may be. */
export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(16, headerBytes), crc32(bytes.subarray(0, 12)))
}
