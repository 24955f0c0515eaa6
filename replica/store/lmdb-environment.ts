/**
 * One LMDB environment for everything that the store indexes. Writes wait in memory and go out in batches, from a thread
 * of LMDB's own, in the order in which they were made, one batch after the other: now and then, when many wait, and when
 * somebody wants them flushed. A batch stands or falls as a whole. Our lock on the root comes first: two processes never
 * open one environment.
 *
 * A batch is one explicit batch of the library, never its own batching by turns: that begins each batch with a write
 * of its own, whose promise it gives to nobody. Here a batch has one promise, and it is ours.
 */
import { blake3 } from '@napi-rs/blake-hash'
import { type Database, open, type RootDatabase } from 'lmdb'
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import { pageBytes } from './lmdb-files.ts'

const encodings = { encoding: 'binary', keyEncoding: 'binary', cache: false } as const
const rootOptions = {
  ...encodings,
  overlappingSync: false,
  eventTurnBatching: false,
  pageSize: pageBytes,
  mapSize: 64 * 2 ** 30,
  maxDbs: 8,
  compression: false,
}

/** The longest key that this page size takes. */
export const keyBytesMax = 1978
/** Milliseconds that a write waits at the most. */
const writeAfterMs = 500
/** Writes that wait before they go out at once. */
const waitingMax = 10_000
/** Bytes that a batch may take of the disk beside its values: pages on the way to them, of each database. */
const pagesBytes = 128 * 1024

/** As the library gives them: of the system, or its own. */
const noSpaceCodes: ReadonlySet<unknown> = new Set([28, 122])

export type Bytes = Database<Buffer, Buffer>

export interface Write {
  readonly database: Bytes
  readonly key: Buffer
  /** Null: the key goes. */
  readonly value: Buffer | null
  /** It is on the disk, and reads see it. */
  onWritten(): void
  /** It is not, and reads do not. @returns whether to try it again, ahead of what is written next. */
  onFailed(): boolean
}

export interface EnvironmentOptions {
  readonly folder: string
  readonly timers: Timers
  /** Bytes that may still be filled on the folder's file system. */
  readonly freeBytes: () => number
  /** Hears of a batch that failed; of further ones in a row not. */
  readonly onFault: (error: unknown) => void
}

export class LmdbEnvironment {
  private readonly options: EnvironmentOptions
  private readonly root: RootDatabase<Buffer, Buffer>
  /** What failed and is to be tried again, and what was written since. */
  private kept: Write[] = []
  private gathered: Write[] = []
  /** Settles when the batch that is being gathered has ended. */
  private next: Promise<void> | null = null
  private underWay: Promise<void> = Promise.resolve()
  private cancel: Cancel | null = null
  /** Why the last batch failed; null: it did not. */
  private failure: unknown = null
  private isClosed = false

  constructor(options: EnvironmentOptions) {
    this.options = options
    this.root = open<Buffer, Buffer>(options.folder, rootOptions)
  }

  database(name: string): Bytes {
    return this.root.openDB<Buffer, Buffer>(name, encodings)
  }

  /** After `close` nothing is kept: what is read to its end may still be told of then. */
  write(write: Write): void {
    if (this.isClosed) return
    if (write.key.length === 0 || write.key.length > keyBytesMax)
      throw new Error(`a key of ${write.key.length} bytes`)
    this.gathered.push(write)
    if (this.gathered.length >= waitingMax) this.begin()
    else this.cancel ??= this.options.timers.after(writeAfterMs, () => this.begin())
  }

  /**
   * Returns when all that was written before is on the disk, or given up.
   * @throws ConcurError NO_SPACE, IO_ERROR: some of it is not, and is tried again with what is written next.
   */
  async flush(): Promise<void> {
    if (this.kept.length + this.gathered.length > 0) this.begin()
    await (this.next ?? this.underWay)
    if (this.kept.length > 0) throw refusalOf(this.failure)
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.flush().catch(() => {})
    await this.root.close()
  }

  private begin(): void {
    this.next ??= this.runNext()
  }

  /** Waits for the batch before, and for the end of the turn. */
  private async runNext(): Promise<void> {
    await this.underWay
    await new Promise(resolve => setImmediate(resolve))
    this.cancel?.()
    this.cancel = null
    const batch = [...this.kept, ...this.gathered]
    this.kept = []
    this.gathered = []
    this.next = null
    this.underWay = this.run(batch)
    await this.underWay
  }

  private async run(batch: readonly Write[]): Promise<void> {
    const before = this.failure
    this.failure = await this.commit(batch)
    if (this.failure === null) for (const { onWritten } of batch) onWritten()
    else this.kept = batch.filter(write => write.onFailed())
    if (this.failure !== null && before === null) this.options.onFault(this.failure)
  }

  /**
   * @returns why it failed, or null. A disk that is known to be full is not asked: the library would write about it to
   * standard error, which belongs to the log.
   */
  private async commit(batch: readonly Write[]): Promise<unknown> {
    try {
      if (this.options.freeBytes() < bytesOf(batch))
        return new ConcurError('NO_SPACE', 'no space is left for the index')
      await this.root.batch(() => {
        for (const { database, key, value } of batch)
          void (value === null ? database.remove(key) : database.put(key, value))
      })
      return null
    } catch (error) {
      return reasonOf(error as { commitError?: Promise<unknown> })
    }
  }
}

/** A rejected commit carries a second promise, which is rejected within the same turn with the reason. */
async function reasonOf(error: { commitError?: Promise<unknown> }): Promise<unknown> {
  const late = new Promise<unknown>(resolve => setImmediate(() => resolve(error)))
  const reason = (error.commitError ?? Promise.resolve()).then(
    () => error,
    (cause: unknown) => cause,
  )
  return Promise.race([reason, late])
}

function refusalOf(cause: unknown): ConcurError {
  if (cause instanceof ConcurError) return cause
  return isNoSpace(cause)
    ? new ConcurError('NO_SPACE', 'no space is left for the index', { cause })
    : new ConcurError('IO_ERROR', 'the index cannot be written', { cause })
}

/** Whether an error of the library is for want of space. */
function isNoSpace(error: unknown): boolean {
  return noSpaceCodes.has((error as { code?: unknown } | null)?.code)
}

function bytesOf(batch: readonly Write[]): number {
  return batch.reduce((sum, { key, value }) => sum + 2 * (key.length + (value?.length ?? 0)), pagesBytes)
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
