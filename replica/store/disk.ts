/**
 * Every system call that the store makes, as one interface, so that a faulty disk can stand in for the real one.
 * Below the root nothing is opened by its whole name from outside: a call takes a descriptor of a folder and what
 * stands below it. All calls but `readSoon` end before they return.
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
  inode: bigint
  size: number
  mtimeNs: bigint
  ctimeNs: bigint
  /** The owner's executable bit. */
  executable: boolean
}

/** @returns a stat to be filled. */
export function newStat(): Stat {
  return { kind: 'unknown', isMount: false, inode: 0n, size: 0, mtimeNs: 0n, ctimeNs: 0n, executable: false }
}

/** A system call that failed; `code` is the errno's name: `ENOENT`. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string

  constructor(code: string, call: string, options?: { cause?: unknown }) {
    super(`${call}: ${code}`, options)
    this.code = code
  }
}

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
   * one char code (0–255) a byte, so that strings sort as the bytes do.
   */
  readNames(folder: Fd): string[]

  /** @returns how many bytes were read at `position` of the file: 0 at its end. */
  read(file: Fd, into: Uint8Array, position: number): number

  /** As `read`, of what the system holds in memory. @returns null where the disk would have to be waited for. */
  readNow(file: Fd, into: Uint8Array, position: number): number | null

  /** As `read`, outside this thread. The descriptor stays open until the promise has settled. */
  readSoon(file: Fd, into: Uint8Array, position: number): Promise<number>

  /** @returns the bytes that this process may still fill on the folder's file system. */
  freeBytes(folder: Fd): number

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
}

/** Reads until `into` is full or the file ends. @returns how many bytes that were. */
export function readFully(disk: Disk, file: Fd, into: Uint8Array, position: number): number {
  let done = 0
  while (done < into.length) {
    const read = disk.read(file, into.subarray(done), position + done)
    if (read === 0) break
    done += read
  }
  return done
}
