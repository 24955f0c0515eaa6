/**
 * A plain-text connection: a path comes in, bytes go out, and that is all. The path ends at a line ending, at the
 * end of the stream, or after 100 ms of silence, because neither `nc` nor the oldest client ends its stream.
 * Clause: protocol/README.md "Plain text".
 */
import { drainWithinMsMax, helloWithinMsMax, pathBytesMax } from '../../protocol/limits.ts'
import type { Cancel, Timers, Transport } from '../../protocol/world.ts'

const silenceEndsPathMs = 100

/** An answer up to this size leaves in one write. */
const oneWriteBytesMax = 8192

/** Milliseconds that a reader has, once everything was sent, to end its own stream before the connection is closed. */
const closeWithinMs = 1_000

/** Bytes that no path can have any more, line ending included. */
const requestBytesMax = pathBytesMax + 2

export class PlainTextPeer {
  private readonly transport: Transport
  private readonly timers: Timers
  private heldOut: Buffer[] = []
  private heldOutBytes = 0
  private isGone = false
  private hasWritten = false
  private giveBack: () => void = () => {}
  private onRequest: ((typed: Buffer) => void) | null = null
  private heldIn = Buffer.alloc(0)
  private callOffSilence: Cancel = () => {}
  /** Who never comes to the end of a path is let go, however regularly its bytes come. */
  private callOffPatience: Cancel = () => {}
  private callOffClose: Cancel = () => {}

  constructor(options: { transport: Transport; timers: Timers; onGone: () => void }) {
    this.transport = options.transport
    this.timers = options.timers
    options.transport.start({
      onBytes: bytes => this.onBytes(bytes),
      onEnd: () => this.endRequest(),
      onClosed: () => {
        this.isGone = true
        this.callOffSilence()
        this.callOffPatience()
        this.callOffClose()
        this.giveBack()
        options.onGone()
      },
    })
  }

  /** Nobody reads any more. */
  get closed(): boolean {
    return this.isGone
  }

  /** Whether a byte of the answer has left, so that it cannot become another one. */
  get hasAnswered(): boolean {
    return this.hasWritten
  }

  /** Calls `onRequest` once, with the bytes of the path as they came, line ending removed. */
  awaitRequest(onRequest: (typed: Buffer) => void): void {
    this.onRequest = onRequest
    this.callOffPatience = this.timers.after(helloWithinMsMax, () => this.transport.destroy())
  }

  /** Adds to the answer. @returns when the bytes may be used again. */
  async write(bytes: Buffer): Promise<void> {
    if (this.isGone) return
    if (this.heldOutBytes + bytes.length <= oneWriteBytesMax) {
      this.heldOut.push(Buffer.from(bytes))
      this.heldOutBytes += bytes.length
      return
    }
    await this.flush()
    await this.send([bytes])
  }

  /** Forgets what has not left yet. */
  forget(): void {
    this.heldOut = []
    this.heldOutBytes = 0
  }

  /** The answer is whole: sends what is left of it and closes. */
  async end(): Promise<void> {
    await this.flush()
    if (this.isGone) return
    this.transport.end()
    this.callOffClose = this.timers.after(closeWithinMs, () => this.transport.destroy())
  }

  async answerAll(text: string): Promise<void> {
    await this.write(Buffer.from(text))
    await this.end()
  }

  /** Breaks off in the middle, so that nobody takes what came for the whole. */
  breakOff(): void {
    this.transport.destroy()
  }

  private async flush(): Promise<void> {
    const held = Buffer.concat(this.heldOut)
    this.forget()
    if (held.length > 0) await this.send([held])
  }

  private send(buffers: Buffer[]): Promise<void> {
    if (this.isGone) return Promise.resolve()
    this.hasWritten = true
    return new Promise(resolve => {
      const callOff = this.timers.after(drainWithinMsMax, () => this.transport.destroy())
      this.giveBack = () => {
        callOff()
        resolve()
      }
      this.transport.write(buffers, () => this.giveBack())
    })
  }

  private onBytes(bytes: Buffer): void {
    if (this.onRequest === null) return
    // One byte more than a path may have is enough to refuse it, and little to log.
    this.heldIn = Buffer.concat([this.heldIn, bytes.subarray(0, requestBytesMax + 1)])
    this.callOffSilence()
    if (this.heldIn.includes(0x0a) || this.heldIn.length > requestBytesMax) return this.endRequest()
    this.callOffSilence = this.timers.after(silenceEndsPathMs, () => this.endRequest())
  }

  private endRequest(): void {
    const { onRequest } = this
    if (onRequest === null) return
    this.onRequest = null
    this.callOffSilence()
    this.callOffPatience()
    onRequest(withoutLineEnding(this.heldIn).subarray(0, requestBytesMax))
  }
}

function withoutLineEnding(bytes: Buffer): Buffer {
  const newline = bytes.indexOf(0x0a)
  const line = newline === -1 ? bytes : bytes.subarray(0, newline)
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line
}
