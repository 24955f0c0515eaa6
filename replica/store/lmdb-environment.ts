/**
 * One LMDB environment for everything that the store indexes. Writes go out in batches from a thread of its own, in
 * the order in which they were made; all of one turn stand or fall together. Our lock on the root comes first: two
 * processes never open one environment.
 */
import { blake3 } from '@napi-rs/blake-hash'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { FilePath } from '../../protocol/path.ts'

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

export type Bytes = Database<Buffer, Buffer>

export class LmdbEnvironment {
  private readonly root: RootDatabase<Buffer, Buffer>
  private readonly onFault: (error: unknown) => void
  private written: Promise<unknown> = Promise.resolve()
  /** Settles when the last write has, and its fault, if any, was told. */
  private underWay: Promise<void> = Promise.resolve()

  /** `onFault` hears of each batch of writes that failed. */
  constructor(folder: string, onFault: (error: unknown) => void) {
    this.onFault = onFault
    this.root = open<Buffer, Buffer>(folder, rootOptions)
  }

  database(name: string): Bytes {
    return this.root.openDB<Buffer, Buffer>(name, encodings)
  }

  /** Begins a write. All writes of one turn share one promise. */
  write(begin: () => Promise<boolean>, onWritten: () => void, onFailed: () => void): void {
    try {
      const written = begin()
      written.then(onWritten, onFailed)
      if (written === this.written) return
      this.written = written
      this.underWay = written.then(
        () => {},
        error => this.reportRejected(error),
      )
    } catch (error) {
      onFailed()
      this.onFault(error)
    }
  }

  /** Settles when all that was written before is on the disk, or failed. */
  async flush(): Promise<void> {
    await this.underWay
  }

  async close(): Promise<void> {
    await this.underWay
    await this.root.close()
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
export function keyOf(path: FilePath): Buffer {
  const key = Buffer.from(path)
  return key.length <= keyBytesMax ? key : Buffer.concat([Buffer.of(0), blake3(key)])
}

/** Whether a key is a digest: the path is not in it. */
export function isHashed(key: Uint8Array): boolean {
  return key[0] === 0
}
