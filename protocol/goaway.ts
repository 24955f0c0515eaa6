/** A GOAWAY as bytes, for those who turn a peer away before there is a connection. */
import { ByteWriter } from './bytes.ts'
import type { ConcurError } from './errors.ts'
import { writeFrameHeader } from './frame.ts'
import { frameHeaderBytes } from './limits.ts'
import { encodeBody } from './opcodes.ts'

export function goawayBytes({ code, message }: ConcurError): Buffer {
  const writer = new ByteWriter()
  writer.skip(frameHeaderBytes)
  encodeBody(writer, 'GOAWAY', { code, message })
  const bodyBytes = writer.length - frameHeaderBytes
  writeFrameHeader(writer.whole, 0, { bodyBytes, stream: 0, opcode: 'GOAWAY', fin: true })
  return writer.take()
}
