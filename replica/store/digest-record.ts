/**
 * How a record of the index lies on the disk: little-endian, behind a CRC-32 of all that follows. Bytes whose
 * checksum does not hold are no record.
 *
 *     crc u32 · version u8 · flags u8 (1: a block digest follows, 2: own, 4: rotten) · inode u64 · size u64 · mtime i64 · ctime i64 ·
 *     began i64 · checked at u64 · digest 32 · block digest 32 or nothing · rotten from 32 or nothing
 */
import { crc32 } from 'node:zlib'
import { type Digest, digestFromBytes, digestFromHex, digestToBytes } from '../../protocol/digest.ts'
import { digestBytes } from '../../protocol/limits.ts'
import type { DigestRecord } from './digest-index.ts'
import type { Identity } from './disk.ts'
import { isTrusted } from './identity.ts'

const version = 1
const blockFlag = 1
const ownFlag = 2
const rottenFlag = 4
const digestAt = 54
const blockDigestAt = digestAt + digestBytes

export function encodeRecord(record: DigestRecord): Buffer {
  const { identity, blockDigest, rottenFrom } = record
  const flags =
    (blockDigest === null ? 0 : blockFlag) |
    (record.own ? ownFlag : 0) |
    (rottenFrom === null ? 0 : rottenFlag)
  const bytes = Buffer.allocUnsafe(lengthWith(flags))
  bytes[4] = version
  bytes[5] = flags
  bytes.writeBigUInt64LE(identity.inode, 6)
  bytes.writeBigUInt64LE(BigInt(identity.size), 14)
  bytes.writeBigInt64LE(identity.mtimeNs, 22)
  bytes.writeBigInt64LE(identity.ctimeNs, 30)
  bytes.writeBigInt64LE(record.beganNs, 38)
  bytes.writeBigUInt64LE(BigInt(Math.max(0, Math.floor(record.checkedAtMs))), 46)
  bytes.set(digestToBytes(record.digest), digestAt)
  if (blockDigest !== null) bytes.set(blockDigest, blockDigestAt)
  if (rottenFrom !== null) bytes.set(digestToBytes(rottenFrom), bytes.length - digestBytes)
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** @returns the record, or null when the bytes are none; nothing of it lies in `bytes`. */
export function decodeRecord(bytes: Buffer): DigestRecord | null {
  if (!isRecord(bytes)) return null
  const flags = bytes[5]!
  return {
    identity: {
      inode: bytes.readBigUInt64LE(6),
      size: bytes.readUInt32LE(14) + bytes.readUInt32LE(18) * 2 ** 32,
      mtimeNs: bytes.readBigInt64LE(22),
      ctimeNs: bytes.readBigInt64LE(30),
    },
    digest: digestFromBytes(bytes.subarray(digestAt, blockDigestAt)),
    blockDigest:
      (flags & blockFlag) === 0
        ? null
        : Buffer.from(bytes.subarray(blockDigestAt, blockDigestAt + digestBytes)),
    beganNs: bytes.readBigInt64LE(38),
    checkedAtMs: bytes.readUInt32LE(46) + bytes.readUInt32LE(50) * 2 ** 32,
    own: (flags & ownFlag) !== 0,
    rottenFrom:
      (flags & rottenFlag) === 0 ? null : digestFromBytes(bytes.subarray(bytes.length - digestBytes)),
  }
}

/**
 * As decodeRecord and digestIfTrusted in one, without what nobody asked for: a walk through a large tree calls it for
 * every file.
 */
export function trustedDigestIn(bytes: Buffer, identity: Identity): Digest | null {
  if (!isRecord(bytes)) return null
  const size = bytes.readUInt32LE(14) + bytes.readUInt32LE(18) * 2 ** 32
  const isSame =
    size === identity.size &&
    bytes.readBigInt64LE(30) === identity.ctimeNs &&
    bytes.readBigInt64LE(22) === identity.mtimeNs &&
    bytes.readBigUInt64LE(6) === identity.inode
  const own = (bytes[5]! & ownFlag) !== 0
  if (!isSame || !isTrusted({ own, identity, beganNs: bytes.readBigInt64LE(38) })) return null
  return digestFromHex(bytes.toString('hex', digestAt, blockDigestAt))
}

function isRecord(bytes: Buffer): boolean {
  if (bytes.length !== lengthWith(bytes[5] ?? 0) || bytes[4] !== version) return false
  return crc32(bytes.subarray(4)) === bytes.readUInt32LE(0)
}

function lengthWith(flags: number): number {
  const parts = ((flags & blockFlag) === 0 ? 0 : 1) + ((flags & rottenFlag) === 0 ? 0 : 1)
  return blockDigestAt + parts * digestBytes
}

/** The same for a list of block digests: a CRC-32, and the list. */
export function encodeBlockDigests(blockDigests: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(4 + blockDigests.length)
  bytes.writeUInt32LE(crc32(blockDigests), 0)
  bytes.set(blockDigests, 4)
  return bytes
}

/** @returns a copy of the list, or null when the bytes are none. */
export function decodeBlockDigests(bytes: Buffer): Buffer | null {
  if (bytes.length < 4 || (bytes.length - 4) % digestBytes !== 0) return null
  const blockDigests = Buffer.from(bytes.subarray(4))
  return crc32(blockDigests) === bytes.readUInt32LE(0) ? blockDigests : null
}
