/**
 * For the tests of crashes: a disk on which the process, or the machine, stops at a chosen call that changes
 * something. From then on nothing that the process does reaches the disk. A loss of power also takes the bytes that
 * were written and not flushed; names and sizes stay in order, as on file systems with a journal.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { DiskError, type Fd, type Landed, newStat } from './disk.ts'
import { MemoryCatalog } from './history/memory-catalog.ts'
import type { Index } from './index.ts'
import { MemoryDigestIndex } from './memory-digest-index.ts'
import { MemoryPathIndex } from './memory-path-index.ts'
import { WatchedDisk } from './store.fixture.ts'

/** To whoever made the call: a disk that refuses everything from now on. */
export class Crash extends DiskError {
  constructor(call: string) {
    super('stopped', call)
  }
}

const changing = [
  'makeFolder',
  'write',
  'truncate',
  'flush',
  'rename',
  'remove',
  'moveNew',
  'exchange',
  'makeTreeFolder',
  'removeFolder',
  'append',
  'setModifiedAt',
  'setMode',
  'setOwner',
  'setAttribute',
  'allocate',
] as const
const changingSoon = ['writeSoon', 'flushSoon', 'flushDataSoon', 'flushAllSoon'] as const
export type ChangingCall = (typeof changing)[number] | (typeof changingSoon)[number]

/** Bytes of one file that are not on the disk for sure. */
interface Unflushed {
  /** Its size when it was flushed last. */
  readonly flushedSize: number
  readonly ranges: { at: number; size: number }[]
}

export class CrashDisk extends WatchedDisk {
  /** The call, from 1 on, before which everything stops; of a write, in the middle. */
  stopAt = Number.POSITIVE_INFINITY
  made = 0
  stopped = false
  readonly said: string[] = []
  private readonly unflushed = new Map<bigint, Unflushed>()
  private readonly stats = newStat()

  constructor() {
    super()
    for (const name of changing) this.wrap(name, false)
    for (const name of changingSoon) this.wrap(name, true)
  }

  /** Counts from here on, and stops at the call `number`. */
  arm(number: number): void {
    this.made = 0
    this.stopAt = number
  }

  override openOwn(folder: Fd, name: string): Fd {
    this.assertRunning()
    return super.openOwn(folder, name)
  }

  /** Nothing has to reach a real disk here: what a loss of power takes is noted. */
  override flush(_fd: Fd): void {}

  override async flushSoon(_fd: Fd): Promise<void> {}

  override async flushDataSoon(_file: Fd): Promise<void> {}

  override async flushAllSoon(_folder: Fd): Promise<void> {}

  /** Stops here. */
  end(): never {
    this.stop()
    throw new Crash('the end')
  }

  /** What the process had open is closed by the system. */
  abandon(): void {
    this.stop()
    for (const fd of [...this.open]) this.close(fd)
  }

  /** Takes the bytes that were not flushed. After `abandon`. */
  losePower(folder: string): void {
    for (const name of fs.readdirSync(folder)) {
      const path = join(folder, name)
      const stat = fs.lstatSync(path, { bigint: true })
      if (stat.isDirectory()) this.losePower(path)
      const lost = this.unflushed.get(stat.ino)
      if (lost !== undefined && stat.isFile()) this.loseBytes(path, lost, stat)
    }
  }

  /** A file keeps its times, as exactly as an install sets them. */
  private loseBytes(path: string, lost: Unflushed, { size, mtimeNs }: fs.BigIntStats): void {
    const file = fs.openSync(path, 'r+')
    loseBytes(file, lost, Number(size))
    super.setModifiedAt(file as Fd, Number(mtimeNs / 1_000_000n))
    fs.closeSync(file)
  }

  private wrap(name: ChangingCall, isSoon: boolean): void {
    const self = this as unknown as Record<string, (...values: unknown[]) => unknown>
    const call = self[name]!.bind(this)
    self[name] = (...values: unknown[]) => {
      if ((name === 'write' || name === 'truncate') && this.isProbe(values[0] as Fd)) return call(...values)
      try {
        this.step(name, values)
      } catch (error) {
        if (isSoon) return this.refuseSoon(error)
        throw error
      }
      const before = this.sizeOf(name, values[0] as Fd)
      const result = call(...values)
      if (isSoon && name !== 'writeSoon')
        return (result as Promise<void>).then(() => this.note(name, values, before))
      this.note(name, values, before, result)
      return result
    }
  }

  /** Nothing reaches the disk from now on. */
  protected stop(): void {
    this.stopped = true
  }

  protected refuseSoon(error: unknown): Promise<never> {
    return Promise.reject(error)
  }

  /** @throws Crash when this call is not made. */
  protected step(name: ChangingCall, values: unknown[]): void {
    this.assertRunning()
    this.made++
    if (this.made < this.stopAt) return
    this.said.push(name)
    if (name === 'write' || name === 'writeSoon') this.writeHalf(values)
    if (name === 'append') super.append(values[0] as Fd, half(values[1] as Uint8Array))
    this.stop()
    throw new Crash(`${name}, call ${this.made}`)
  }

  private writeHalf([file, bytes, position]: unknown[]): void {
    const part = half(bytes as Uint8Array)
    const before = this.sizeOf('write', file as Fd)
    super.write(file as Fd, part, position as number)
    this.note('write', [file, part, position], before)
  }

  private assertRunning(): void {
    if (this.stopped) throw new Crash('any')
  }

  private sizeOf(name: ChangingCall, file: Fd): number {
    if (!['write', 'writeSoon', 'append'].includes(name)) return 0
    this.stat(file, this.stats)
    return this.stats.size
  }

  private note(name: ChangingCall, values: unknown[], sizeBefore: number, result?: unknown): void {
    if (name === 'flushAllSoon') return this.unflushed.clear()
    const file = values[0] as Fd
    if (name === 'flush' || name === 'flushSoon' || name === 'flushDataSoon') {
      this.stat(file, this.stats)
      this.unflushed.delete(this.stats.inode)
    }
    if (name === 'write' || name === 'writeSoon' || name === 'append') {
      this.stat(file, this.stats)
      const found = this.unflushed.get(this.stats.inode) ?? { flushedSize: sizeBefore, ranges: [] }
      const landed = result as Landed | undefined
      const at = name === 'append' ? landed!.at : (values[2] as number)
      found.ranges.push({ at, size: (values[1] as Uint8Array).length })
      this.unflushed.set(this.stats.inode, found)
    }
  }
}

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length / 2))
}

function loseBytes(file: number, { flushedSize, ranges }: Unflushed, size: number): void {
  for (const { at, size: length } of ranges) {
    const within = Math.min(at + length, flushedSize) - at
    if (within > 0) fs.writeSync(file, Buffer.alloc(within), 0, within, at)
  }
  // A size may be on the disk before the bytes: the file is as long, and empty behind what was flushed.
  if (size > flushedSize) {
    fs.ftruncateSync(file, flushedSize)
    fs.ftruncateSync(file, size)
  }
}

/** Which part of an index survives a crash. */
export type Survives = 'all of the index' | 'the index as it was flushed' | 'nothing of the index'

/** An index in memory that outlives its store. */
export class SurvivingIndex implements Index {
  readonly digests = new MemoryDigestIndex()
  paths = new MemoryPathIndex()
  history = new MemoryCatalog()
  private flushed = new MemoryPathIndex()
  private flushedHistory = new MemoryCatalog()

  constructor() {
    this.watch()
  }

  crash(survives: Survives): void {
    if (survives === 'nothing of the index') {
      this.paths = new MemoryPathIndex()
      this.history = new MemoryCatalog()
    } else if (survives === 'the index as it was flushed') {
      this.paths = this.flushed.copy()
      this.history = this.flushedHistory.copy()
    }
    this.watch()
  }

  async close(): Promise<void> {}

  private watch(): void {
    const { paths } = this
    this.keep()
    paths.flush = async () => {
      if (paths === this.paths) this.keep()
    }
  }

  private keep(): void {
    this.flushed = this.paths.copy()
    this.flushedHistory = this.history.copy()
  }
}

/** A refusal of the disk, for a disk that a test makes fail. */
export function refused(code: string, call: string): DiskError {
  return new DiskError(code, call)
}
