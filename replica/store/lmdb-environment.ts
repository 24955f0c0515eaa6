/**
 * One LMDB environment for everything that the store indexes. What is put waits in memory and is written as a batch, by
 * a thread of LMDB's own: now and then, when much waits, and when somebody wants it flushed. A batch stands or falls as a
 * whole. Our lock on the root comes first: two processes never open one environment.
 */
import { blake3 } from '@napi-rs/blake-hash'
import { type Database, open, type RootDatabase } from 'lmdb'
import type { FilePath } from '../../protocol/path.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'

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
/** Milliseconds that anything waits at the most. */
const writeAfterMs = 500
/** Values that wait before they are written at once. */
const waitingMax = 10_000

export type Bytes = Database<Buffer, Buffer>

/** Something that is kept in the environment. */
export interface Part {
  /** Values that wait to be written. */
  readonly waiting: number
  /** Begins to write all that waits, in this turn. @returns what LMDB promises of each. */
  begin(): readonly Promise<unknown>[]
  /** What was begun is on the disk, or was not written at all. */
  end(isWritten: boolean): void
}

export class LmdbEnvironment {
  private readonly root: RootDatabase<Buffer, Buffer>
  private readonly timers: Timers
  private readonly onFault: (error: unknown) => void
  private readonly parts: Part[] = []
  private underWay: Promise<void> | null = null
  private cancel: Cancel | null = null

  /** `onFault` hears of each batch that failed. */
  constructor(options: { folder: string; timers: Timers; onFault: (error: unknown) => void }) {
    this.timers = options.timers
    this.onFault = options.onFault
    this.root = open<Buffer, Buffer>(options.folder, rootOptions)
  }

  database(name: string): Bytes {
    return this.root.openDB<Buffer, Buffer>(name, encodings)
  }

  add(part: Part): void {
    this.parts.push(part)
  }

  /** Something waits. */
  notice(): void {
    if (this.underWay === null && this.waiting >= waitingMax) void this.flush()
    else this.cancel ??= this.timers.after(writeAfterMs, () => void this.flush())
  }

  /** Settles when all that was put before is on the disk, or failed. */
  async flush(): Promise<void> {
    while (this.underWay !== null) await this.underWay
    this.cancel?.()
    this.cancel = null
    if (this.waiting === 0) return
    this.underWay = this.writeBatch().finally(() => {
      this.underWay = null
    })
    await this.underWay
  }

  async close(): Promise<void> {
    await this.flush()
    await this.root.close()
  }

  private get waiting(): number {
    let sum = 0
    for (const { waiting } of this.parts) sum += waiting
    return sum
  }

  private async writeBatch(): Promise<void> {
    const isWritten = await this.isBatchWritten()
    for (const part of this.parts) part.end(isWritten)
  }

  /** All writes of one turn share one promise. */
  private async isBatchWritten(): Promise<boolean> {
    const begun = new Set<Promise<unknown>>()
    let fault: unknown = null
    try {
      for (const part of this.parts) for (const written of part.begin()) begun.add(written)
    } catch (error) {
      fault = error
    }
    for (const written of begun) fault = (await faultOf(written)) ?? fault
    if (fault !== null) this.onFault(fault)
    return fault === null
  }
}

/** A rejected commit carries a second promise, which is rejected later with the reason. */
async function faultOf(written: Promise<unknown>): Promise<unknown> {
  try {
    await written
    return null
  } catch (error) {
    try {
      await (error as { commitError?: Promise<unknown> }).commitError
      return error
    } catch (reason) {
      return reason
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
