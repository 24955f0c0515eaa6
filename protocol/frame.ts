/**
 * A frame: 12 bytes of header and a body. The header says all that is needed to refuse it.
 * Clause: README.md "Frames".
 *
 *     0       4        8       10      12
 *     | length | stream | opcode | flags | body …
 */
import { ConcurError } from './errors.ts'
import { type Opcode, opcodeOf, opcodes } from './opcodes.ts'

/** The sender's last frame of this stream. */
export const flagFin = 0x0001

export interface Frame {
  /** 0: the connection itself. */
  readonly stream: number
  readonly opcode: Opcode
  readonly fin: boolean
  /** A view into the decoder's bytes, valid until the call that gave the frame returns. */
  readonly body: Buffer
}

export interface FrameHeader {
  readonly bodyBytes: number
  readonly stream: number
  readonly opcode: Opcode
  readonly fin: boolean
}

/**
 * @param at where the header's 12 bytes begin.
 * @throws ConcurError BAD_FRAME for a header that no frame may have; nothing of the body is needed for that.
 */
export function readFrameHeader(bytes: Buffer, at: number): FrameHeader {
  const bodyBytes = bytes.readUInt32BE(at)
  const stream = bytes.readUInt32BE(at + 4)
  const number = bytes.readUInt16BE(at + 8)
  const flags = bytes.readUInt16BE(at + 10)
  const opcode = opcodeOf(number)
  if (opcode === null) throw new ConcurError('BAD_FRAME', `no opcode has the number ${number}`)
  const { bodyBytesMax, kind } = opcodes[opcode]
  if (bodyBytes > bodyBytesMax)
    throw new ConcurError('BAD_FRAME', `${opcode} with a body of ${bodyBytes} bytes`)
  if ((flags & ~flagFin) !== 0) throw new ConcurError('BAD_FRAME', `${opcode} with unknown flags`)
  if ((stream === 0) !== (kind === 'connection'))
    throw new ConcurError('BAD_FRAME', `${opcode} on stream ${stream}`)
  return { bodyBytes, stream, opcode, fin: flags === flagFin }
}

/** Writes the 12 bytes of a header at `at`. */
export function writeFrameHeader(bytes: Buffer, at: number, header: FrameHeader): void {
  bytes.writeUInt32BE(header.bodyBytes, at)
  bytes.writeUInt32BE(header.stream, at + 4)
  bytes.writeUInt16BE(opcodes[header.opcode].number, at + 8)
  bytes.writeUInt16BE(header.fin ? flagFin : 0, at + 10)
}
