/**
 * Every system call that the store makes, as one interface, so that a faulty disk can stand in for the real one.
 * Below the root nothing is opened by its whole name from outside: a call takes a descriptor of a folder and what
 * stands below it. All calls but those named `…Soon` end before they return.
 */
import type { Brand } from '../../protocol/ids.ts'

/** An open descriptor. Whoever opened it closes it. */
export type Fd = Brand<number, 'Fd'>

export type Kind = 'file' | 'folder' | 'link' | 'fifo' | 'socket' | 'device' | 'unknown'

/** What tells one state of a file from the next, on one file system. */
export interface Identity {
  readonly inode: bigint
  readonly size: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** What the disk says of one thing. Filled in place by `stat`, so that the hot path makes no object a call. */
export interface Stat extends Identity {
  kind: Kind
  /** Whether another file system, or another piece of one, is mounted here. */
  isMount: boolean
  /** Names the file system, until the system starts anew. */
  device: number
  inode: bigint
  size: number
  mtimeNs: bigint
  ctimeNs: bigint
  /** The owner's executable bit. */
  executable: boolean
  /** The permission bits, set-id bits and the sticky bit. */
  mode: number
  owner: number
  group: number
  /** How many names the file has. */
  links: number
}

/** @returns a stat to be filled. */
export function newStat(): Stat {
  return {
    inode: 0n,
    size: 0,
    mtimeNs: 0n,
    ctimeNs: 0n,
    kind: 'unknown',
    isMount: false,
    device: 0,
    executable: false,
    mode: 0,
    owner: 0,
    group: 0,
    links: 0,
  }
}

/** A system call that failed; `code` is the errno's name: `ENOENT`. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  /** The system call's name: `fsync`. */
  readonly call: string

  /** As the constructor, without a trace of calls: that something is not there is found out all the time. */
  static withoutTrace(code: string, call: string): DiskError {
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    const error = new DiskError(code, call)
    Error.stackTraceLimit = stackTraceLimit
    return error
  }

  constructor(code: string, call: string, options?: { cause?: unknown }) {
    super(`${call}: ${code}`, options)
    this.code = code
    this.call = call
  }
}

const flushes = new Set(['fsync', 'fdatasync', 'syncfs'])

/** Whether a flush failed: nobody knows any more what is on the disk, and asking again would not tell. */
export function isFailedFlush(error: unknown): boolean {
  return error instanceof DiskError && flushes.has(error.call)
}

/** Where appended bytes came to lie, and how many they were: the system may take less than it is given. */
export interface Landed {
  readonly at: number
  readonly bytes: number
}

/**
 * Whether a name is wanted: the bytes of `bytes` from `begin` to `end`. `mayBeFolder`: false where the folder says that
 * it is something else.
 */
export type WantsName = (bytes: Uint8Array, begin: number, end: number, mayBeFolder: boolean) => boolean

/** All calls throw DiskError when the system refuses, unless something else is said. */
export interface Disk {
  /** Opens a folder by its name on this machine; the last part may be a link. */
  openFolder(name: string): Fd

  /**
   * Opens what stands at `path` beneath `folder` by the kernel's own rule: no link is followed, no mount entered,
   * and nothing above `folder` reached, whatever is renamed meanwhile.
   * `place` opens anything without touching it (a device is not started, a FIFO not waited for), a link included;
   * `folder` opens a folder for its names.
   */
  openBeneath(folder: Fd, path: string, as: 'place' | 'folder'): Fd

  /** Opens a regular file's place for reading, without waiting for anybody: EAGAIN when a program holds a lease on it. */
  openFile(place: Fd): Fd

  stat(fd: Fd, into: Stat): void

  /** As `stat`, for one name in an open folder; a link is not followed. */
  statChild(folder: Fd, name: string, into: Stat): void

  /**
   * The next names in an open folder, `.` and `..` left out; none when it has no more. A name is given as its bytes,
   * one char code (0–255) a byte, so that strings sort as the bytes do. `wants`: those alone; none still means the end.
   */
  readNames(folder: Fd, wants?: WantsName): string[]

  /** @returns how many bytes were read at `position` of the file: 0 at its end. */
  read(file: Fd, into: Uint8Array, position: number): number

  /** As `read`, of what the system holds in memory. @returns null where the disk would have to be waited for. */
  readNow(file: Fd, into: Uint8Array, position: number): number | null

  /** As `read`, outside this thread. The descriptor stays open until the promise has settled. */
  readSoon(file: Fd, into: Uint8Array, position: number): Promise<number>

  /** @returns the bytes that this process may still fill on the folder's file system. */
  freeBytes(folder: Fd): number

  /** @returns the number by which the system knows the kind of the folder's file system. */
  fileSystem(folder: Fd): number

  /** @returns how many files the folder's file system still has room for; Infinity where it has no limit of its own. */
  freeFiles(folder: Fd): number

  /** @returns the size of the folder's file system in bytes. */
  totalBytes(folder: Fd): number

  close(fd: Fd): void

  /** Makes a folder that only its owner may enter, unless something has that name. */
  makeFolder(folder: Fd, name: string): void

  /** Opens a file for reading and writing, and makes it, for its owner only, when it is missing; a link is ELOOP. */
  openOwn(folder: Fd, name: string): Fd

  /** Writes all of the bytes. */
  write(file: Fd, bytes: Uint8Array, position: number): void

  truncate(file: Fd, size: number): void

  /** Returns when the file or folder is on the disk. */
  flush(fd: Fd): void

  rename(folder: Fd, from: string, to: string): void

  remove(folder: Fd, name: string): void

  /** @returns whether this descriptor now holds the file's lock; false when another one has it. */
  lock(file: Fd): boolean

  /** As `write`, outside this thread; descriptor and bytes stay as they are until the promise has settled. */
  writeSoon(file: Fd, bytes: Uint8Array, position: number): Promise<void>

  /** As `flush`, outside this thread. */
  flushSoon(fd: Fd): Promise<void>

  /** As `flushSoon`, for a file's bytes and its size only: its times may be lost. */
  flushDataSoon(file: Fd): Promise<void>

  /**
   * Asks the system to begin with writing these bytes to the disk. Outside this thread. Settles whatever becomes of it: that
   * the flush says.
   */
  beginFlush(file: Fd, position: number, bytes: number): Promise<void>

  /** Gives what is called `name` a new name, in another folder too: EEXIST when something has that one already. */
  moveNew(from: Fd, name: string, to: Fd, newName: string): void

  /** What the two names stand for is exchanged in one step; both have to be there. */
  exchange(folder: Fd, name: string, other: Fd, otherName: string): void

  /** Makes a folder of the tree's, with the permissions that the process gives: EEXIST when the name is taken. */
  makeTreeFolder(folder: Fd, name: string): void

  /** Removes an empty folder. */
  removeFolder(folder: Fd, name: string): void

  /** Opens a regular file's place for reading and for writing at its end. */
  openToAppend(place: Fd): Fd

  /** One write at the end of a file, wherever that is by then. */
  append(file: Fd, bytes: Uint8Array): Landed

  /** Sets when the file was last changed, in whole milliseconds since 1970, as exactly as that. */
  setModifiedAt(file: Fd, timeMs: number): void

  setMode(file: Fd, mode: number): void

  setOwner(file: Fd, owner: number, group: number): void

  /** The names of the extended attributes, access lists among them. A place will do. */
  attributeNames(file: Fd): string[]

  attribute(file: Fd, name: string): Buffer

  setAttribute(file: Fd, name: string, value: Buffer): void

  /** Gives the file its place on the disk up to `size` bytes. */
  allocate(file: Fd, size: number): void

  /** Settles when all that was changed on the folder's file system before is on the disk. Outside this thread. */
  flushAllSoon(folder: Fd): Promise<void>
}

/** Reads until `into` is full or the file ends. @returns how many bytes that were. */
export function readFully(disk: Pick<Disk, 'read'>, file: Fd, into: Uint8Array, position: number): number {
  let done = 0
  while (done < into.length) {
    const read = disk.read(file, into.subarray(done), position + done)
    if (read === 0) break
    done += read
  }
  return done
}
