/**
 * The values of paths in LMDB: path, zero, name → value. What could not be written stays in memory, where it is seen, and
 * is tried again with whatever is written next.
 */
import type { FilePath, FolderPath } from '../../protocol/path.ts'
import { type Bytes, isHashed, type LmdbEnvironment } from './lmdb-environment.ts'
import {
  compareKeys,
  type EntryName,
  entryKey,
  isBelowOrAt,
  keysOf,
  nameBytes,
  nameIn,
  type PathEntries,
  pathIn,
} from './path-entries.ts'

const pieceMax = 1000
/** Each is sought by itself. */
const pathsMax = 100
/** Behind every name of a path: no name is as long. */
const pastNames = Buffer.alloc(nameBytes + 1, 0xff)
const hashedEnd = Buffer.of(1)
/** No byte of a path is 0xff. */
const end = Buffer.of(0xff)

export interface ValueCodec<Value> {
  /** `path`: given where it has to be found in the value. */
  encode(value: Value, path: FilePath | null): Buffer
  /** @returns null when the bytes are none. */
  decode(bytes: Buffer): Value | null
  /** The path that lies with the value; null: none does. */
  pathIn(bytes: Buffer): FilePath | null
}

export class LmdbPathEntries<Value> implements PathEntries<Value> {
  private readonly environment: LmdbEnvironment
  private readonly codec: ValueCodec<Value>
  private readonly values: Bytes
  /** What was put and is not yet seen by a read of the disk. */
  private readonly fresh = new Map<FilePath, Map<EntryName, { readonly value: Value | null }>>()

  constructor(environment: LmdbEnvironment, name: string, codec: ValueCodec<Value>) {
    this.environment = environment
    this.codec = codec
    this.values = environment.database(name)
  }

  get(path: FilePath, name: EntryName): Value | null {
    const put = this.fresh.get(path)?.get(name)
    if (put !== undefined) return put.value
    const bytes = this.values.getBinary(entryKey(path, name))
    return bytes === undefined ? null : this.codec.decode(bytes)
  }

  put(path: FilePath, name: EntryName, value: Value | null): void {
    const put = { value }
    const ofPath = this.fresh.get(path) ?? new Map()
    ofPath.set(name, put)
    this.fresh.set(path, ofPath)
    const key = entryKey(path, name)
    const isNewest = (): boolean => this.fresh.get(path)?.get(name) === put
    this.environment.write({
      database: this.values,
      key,
      value: value === null ? null : this.codec.encode(value, isHashed(key) ? path : null),
      onWritten: () => {
        if (isNewest()) this.forget(path, name)
      },
      onFailed: isNewest,
    })
  }

  *of(path: FilePath): Generator<(readonly [EntryName, Value])[]> {
    const fresh = [...(this.fresh.get(path) ?? [])]
    const isFresh = new Set(fresh.map(([name]) => name))
    yield fresh.flatMap(([name, { value }]) => (value === null ? [] : [[name, value] as const]))
    const own = keysOf(path)
    const end = Buffer.concat([own, pastNames])
    for (let start: Buffer | null = own; start !== null; ) {
      const pairs: { key: Buffer; value: Buffer }[] = [
        ...this.values.getRange({ start, end, limit: pieceMax }),
      ]
      yield pairs.flatMap(({ key, value }) => {
        const name = nameIn(key)
        const decoded = isFresh.has(name) ? null : this.codec.decode(value)
        return decoded === null ? [] : [[name, decoded] as const]
      })
      start = pairs.length < pieceMax ? null : Buffer.concat([pairs.at(-1)!.key, Buffer.of(0)])
    }
  }

  paths(folder: FolderPath, after: FilePath | null): FilePath[] {
    const isWanted = (path: FilePath): boolean =>
      isBelowOrAt(path, folder) && (after === null || compareKeys(path, after) > 0)
    const found = new Set<FilePath>()
    for (const { start, end } of rangesOf(folder)) {
      if (found.size < pathsMax) this.findIn({ start, end }, after, isWanted, found)
    }
    const last = found.size < pathsMax ? null : [...found].at(-1)!
    for (const [path, ofPath] of this.fresh) {
      const isThere = [...ofPath.values()].some(({ value }) => value !== null)
      if (isThere && isWanted(path) && (last === null || compareKeys(path, last) < 0)) found.add(path)
    }
    return [...found].sort(compareKeys)
  }

  /** From one path to the next, whatever a path has. */
  private findIn(
    range: { start: Buffer; end: Buffer },
    after: FilePath | null,
    isWanted: (path: FilePath) => boolean,
    found: Set<FilePath>,
  ): void {
    let from = range.start
    if (after !== null) {
      const behind = Buffer.concat([keysOf(after), pastNames])
      if (Buffer.compare(behind, from) > 0) from = behind
    }
    while (found.size < pathsMax && Buffer.compare(from, range.end) < 0) {
      const [next] = this.values.getRange({ start: from, end: range.end, limit: 1 })
      if (next === undefined) return
      const { key, value } = next
      const path = pathIn(key) ?? this.codec.pathIn(value)
      if (path !== null && isWanted(path)) found.add(path)
      from = Buffer.concat([key.subarray(0, key.length - nameBytes), pastNames])
    }
  }

  private forget(path: FilePath, name: EntryName): void {
    const ofPath = this.fresh.get(path)
    ofPath?.delete(name)
    if (ofPath?.size === 0) this.fresh.delete(path)
  }
}

/** Where the keys of a folder, and of what is below it, may lie: those that are digests first. */
function rangesOf(folder: FolderPath): { start: Buffer; end: Buffer }[] {
  const hashed = { start: Buffer.of(0), end: hashedEnd }
  if (folder === '') return [hashed, { start: hashedEnd, end }]
  const own = keysOf(folder as FilePath)
  if (isHashed(own)) return [hashed]
  const plain = { start: own, end: Buffer.concat([own, pastNames]) }
  // The byte behind `/` is `0`.
  return [hashed, plain, { start: Buffer.from(`${folder}/`), end: Buffer.from(`${folder}0`) }]
}
