/**
 * A stream that cannot be taken back: standard output, a device, a FIFO. What has left it has left: a read that starts
 * again goes on behind that, if the content is still the same.
 */
import { close, closeSync, constants, open, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Version } from '../../protocol/copies.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { BlockSink } from '../reading/block-line.ts'
import type { StreamCalls } from '../terminal/stream-calls.ts'
import { atOnceBytesMax, openWithoutWaiting } from '../terminal/write-at-once.ts'
import type { Destination } from './destination.ts'
import { localError } from './local-error.ts'
import type { Place } from './target.ts'

/** What takes the bytes. */
export interface ByteStream {
  /** As a person calls it; null where it needs no name. */
  readonly shown: string | null
  /** @returns when the bytes may be used again. */
  write(bytes: Buffer): Promise<void>
  /** Nothing more comes; an empty content was opened as well. */
  end(): Promise<void>
}

export class StreamDestination implements Destination, BlockSink {
  readonly takes = 'agreed'
  private readonly stream: ByteStream
  /** Of the content that was opened last. */
  private digest: Digest | null = null
  private bytesLeft = 0
  private isOpen = false

  constructor(stream: ByteStream) {
    this.stream = stream
  }

  /** @throws ConcurError CHANGED when a part of another content has left already. */
  open({ digest }: Version): BlockSink {
    if (this.bytesLeft > 0 && this.digest !== digest) throw this.changed()
    this.digest = digest
    this.isOpen = true
    return this
  }

  async write(block: Buffer, at: number): Promise<void> {
    if (at < this.bytesLeft) return
    await this.stream.write(block)
    this.bytesLeft = at + block.length
  }

  restart(): void {
    this.isOpen = false
  }

  async commit(): Promise<(string | null)[]> {
    if (!this.isOpen) {
      if (this.bytesLeft > 0) throw this.changed()
      return []
    }
    await this.stream.end()
    return [this.stream.shown]
  }

  discard(): void {}

  private changed(): ConcurError {
    return new ConcurError('CHANGED', `it changed after ${this.bytesLeft} bytes of it had been written`)
  }
}

/**
 * A device or FIFO, opened when its first bytes come: opening a FIFO waits for its reader. A small content is over before
 * a thread has started that could wait, where nobody has to be waited for.
 */
export class OpenedStream implements ByteStream {
  readonly shown: string
  private readonly path: string
  private readonly calls: StreamCalls
  private opened: Promise<number> | null = null
  private openedAtOnce: number | null = null

  constructor({ path, shown }: Place, calls: StreamCalls) {
    this.path = path
    this.shown = shown
    this.calls = calls
  }

  async write(bytes: Buffer): Promise<void> {
    try {
      const left = bytes.subarray(this.writeAtOnce(bytes))
      if (left.length > 0) await this.calls.write(this.fd(), left)
    } catch (error) {
      throw localError(error, this.shown)
    }
  }

  async end(): Promise<void> {
    try {
      if (this.openedAtOnce === null) await promisify(close)(await this.fd())
      else closeSync(this.openedAtOnce)
    } catch (error) {
      throw localError(error, this.shown)
    }
  }

  /** @returns how many of the bytes were taken. */
  private writeAtOnce(bytes: Buffer): number {
    if (this.opened !== null || bytes.length > atOnceBytesMax) return 0
    try {
      this.openedAtOnce = openWithoutWaiting(this.path)
      this.opened = Promise.resolve(this.openedAtOnce)
      return writeSync(this.openedAtOnce, bytes)
    } catch {
      return 0
    }
  }

  private fd(): Promise<number> {
    this.opened ??= this.calls.track(promisify(open)(this.path, constants.O_WRONLY | constants.O_NOCTTY))
    return this.opened
  }
}
