/**
 * Several values of each path, each under a name of 16 bytes, as an index keeps them. A cache: values that were lost are
 * not there, and none comes back that was not put. What was put is seen at once.
 */
import { blake3 } from '@napi-rs/blake-hash'
import { type Digest, digestHex } from '../../protocol/digest.ts'
import { type FilePath, type FolderPath, isWithin, wholeTree } from '../../protocol/path.ts'
import { keyBytesMax } from './lmdb-environment.ts'

export const nameBytes = 16
/** No path has this byte. */
const between = Buffer.of(0)
export const longestPathBytes = keyBytesMax - nameBytes - between.length

/** Hex digits of 16 bytes. */
export type EntryName = string

/** Of a digest half is enough to tell the contents of one path apart. */
export function entryNameOf(digest: Digest): EntryName {
  return digestHex(digest).slice(0, 2 * nameBytes)
}

export interface PathEntries<Value> {
  get(path: FilePath, name: EntryName): Value | null
  /** Null: the value goes. */
  put(path: FilePath, name: EntryName, value: Value | null): void
  /** All of one path, in no order that matters, in pieces; who takes long between two may miss what is put meanwhile. */
  of(path: FilePath): Generator<(readonly [EntryName, Value])[]>
  /**
   * Paths that have any, in the order of their keys: the folder itself, and what is below it, from behind `after` on.
   * @returns some of them; none: there are no more.
   */
  paths(folder: FolderPath, after: FilePath | null): FilePath[]
}

/** By this paths are ordered: by their bytes, but for very long ones, which come first. */
export function orderKey(path: FilePath): Buffer {
  const bytes = Buffer.from(path)
  return bytes.length <= longestPathBytes ? bytes : Buffer.concat([between, blake3(bytes)])
}

export function compareKeys(a: FilePath, b: FilePath): number {
  return Buffer.compare(orderKey(a), orderKey(b))
}

/** @returns where the values of a path begin. */
export function keysOf(path: FilePath): Buffer {
  return Buffer.concat([orderKey(path), between])
}

export function entryKey(path: FilePath, name: EntryName): Buffer {
  return Buffer.concat([keysOf(path), Buffer.from(name, 'hex')])
}

export function nameIn(key: Buffer): EntryName {
  return key.toString('hex', key.length - nameBytes)
}

/** @returns the path of a key; null: it is a long one, which is not in the key. */
export function pathIn(key: Buffer): FilePath | null {
  return key[0] === 0 ? null : (key.toString('utf8', 0, key.length - nameBytes - 1) as FilePath)
}

export function isBelowOrAt(path: FilePath, folder: FolderPath): boolean {
  return folder === wholeTree || isWithin(path, folder)
}
