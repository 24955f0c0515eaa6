/**
 * The user's tree as the disk shows it: opens what a path names, or says what stands there instead. The one place
 * where the system's refusals get their meaning. Knows no digests.
 */

import type { Copy, OtherKind } from '../../protocol/copies.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { type FilePath, type FolderPath, wholeTree } from '../../protocol/path.ts'
import { type Disk, DiskError, type Fd, type Kind, type Stat } from './disk.ts'
import { makeParent, openParent, type Place } from './folders.ts'

/** What a path leads to when it is no file that can be read. */
export type NoFile = Exclude<Copy, { is: 'file' }>

const absent: NoFile = { is: 'absent' }
const folder: NoFile = { is: 'folder' }

const otherKinds: Readonly<Record<Exclude<Kind, 'file' | 'folder'>, OtherKind>> = {
  link: 'link',
  fifo: 'fifo',
  socket: 'socket',
  device: 'device',
  unknown: 'unknown',
}

/** A link on the way, which is not followed; a link at the end is found to be one without a refusal. */
export const behindLink: NoFile = { is: 'other', what: 'link' }

const refusals: Readonly<Record<string, NoFile>> = {
  ENOENT: absent,
  ENOTDIR: absent,
  ENAMETOOLONG: absent,
  ELOOP: behindLink,
  EXDEV: { is: 'other', what: 'mount' },
}

const sentences: Readonly<Record<string, string>> = {
  EACCES: 'the server may not read it',
  EPERM: 'the server may not read it',
  EIO: 'the disk failed to read it',
  EAGAIN: 'another program keeps it for itself',
  EMFILE: 'the server has too many files open',
  ENFILE: 'the machine has too many files open',
  ENOMEM: 'memory ran out',
  ESTALE: 'the file system lost it',
}

/** @returns one sentence for a person, without a folder of the server's. */
export function sentenceOf(error: DiskError): string {
  return `${sentences[error.code] ?? 'it could not be read'} (${error.code})`
}

/** @returns what to say of a file that is there and met `error`. */
export function unreadable(error: unknown): NoFile {
  if (!(error instanceof DiskError)) throw error
  return { is: 'unreadable', reason: sentenceOf(error) }
}

export class Tree {
  readonly disk: Disk
  private readonly root: Fd
  private isOpen = true

  /** `root` stays open until `close`. */
  constructor(options: { disk: Disk; root: Fd }) {
    this.disk = options.disk
    this.root = options.root
  }

  /** @returns the place of the regular file at `path`, its stat in `into`; or what the path leads to instead. */
  openPlace(path: FilePath, into: Stat): Fd | NoFile {
    let place: Fd
    try {
      place = this.disk.openBeneath(this.openRoot(), path, 'place')
    } catch (error) {
      return refusals[(error as DiskError).code] ?? unreadable(error)
    }
    const found = this.whatIs(place, into)
    if (found === null) return place
    this.disk.close(place)
    return found
  }

  /** As `openPlace`, opened for reading. */
  openFile(path: FilePath, into: Stat): Fd | NoFile {
    const place = this.openPlace(path, into)
    if (typeof place !== 'number') return place
    try {
      return this.disk.openFile(place)
    } catch (error) {
      return unreadable(error)
    } finally {
      this.disk.close(place)
    }
  }

  /** Opens a folder for its names. @throws DiskError. */
  openFolder(path: FolderPath): Fd {
    return this.disk.openBeneath(this.openRoot(), path === wholeTree ? '.' : path, 'folder')
  }

  /** What the root is, wherever its name leads to by now. @throws DiskError. */
  statRoot(into: Stat): void {
    this.disk.stat(this.openRoot(), into)
  }

  /** Opens the folder that `path` is in; the caller closes it. @throws DiskError. */
  openParent(path: FilePath): Place {
    return openParent(this.disk, this.openRoot(), path)
  }

  /** As `openParent`; folders that are missing are made. */
  makeParent(path: FilePath): Place {
    return makeParent(this.disk, this.openRoot(), path, (folder, name) =>
      this.disk.makeTreeFolder(folder, name),
    )
  }

  freeBytes(): number {
    return this.disk.freeBytes(this.openRoot())
  }

  /** Nothing is opened after this: the descriptor's number may belong to something else. */
  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.disk.close(this.root)
  }

  private openRoot(): Fd {
    if (!this.isOpen) throw new ConcurError('INTERNAL', 'the server is stopping')
    return this.root
  }

  /** @returns null for a regular file. */
  private whatIs(place: Fd, into: Stat): NoFile | null {
    try {
      this.disk.stat(place, into)
    } catch (error) {
      return unreadable(error)
    }
    if (into.kind === 'file') return null
    return into.kind === 'folder' ? folder : { is: 'other', what: otherKinds[into.kind] }
  }
}
