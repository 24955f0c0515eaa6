/**
 * Bytes in, frames out. The same frames come out however the bytes are split. A frame is refused on its header,
 * before a byte of its body is kept; what is kept is one frame at the most. Knows no socket and no message.
 * Clause: README.md "Frames".
 */
import { type Frame, type FrameHeader, readFrameHeader } from './frame.ts'
import { frameHeaderBytes } from './limits.ts'

/** A body buffer up to this size stays with an idle connection. */
const idleBytesMax = 4 * 1024

export class FrameDecoder {
  /** The header of the frame under way, once it is known. */
  private header: FrameHeader | null = null
  private readonly headerBytes = Buffer.alloc(frameHeaderBytes)
  private headerHeld = 0
  private held = Buffer.alloc(0)
  private bodyHeld = 0
  private readonly assertHeader: (header: FrameHeader) => void

  /** `assertHeader` throws a ConcurError for a frame that may not come now, before its body is taken. */
  constructor(assertHeader: (header: FrameHeader) => void = () => {}) {
    this.assertHeader = assertHeader
  }

  /**
   * Takes bytes and gives each frame that they complete. `goesOn` is asked behind each frame: when it says no, the rest is
   * left to the caller.
   * @returns how many bytes were taken.
   * @throws ConcurError on the header of a frame that may not be; the decoder is of no use after it.
   */
  push(bytes: Buffer, onFrame: (frame: Frame) => void, goesOn: () => boolean = always): number {
    let at = 0
    while (at < bytes.length) {
      if (this.header === null) at = this.takeHeader(bytes, at)
      if (this.header === null) continue
      at = this.takeBody(this.header, bytes, at, onFrame)
      if (this.header === null && !goesOn()) break
    }
    return at
  }

  /** Lets go of a large buffer while nothing is under way. */
  rest(): void {
    if (this.header === null && this.held.length > idleBytesMax) this.held = Buffer.alloc(0)
  }

  private takeHeader(bytes: Buffer, at: number): number {
    if (this.headerHeld === 0 && bytes.length - at >= frameHeaderBytes) {
      this.header = this.readHeader(bytes, at)
      return at + frameHeaderBytes
    }
    const taken = Math.min(frameHeaderBytes - this.headerHeld, bytes.length - at)
    bytes.copy(this.headerBytes, this.headerHeld, at, at + taken)
    this.headerHeld += taken
    if (this.headerHeld === frameHeaderBytes) {
      this.header = this.readHeader(this.headerBytes, 0)
      this.headerHeld = 0
    }
    return at + taken
  }

  private readHeader(bytes: Buffer, at: number): FrameHeader {
    const header = readFrameHeader(bytes, at)
    this.assertHeader(header)
    return header
  }

  private takeBody(header: FrameHeader, bytes: Buffer, at: number, onFrame: (frame: Frame) => void): number {
    const { bodyBytes, stream, opcode, fin } = header
    const missing = bodyBytes - this.bodyHeld
    const taken = Math.min(missing, bytes.length - at)
    if (this.bodyHeld === 0 && taken === bodyBytes) {
      this.header = null
      onFrame({ stream, opcode, fin, body: bytes.subarray(at, at + taken) })
      return at + taken
    }
    if (this.held.length < bodyBytes) this.held = Buffer.allocUnsafeSlow(bodyBytes)
    bytes.copy(this.held, this.bodyHeld, at, at + taken)
    this.bodyHeld += taken
    if (this.bodyHeld === bodyBytes) {
      this.header = null
      this.bodyHeld = 0
      onFrame({ stream, opcode, fin, body: this.held.subarray(0, bodyBytes) })
    }
    return at + taken
  }
}

function always(): boolean {
  return true
}
