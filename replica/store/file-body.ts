/**
 * The content of one open file, block by block. What is given is what lies on the disk now: the receiver holds each
 * block against its digest. A file that has moved by the end is CHANGED, even if every block was right.
 */
import { allBlocks, type BlockRange, blocksIn } from '../../protocol/block-ranges.ts'
import { blockCount, blockLength } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { ShortTurns } from '../../protocol/short-turns.ts'
import type { BlockBuffers } from './block-buffers.ts'
import { type Disk, DiskError, type Fd, type Identity, newStat } from './disk.ts'
import { sameIdentity } from './identity.ts'
import { sentenceOf } from './tree.ts'

export interface OpenBody {
  /** Bytes of the whole file. */
  readonly size: number
  /** 32 bytes a block, one behind the other; of an empty file none. */
  readonly blockDigests: Buffer
  /** Whether it may be run; null where nobody knows. */
  readonly executable: boolean | null
  /**
   * Reads the file from its start, or these blocks of it, in order; asked for once. A piece is a block, or where many
   * read at once a part of one. Its buffer is valid until the next one is asked for; what the disk has to be waited for
   * is being read meanwhile. Ask for a piece only when there is room to send it: it stays in memory until then.
   * @throws ConcurError CHANGED when the file changed since it was opened, IO_ERROR when the disk refuses.
   */
  pieces(ranges?: readonly BlockRange[]): AsyncGenerator<Buffer>
  /** Ends the reading; harmless when repeated. */
  close(): void
}

interface Span {
  readonly position: number
  readonly bytes: number
}

export class FileBody implements OpenBody {
  readonly size: number
  readonly blockDigests: Buffer
  readonly executable: boolean
  private readonly path: FilePath
  private readonly disk: Disk
  private readonly file: Fd
  private readonly identity: Identity
  private readonly isBeginning: boolean
  private readonly buffers: BlockBuffers
  private readonly turns: ShortTurns
  private readsUnderWay = 0
  /** Whether the last piece had to be waited for: then the next one is read ahead. */
  private waitsForDisk = false
  private closed = false

  /**
   * `file` belongs to the body from now on. `size`: only the first bytes of the file, which may have got more behind
   * them by the end.
   */
  constructor(options: {
    path: FilePath
    disk: Disk
    file: Fd
    identity: Identity & { readonly executable: boolean }
    blockDigests: Buffer
    buffers: BlockBuffers
    turns: ShortTurns
    size?: number
  }) {
    this.path = options.path
    this.disk = options.disk
    this.file = options.file
    this.identity = options.identity
    this.executable = options.identity.executable
    this.size = options.size ?? options.identity.size
    this.isBeginning = options.size !== undefined
    this.blockDigests = options.blockDigests
    this.buffers = options.buffers
    this.turns = options.turns
  }

  async *pieces(ranges = allBlocks(blockCount(this.size))): AsyncGenerator<Buffer> {
    const spans = this.spansOf(ranges)
    let ahead: Promise<Buffer> | null = null
    let given: Buffer | null = null
    const giveBack = (): void => {
      if (given !== null) this.buffers.give(given)
      given = null
    }
    try {
      while (this.turns.isOver) await this.turns.next()
      for (let at = spans.next(); !at.done; ) {
        const span = at.value
        giveBack()
        const buffer: Buffer = await (ahead ?? this.read(span))
        ahead = null
        given = buffer
        at = spans.next()
        if (!at.done && this.waitsForDisk && this.buffers.mayReadAhead) ahead = this.readAhead(at.value)
        yield buffer.subarray(0, span.bytes)
        // What the system has in memory is copied in this thread.
        while (this.turns.isOver) await this.turns.next()
      }
      this.assertUnmoved()
    } finally {
      giveBack()
      ahead?.then(
        buffer => this.buffers.give(buffer),
        () => {},
      )
    }
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.closeFile()
  }

  /** What to read at once, decided when it is asked for. */
  private *spansOf(ranges: readonly BlockRange[]): Generator<Span, void> {
    for (const index of blocksIn(ranges)) {
      const length = blockLength(this.size, index)
      const { pieceBytes } = this.buffers
      for (let at = 0; at < length; at += pieceBytes)
        yield { position: index * blockBytes + at, bytes: Math.min(pieceBytes, length - at) }
    }
  }

  /** As `read`; a failure is kept until somebody asks for the piece. */
  private readAhead(span: Span): Promise<Buffer> {
    const piece = this.read(span)
    piece.catch(() => {})
    return piece
  }

  /** @returns the buffer that begins with the piece. */
  private async read({ position, bytes }: Span): Promise<Buffer> {
    if (this.closed) throw new ConcurError('CHANGED', `${this.path} was closed while it was read`)
    const buffer = this.buffers.take(bytes)
    this.readsUnderWay++
    try {
      await this.fill(buffer.subarray(0, bytes), position)
      return buffer
    } catch (error) {
      this.buffers.give(buffer)
      if (!(error instanceof DiskError)) throw error
      throw new ConcurError('IO_ERROR', `${this.path}: ${sentenceOf(error)}`, { cause: error })
    } finally {
      this.readsUnderWay--
      if (this.closed) this.closeFile()
    }
  }

  private async fill(bytes: Buffer, position: number): Promise<void> {
    this.waitsForDisk = false
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.subarray(done)
      const read =
        this.disk.readNow(this.file, rest, position + done) ?? (await this.readSoon(rest, position + done))
      if (read === 0) throw this.changed()
      done += read
    }
  }

  private readSoon(bytes: Buffer, position: number): Promise<number> {
    this.waitsForDisk = true
    return this.disk.readSoon(this.file, bytes, position)
  }

  private assertUnmoved(): void {
    if (this.closed || this.isBeginning) return
    const stat = newStat()
    this.disk.stat(this.file, stat)
    if (!sameIdentity(stat, this.identity)) throw this.changed()
  }

  private changed(): ConcurError {
    return new ConcurError('CHANGED', `${this.path} changed while it was read`)
  }

  /** The file is closed when nothing reads from it any more: its number may be another file's at once. */
  private closeFile(): void {
    if (this.readsUnderWay === 0) this.disk.close(this.file)
  }
}
