/**
 * For the tests of this folder: a store over a temporary root, on the real disk, with a file clock that a test can
 * move and everything that was opened counted.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Clock, Random, Timers } from '../../protocol/world.ts'
import type { BlockHasher, OnProgress } from './block-hasher.ts'
import { type Disk, type Fd, newStat, type Stat } from './disk.ts'
import { InlineHasher } from './inline-hasher.ts'
import { LinuxDisk } from './linux-disk.ts'
import { MemoryIndex } from './memory-index.ts'
import { Store, type StoreOptions } from './store.ts'

export const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

export const timers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms)
    // A store that a test abandons keeps no process from its end.
    if (ms > 60_000) timer.unref()
    return () => clearTimeout(timer)
  },
  endOfTurn: act => void setImmediate(act),
}

export const random: Random = { bytes: count => Buffer.alloc(count, 0xab), fraction: () => 0.5 }

/** Nothing happens by itself later: for stores that a test abandons. */
export const noTimers: Timers = { after: () => () => {}, endOfTurn: timers.endOfTurn }

/** The real disk, whose file clock a test sets ahead, which knows what is open, and on which bytes can rot. */
export class WatchedDisk extends LinuxDisk {
  /** Seconds that the file system's clock is ahead of the times that it gives to files. */
  aheadS = 0
  readonly open = new Set<Fd>()
  filesOpened = 0
  /** Whether files are found in the system's memory; otherwise every read waits for the disk. */
  holdsInMemory = false
  private probe: Fd | null = null
  /** Inode → position of the byte that reads as another one than was written. */
  private readonly rotten = new Map<bigint, number>()
  private readonly statOfRotten = newStat()

  override openFolder(name: string): Fd {
    return this.opened(super.openFolder(name))
  }

  override openBeneath(folder: Fd, path: string, as: 'place' | 'folder'): Fd {
    return this.opened(super.openBeneath(folder, path, as))
  }

  override openFile(place: Fd): Fd {
    this.filesOpened++
    return this.opened(super.openFile(place))
  }

  override openToAppend(place: Fd): Fd {
    return this.opened(super.openToAppend(place))
  }

  override openOwn(folder: Fd, name: string): Fd {
    const fd = this.opened(super.openOwn(folder, name))
    if (name === 'clock') this.probe = fd
    return fd
  }

  override stat(fd: Fd, into: Stat): void {
    super.stat(fd, into)
    if (fd === this.probe) into.mtimeNs += BigInt(Math.round(this.aheadS * 1000)) * 1_000_000n
  }

  /** A byte of the file changes on the medium: nothing that the system records of the file does. */
  rot(name: string, at = 0): void {
    this.rotten.set(statSync(name, { bigint: true }).ino, at)
  }

  /** Its bytes are read as they were written again. */
  heal(name: string): void {
    this.rotten.delete(statSync(name, { bigint: true }).ino)
  }

  /** @returns what a reading of the whole file gives. */
  bytesOf(name: string): Buffer {
    const bytes = readFileSync(name)
    const at = this.rotten.get(statSync(name, { bigint: true }).ino)
    if (at !== undefined && at < bytes.length) bytes[at]! ^= 1
    return bytes
  }

  override read(file: Fd, into: Uint8Array, position: number): number {
    const read = super.read(file, into, position)
    this.spoil(file, into.subarray(0, read), position)
    return read
  }

  override readNow(file: Fd, into: Uint8Array, position: number): number | null {
    const read = this.holdsInMemory ? super.readNow(file, into, position) : null
    if (read !== null) this.spoil(file, into.subarray(0, read), position)
    return read
  }

  override async readSoon(file: Fd, into: Uint8Array, position: number): Promise<number> {
    const read = await super.readSoon(file, into, position)
    this.spoil(file, into.subarray(0, read), position)
    return read
  }

  override close(fd: Fd): void {
    if (!this.open.delete(fd)) throw new Error(`descriptor ${fd} is closed twice`)
    super.close(fd)
  }

  protected isProbe(fd: Fd): boolean {
    return fd === this.probe
  }

  private spoil(file: Fd, bytes: Uint8Array, position: number): void {
    if (this.rotten.size === 0) return
    super.stat(file, this.statOfRotten)
    const at = this.rotten.get(this.statOfRotten.inode)
    if (at !== undefined && at >= position && at < position + bytes.length) bytes[at - position]! ^= 1
  }

  private opened(fd: Fd): Fd {
    if (this.open.has(fd)) throw new Error(`descriptor ${fd} was closed behind the disk's back`)
    this.open.add(fd)
    return fd
  }
}

/** A file looks to the store as it did when the store first looked at it from now on, as if its bytes rotted. */
export function keepIdentities(disk: Disk): void {
  const kept = new Map<bigint, Pick<Stat, 'mtimeNs' | 'ctimeNs'>>()
  const keep = (into: Stat): void => {
    if (into.kind !== 'file') return
    const { mtimeNs, ctimeNs } = kept.get(into.inode) ?? into
    kept.set(into.inode, { mtimeNs, ctimeNs })
    Object.assign(into, { mtimeNs, ctimeNs })
  }
  const { stat, statChild } = disk
  disk.stat = (fd, into) => {
    stat.call(disk, fd, into)
    keep(into)
  }
  disk.statChild = (folder, name, into) => {
    statChild.call(disk, folder, name, into)
    keep(into)
  }
}

/** Counts what an inline hasher hashes; a test may look in before each file. */
export class CountingHasher implements BlockHasher {
  hashed = 0
  before: (file: Fd) => void | Promise<void> = () => {}
  private readonly inner: InlineHasher

  constructor(disk: WatchedDisk) {
    this.inner = new InlineHasher({ disk, timers })
  }

  async hash(file: Fd, size: number, onProgress: OnProgress): Promise<Buffer | null> {
    this.hashed++
    await this.before(file)
    return this.inner.hash(file, size, onProgress)
  }

  close(): Promise<void> {
    return this.inner.close()
  }
}

export interface TemporaryStore {
  readonly root: string
  readonly disk: WatchedDisk
  readonly hasher: CountingHasher
  readonly store: Store
  /** Closes the store, removes the root; every descriptor must have been closed. */
  remove(): Promise<void>
}

/** @returns a new folder under the system's temporary one. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'concur-store-'))
}

/** `disk`, `root`: kept from a store before; `root` is made when there is none. */
export async function openTemporaryStore(
  options: Partial<
    Pick<StoreOptions, 'root' | 'openIndex' | 'clock' | 'timers' | 'bootId' | 'recheck' | 'segmentBytes'>
  > & {
    disk?: WatchedDisk
    /** Unless it is given no fault may happen. */
    onFault?: (error: unknown) => void
  } = {},
): Promise<TemporaryStore> {
  const disk = options.disk ?? new WatchedDisk()
  const hasher = new CountingHasher(disk)
  const root = options.root ?? temporaryFolder()
  const openIndex = options.openIndex ?? (() => new MemoryIndex())
  const store = await Store.open({
    root,
    disk,
    clock: options.clock ?? clock,
    timers: options.timers ?? timers,
    random,
    hasher,
    openIndex,
    bootId: options.bootId ?? 'this start',
    recheck: options.recheck ?? false,
    ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
    onFault(error) {
      if (options.onFault === undefined) throw error
      options.onFault(error)
    },
  })
  return {
    root,
    disk,
    hasher,
    store,
    async remove() {
      await store.close()
      rmSync(root, { recursive: true, force: true })
      if (disk.open.size > 0) throw new Error(`${disk.open.size} descriptors were left open`)
    },
  }
}

/** @returns the URL of a worker that runs a TypeScript module as it stands. */
export function typescriptWorker(module: URL): URL {
  const packageFile = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))
  const tsx = new URL('dist/esm/api/index.mjs', packageFile)
  const source = `import { register } from '${tsx}'; register(); await import('${module}')`
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`)
}
