/**
 * Bytes in and out: a growing writer and a bounded reader. Both are big-endian and know nothing of messages.
 */
import { isUtf8 } from 'node:buffer'
import { ConcurError } from './errors.ts'

const none = Buffer.alloc(0)

/** The least and the most that a writer reserves before it knows what comes. */
const reserveBytes = { min: 256, max: 256 * 1024 }

/** Appends values to a buffer that grows as needed, and holds none while it is empty. */
export class ByteWriter {
  private buffer: Buffer = none
  private at = 0
  /** As much as was needed last. */
  private reserve: number = reserveBytes.min

  get length(): number {
    return this.at
  }

  u8(value: number): void {
    this.need(1)
    this.buffer[this.at++] = value
  }

  u16(value: number): void {
    this.need(2)
    this.at = this.buffer.writeUInt16BE(value, this.at)
  }

  u32(value: number): void {
    this.need(4)
    this.at = this.buffer.writeUInt32BE(value, this.at)
  }

  /** `value`: a non-negative integer up to 2^53 - 1. */
  u64(value: number): void {
    this.need(8)
    this.at = this.buffer.writeUInt32BE(Math.floor(value / 2 ** 32), this.at)
    this.at = this.buffer.writeUInt32BE(value % 2 ** 32, this.at)
  }

  /** UTF-8 behind its length as u16. */
  text(value: string): void {
    this.need(2 + value.length * 3)
    const bytes = this.buffer.write(value, this.at + 2)
    this.buffer.writeUInt16BE(bytes, this.at)
    this.at += 2 + bytes
  }

  bytes(value: Uint8Array): void {
    this.need(value.length)
    this.buffer.set(value, this.at)
    this.at += value.length
  }

  /** Bytes given as hex digits. */
  hex(digits: string): void {
    this.need(digits.length / 2)
    this.at += this.buffer.write(digits, this.at, 'hex')
  }

  /** The buffer as it is, what is not written yet included; another one after the next growth. */
  get whole(): Buffer {
    return this.buffer
  }

  /** @returns a view of what was written; it shows later writes until the writer grows, and stays valid after `take`. */
  view(from = 0, to = this.at): Buffer {
    return this.buffer.subarray(from, to)
  }

  /** Leaves room for what is written there later. */
  skip(bytes: number): void {
    this.need(bytes)
    this.at += bytes
  }

  /** Takes back what was written from `at` on. */
  cut(at: number): void {
    this.at = at
  }

  /** Hands the written bytes over and starts again with a buffer of its own. */
  take(): Buffer {
    const taken = this.buffer.subarray(0, this.at)
    this.reserve = Math.min(Math.max(this.at, reserveBytes.min), reserveBytes.max)
    this.buffer = none
    this.at = 0
    return taken
  }

  private need(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes, this.reserve))
    this.buffer.copy(grown, 0, 0, this.at)
    this.buffer = grown
  }
}

/** Reads values from one frame's body; anything that is not there is the peer's mistake. */
export class ByteReader {
  private readonly buffer: Buffer
  private at = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  get left(): number {
    return this.buffer.length - this.at
  }

  u8(): number {
    return this.buffer[this.advance(1)]!
  }

  u16(): number {
    return this.buffer.readUInt16BE(this.advance(2))
  }

  u32(): number {
    return this.buffer.readUInt32BE(this.advance(4))
  }

  u64(): number {
    const at = this.advance(8)
    const high = this.buffer.readUInt32BE(at)
    if (high >= 2 ** 21) throw new ConcurError('BAD_FRAME', 'a number beyond 2^53 - 1')
    return high * 2 ** 32 + this.buffer.readUInt32BE(at + 4)
  }

  text(): string {
    const length = this.u16()
    const at = this.advance(length)
    const value = this.buffer.toString('utf8', at, at + length)
    const isSuspect = value.includes('\ufffd')
    if (isSuspect && !isUtf8(this.buffer.subarray(at, at + length))) {
      throw new ConcurError('BAD_FRAME', 'a text that is not UTF-8')
    }
    return value
  }

  /** @returns the next `length` bytes as hex digits. */
  hex(length: number): string {
    const at = this.advance(length)
    return this.buffer.toString('hex', at, at + length)
  }

  /** @returns a copy of the next `length` bytes. */
  bytes(length: number): Buffer {
    const at = this.advance(length)
    return Buffer.from(this.buffer.subarray(at, at + length))
  }

  private advance(bytes: number): number {
    const at = this.at
    if (at + bytes > this.buffer.length) throw new ConcurError('BAD_FRAME', 'a body that ends too early')
    this.at = at + bytes
    return at
  }
}
