/**
 * The path index in LMDB. What could not be written stays in memory, where it is seen, and is tried again with whatever
 * is written next.
 */
import type { Digest } from '../../protocol/digest.ts'
import { type FilePath, type FolderPath, wholeTree } from '../../protocol/path.ts'
import { type Bytes, isHashed, keyBytesMax, keyOf, type LmdbEnvironment } from './lmdb-environment.ts'
import { lmdbPastContents } from './lmdb-past-contents.ts'
import type { LmdbPathEntries } from './lmdb-path-entries.ts'
import { entryNameOf } from './path-entries.ts'
import type { PathIndex, PathState } from './path-index.ts'
import { decodeSeq, decodeState, encodeSeq, encodeState } from './path-state.ts'
import { Recent } from './recent.ts'

const pieceMax = 1000
const settledKey = Buffer.from('settled')
/** Between the two lie the keys that are digests. */
const hashedRange: Range = { start: Buffer.of(0), end: Buffer.of(1) }
/** No byte of a path is 0xff. */
const wholeRange: Range = { start: Buffer.of(0), end: Buffer.of(0xff) }

interface Range {
  readonly start: Buffer
  readonly end: Buffer
}

export class LmdbPathIndex implements PathIndex {
  readonly contents: LmdbPathEntries<number>
  private readonly environment: LmdbEnvironment
  private readonly states: Bytes
  private readonly positions: Bytes
  /** What was put and is not yet seen by a read of the disk. */
  private readonly newStates = new Map<FilePath, PathState>()
  /** Null: none, which is what most reads of files that were put there by hand find. */
  private readonly recent = new Recent<PathState | null>()
  private readonly listeners = new Set<(path: FilePath) => void>()
  private settled: number | null

  constructor(environment: LmdbEnvironment) {
    this.environment = environment
    this.states = environment.database('states')
    this.positions = environment.database('positions')
    this.contents = lmdbPastContents(environment)
    const settled = this.positions.getBinary(settledKey)
    this.settled = settled === undefined ? null : decodeSeq(settled)
  }

  get settledSeq(): number | null {
    return this.settled
  }

  get(path: FilePath): PathState | null {
    const known = this.newStates.get(path) ?? this.recent.get(path)
    if (known !== undefined) return known
    const bytes = this.states.getBinaryFast(keyOf(path))
    const state = bytes === undefined ? null : (decodeState(bytes)?.state ?? null)
    this.recent.keep(path, state)
    return state
  }

  put(path: FilePath, state: PathState): void {
    for (const onPut of this.listeners) onPut(path)
    this.recent.drop(path)
    this.newStates.set(path, state)
    const key = keyOf(path)
    const isNewest = (): boolean => this.newStates.get(path) === state
    this.environment.write({
      database: this.states,
      key,
      value: encodeState(state, isHashed(key) ? path : null),
      onWritten: () => {
        if (!isNewest()) return
        this.newStates.delete(path)
        this.recent.keep(path, state)
      },
      onFailed: isNewest,
    })
  }

  listen(onPut: (path: FilePath) => void): () => void {
    this.listeners.add(onPut)
    return () => void this.listeners.delete(onPut)
  }

  putContent(path: FilePath, digest: Digest, seq: number): void {
    this.contents.put(path, entryNameOf(digest), seq)
  }

  seqOfContent(path: FilePath, digest: Digest): number | null {
    return this.contents.get(path, entryNameOf(digest))
  }

  below(folder: FolderPath): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    if (folder === wholeTree) return this.within([wholeRange], () => true)
    const prefix = `${folder}/`
    // The byte behind `/` is `0`. No key is as long as what lies below a very long one.
    const plain = { start: Buffer.from(prefix), end: Buffer.from(`${folder}0`) }
    const ranges = plain.start.length > keyBytesMax ? [hashedRange] : [plain, hashedRange]
    return this.within(ranges, path => path.startsWith(prefix))
  }

  setSettled(seq: number): void {
    this.settled = seq
    this.environment.write({
      database: this.positions,
      key: settledKey,
      value: encodeSeq(seq),
      onWritten: () => {},
      onFailed: () => this.settled === seq,
    })
  }

  flush(): Promise<void> {
    return this.environment.flush()
  }

  /** What is not on the disk comes first. */
  private async *within(
    ranges: readonly Range[],
    isMeant: (path: FilePath) => boolean,
  ): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    const fresh = [...this.newStates].filter(([path]) => isMeant(path))
    const isFresh = new Set(fresh.map(([path]) => path))
    while (fresh.length > 0) yield fresh.splice(0, pieceMax)
    for (const { start, end } of ranges) {
      let from: Buffer | null = start
      while (from !== null) {
        const pairs = this.piece(from, end)
        const found = pairs.flatMap(({ key, value }) => {
          const decoded = decodeState(value)
          const path = isHashed(key) ? decoded?.path : (key.toString() as FilePath)
          if (decoded === null || !path || !isMeant(path) || isFresh.has(path)) return []
          return [[path, this.newStates.get(path) ?? decoded.state] as const]
        })
        if (found.length > 0) yield found
        from = pairs.length < pieceMax ? null : Buffer.concat([pairs.at(-1)!.key, Buffer.of(0)])
      }
    }
  }

  private piece(start: Buffer, end: Buffer): { key: Buffer; value: Buffer }[] {
    return [...this.states.getRange({ start, end, limit: pieceMax })]
  }
}
