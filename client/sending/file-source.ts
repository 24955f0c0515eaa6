/**
 * A file of this machine's. It is opened anew for each attempt, and must be the same file from the first byte to the
 * last: what changes while it is read is no content that anybody ever had.
 */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import { ConcurError } from '../../protocol/errors.ts'
import { type ByteSource, type Pass, SourceMoved } from './byte-source.ts'
import { unreadable } from './local-read-error.ts'

const { O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

export interface FileSourceOptions {
  readonly path: string | Buffer
  /** As the person calls it. */
  readonly shown: string
  /** Whether the name may be a link: a person named it. */
  readonly followsLink: boolean
}

export class FileSource implements ByteSource {
  private readonly options: FileSourceOptions

  constructor(options: FileSourceOptions) {
    this.options = options
  }

  /** @throws ConcurError IO_ERROR. */
  async begin(): Promise<Pass> {
    const { path, shown, followsLink } = this.options
    let fd: number | null = null
    try {
      fd = openSync(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | (followsLink ? 0 : O_NOFOLLOW))
      const stats = fstatSync(fd, { bigint: true })
      if (!stats.isFile()) throw new ConcurError('IO_ERROR', `cannot read ${shown}: it is no file any more`)
      return new FilePass(fd, stats, shown)
    } catch (error) {
      if (fd !== null) closeSync(fd)
      throw unreadable(error, shown)
    }
  }
}

class FilePass implements Pass {
  readonly size: number | null
  readonly identity: string
  private readonly fd: number
  private readonly shown: string
  private at = 0

  /** @throws the system's error. */
  constructor(fd: number, stats: BigIntStats, shown: string) {
    this.fd = fd
    this.shown = shown
    this.identity = identityOf(stats)
    this.size = stats.size === 0n && readSync(fd, Buffer.alloc(1), 0, 1, 0) > 0 ? null : Number(stats.size)
  }

  /** @throws ConcurError IO_ERROR. */
  async read(into: Buffer): Promise<number> {
    let held = 0
    while (held < into.length) {
      const count = await this.readSome(into, held)
      if (count === 0) break
      held += count
    }
    return held
  }

  assertUnmoved(): void {
    const isSame = identityOf(fstatSync(this.fd, { bigint: true })) === this.identity
    if (isSame && (this.size === null || this.size === this.at)) return
    throw new SourceMoved(`${this.shown} changed while it was read`)
  }

  close(): void {
    closeSync(this.fd)
  }

  private readSome(into: Buffer, held: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.fd, into, held, into.length - held, this.at, (error, count) => {
        if (error !== null) return reject(unreadable(error, this.shown))
        this.at += count
        resolve(count)
      })
    })
  }
}

/** Changes with every change of the content, and when another file has taken the name. */
function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
