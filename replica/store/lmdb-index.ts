/**
 * The index in LMDB. Writes go out in batches from a thread of its own; a write that fails is forgotten, since
 * the file can be read again. Our lock on the root comes first: two processes never open one index.
 */
import { rmSync } from 'node:fs'
import { blake3 } from '@napi-rs/blake-hash'
import { type Database, open, type RootDatabase } from 'lmdb'
import { type Digest, digestToBytes } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import { decodeBlockDigests, decodeRecord, encodeBlockDigests, encodeRecord } from './digest-record.ts'
import { RecentRecords } from './recent-records.ts'

const encodings = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const
const rootOptions = {
  ...encodings,
  overlappingSync: false,
  pageSize: 4096,
  mapSize: 64 * 2 ** 30,
  maxDbs: 8,
  compression: false,
}

/** The longest key that this page size takes. */
const keyBytesMax = 1978

type Bytes = Database<Buffer, Buffer>

/**
 * Opens the index in `folder`; one that cannot be opened is made anew.
 * `onFault` hears of a write that failed.
 */
export function openLmdbIndex(folder: string, onFault: (error: unknown) => void): LmdbIndex {
  try {
    return new LmdbIndex(folder, onFault)
  } catch (error) {
    onFault(error)
    rmSync(folder, { recursive: true, force: true })
    return new LmdbIndex(folder, onFault)
  }
}

export class LmdbIndex implements DigestIndex {
  private readonly root: RootDatabase<Buffer, Buffer>
  private readonly paths: Bytes
  private readonly blocks: Bytes
  private readonly onFault: (error: unknown) => void
  /** What was put and is not yet seen by a read: LMDB shows a write once it is committed. */
  private readonly newPaths = new Map<string, DigestRecord | null>()
  private readonly newBlocks = new Map<Digest, Buffer | null>()
  private readonly recent = new RecentRecords()
  private written: Promise<unknown> = Promise.resolve()
  /** Settles when the last write has, and its fault, if any, was told. */
  private underWay: Promise<void> = Promise.resolve()

  constructor(folder: string, onFault: (error: unknown) => void) {
    this.onFault = onFault
    this.root = open<Buffer, Buffer>(folder, rootOptions)
    this.paths = this.root.openDB<Buffer, Buffer>('paths', encodings)
    this.blocks = this.root.openDB<Buffer, Buffer>('blocks', encodings)
  }

  get(path: FilePath): DigestRecord | null {
    if (this.newPaths.size > 0) {
      const record = this.newPaths.get(path)
      if (record !== undefined) return record
    }
    const recent = this.recent.get(path)
    if (recent !== undefined) return recent
    const bytes = this.paths.getBinaryFast(keyOf(path))
    const record = bytes === undefined ? null : decodeRecord(bytes)
    if (record !== null) this.recent.keep(path, record)
    return record
  }

  put(path: FilePath, record: DigestRecord): void {
    const before = this.get(path)
    if (before !== null && before.digest !== record.digest) this.deleteBlockDigests(before)
    this.recent.drop(path)
    this.newPaths.set(path, record)
    this.settle(
      () => this.paths.put(keyOf(path), encodeRecord(record)),
      () => {
        if (this.newPaths.get(path) === record) this.newPaths.delete(path)
      },
    )
  }

  delete(path: FilePath): void {
    const before = this.get(path)
    if (before === null) return
    this.deleteBlockDigests(before)
    this.recent.drop(path)
    this.newPaths.set(path, null)
    this.settle(
      () => this.paths.remove(keyOf(path)),
      () => {
        if (this.newPaths.get(path) === null) this.newPaths.delete(path)
      },
    )
  }

  blockDigests(digest: Digest): Buffer | null {
    const blockDigests = this.newBlocks.get(digest)
    if (blockDigests !== undefined) return blockDigests
    const bytes = this.blocks.getBinaryFast(digestToBytes(digest))
    return bytes === undefined ? null : decodeBlockDigests(bytes)
  }

  putBlockDigests(digest: Digest, blockDigests: Buffer): void {
    this.newBlocks.set(digest, blockDigests)
    this.settle(
      () => this.blocks.put(digestToBytes(digest), encodeBlockDigests(blockDigests)),
      () => {
        if (this.newBlocks.get(digest) === blockDigests) this.newBlocks.delete(digest)
      },
    )
  }

  async flush(): Promise<void> {
    await this.underWay
  }

  async close(): Promise<void> {
    await this.underWay
    await this.root.close()
  }

  private deleteBlockDigests({ digest, blockDigest }: DigestRecord): void {
    if (blockDigest !== null) return
    this.newBlocks.set(digest, null)
    this.settle(
      () => this.blocks.remove(digestToBytes(digest)),
      () => {
        if (this.newBlocks.get(digest) === null) this.newBlocks.delete(digest)
      },
    )
  }

  /** All writes of one turn share one promise. */
  private settle(write: () => Promise<boolean>, onSettled: () => void): void {
    try {
      const written = write()
      written.then(onSettled, onSettled)
      if (written === this.written) return
      this.written = written
      this.underWay = written.then(
        () => {},
        error => this.reportRejected(error),
      )
    } catch (error) {
      onSettled()
      this.onFault(error)
    }
  }

  /** A rejected commit carries a second promise, which is rejected later with the reason. */
  private async reportRejected(error: { commitError?: Promise<unknown> }): Promise<void> {
    try {
      await error.commitError
      this.onFault(error)
    } catch (reason) {
      this.onFault(reason)
    }
  }
}

/** A path as it is, or its digest behind a byte that no path begins with. */
function keyOf(path: FilePath): Buffer {
  const key = Buffer.from(path)
  return key.length <= keyBytesMax ? key : Buffer.concat([Buffer.of(0), blake3(key)])
}
