/**
 * How what is known of an object in history lies on the disk: little-endian, behind a CRC-32 of all that follows. Bytes
 * whose checksum does not hold are none.
 *
 *     crc u32 · version u8 · flags u8 (1: a digest) · top's length u8 · inode u64 · size u64 · mtime i64 · ctime i64 ·
 *     digest 32 or nothing · top · the path, where the key is not the path itself
 */
import { crc32 } from 'node:zlib'
import { digestFromBytes, digestToBytes } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import { digestBytes } from '../../../protocol/limits.ts'
import { type FilePath, parsePath } from '../../../protocol/path.ts'
import type { FiledObject } from './catalog.ts'

const version = 1
const digestFlag = 1
const digestAt = 39

/** `path`: given where it has to be found in the value. */
export function encodeFiled({ digest, identity, top }: FiledObject, path: FilePath | null): Buffer {
  const topBytes = Buffer.from(top)
  const head = Buffer.alloc(digestAt)
  head[4] = version
  head[5] = digest === null ? 0 : digestFlag
  head[6] = topBytes.length
  head.writeBigUInt64LE(identity.inode, 7)
  head.writeBigUInt64LE(BigInt(identity.size), 15)
  head.writeBigInt64LE(identity.mtimeNs, 23)
  head.writeBigInt64LE(identity.ctimeNs, 31)
  const parts = [head, digest === null ? Buffer.alloc(0) : digestToBytes(digest), topBytes]
  const bytes = Buffer.concat([...parts, Buffer.from(path ?? '')])
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** @returns null when the bytes are none. The path is that of whoever asks, unless it lies with them. */
export function decodeFiled(bytes: Buffer): FiledObject | null {
  if (!isWhole(bytes)) return null
  const topAt = topPlace(bytes)
  const hasDigest = (bytes[5]! & digestFlag) !== 0
  return {
    top: bytes.toString('utf8', topAt, topAt + bytes[6]!),
    path: (pathInFiled(bytes) ?? '') as FilePath,
    digest: hasDigest ? digestFromBytes(bytes.subarray(digestAt, topAt)) : null,
    identity: {
      inode: bytes.readBigUInt64LE(7),
      size: Number(bytes.readBigUInt64LE(15)),
      mtimeNs: bytes.readBigInt64LE(23),
      ctimeNs: bytes.readBigInt64LE(31),
    },
  }
}

/** @returns the path that lies with it; null: none does. */
export function pathInFiled(bytes: Buffer): FilePath | null {
  if (!isWhole(bytes)) return null
  const pathAt = topPlace(bytes) + bytes[6]!
  if (pathAt >= bytes.length) return null
  try {
    return parsePath(bytes.subarray(pathAt))
  } catch (error) {
    if (error instanceof ConcurError) return null
    throw error
  }
}

function isWhole(bytes: Buffer): boolean {
  if (bytes.length < digestAt || bytes[4] !== version || bytes.length < topPlace(bytes) + bytes[6]!)
    return false
  return crc32(bytes.subarray(4)) === bytes.readUInt32LE(0)
}

function topPlace(bytes: Buffer): number {
  return digestAt + ((bytes[5]! & digestFlag) === 0 ? 0 : digestBytes)
}
