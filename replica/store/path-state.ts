/**
 * How a path's state lies on the disk: little-endian, behind a CRC-32 of all that follows. Bytes whose checksum does
 * not hold are no state.
 *
 *     crc u32 · version u8 · flags u8 (0 absent, 1 folder, 2 file; 4: a digest, 8: a size) · seq u64 · size u64 ·
 *     digest 32 or nothing · the path, where the key is not the path itself
 */
import { crc32 } from 'node:zlib'
import { digestFromBytes, digestToBytes } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { digestBytes } from '../../protocol/limits.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import type { PathState } from './path-index.ts'

const version = 1
const kinds = ['absent', 'folder', 'file'] as const
const kindBits = 3
const digestFlag = 4
const sizeFlag = 8
const digestAt = 22

/** `path`: given where it has to be found in the value. */
export function encodeState(state: PathState, path: FilePath | null): Buffer {
  const file = state.is === 'file' ? state : null
  const digest = file?.digest == null ? Buffer.alloc(0) : digestToBytes(file.digest)
  const head = Buffer.alloc(digestAt)
  head[4] = version
  head[5] =
    kinds.indexOf(state.is) | (digest.length > 0 ? digestFlag : 0) | (file?.size == null ? 0 : sizeFlag)
  head.writeBigUInt64LE(BigInt(state.seq), 6)
  head.writeBigUInt64LE(BigInt(file?.size ?? 0), 14)
  const bytes = Buffer.concat([head, digest, Buffer.from(path ?? '')])
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** @returns the state, and the path that lies with it; null when the bytes are none. */
export function decodeState(bytes: Buffer): { state: PathState; path: FilePath | null } | null {
  if (bytes.length < digestAt || bytes[4] !== version) return null
  if (crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return null
  const flags = bytes[5]!
  const is = kinds[flags & kindBits]!
  const seq = Number(bytes.readBigUInt64LE(6))
  const pathAt = digestAt + ((flags & digestFlag) === 0 ? 0 : digestBytes)
  const path = bytes.length > pathAt ? pathIn(bytes.subarray(pathAt)) : null
  if (path === 'none') return null
  if (is !== 'file') return { state: { seq, is }, path }
  const digest = pathAt > digestAt ? digestFromBytes(bytes.subarray(digestAt, pathAt)) : null
  const size = (flags & sizeFlag) === 0 ? null : Number(bytes.readBigUInt64LE(14))
  return { state: { seq, is, digest, size }, path }
}

/** @returns `none` for bytes that name nothing: what is not a path has no state. */
function pathIn(bytes: Buffer): FilePath | 'none' {
  try {
    return parsePath(bytes)
  } catch (error) {
    if (error instanceof ConcurError) return 'none'
    throw error
  }
}

/** The same for a position: a CRC-32, and the seq. */
export function encodeSeq(seq: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeBigUInt64LE(BigInt(seq), 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** @returns null when the bytes are none. */
export function decodeSeq(bytes: Buffer): number | null {
  if (bytes.length !== 12 || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return null
  return Number(bytes.readBigUInt64LE(4))
}
