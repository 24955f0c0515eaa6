/** The frames of the bare echo: length, id and four bytes for nothing, as long as ours; and one write a turn. */
import type { Socket } from 'node:net'

export const headerBytes = 12

/** Bytes in, frames out; a body is valid during the call. */
export class Framing {
  private readonly onFrame: (id: number, body: Buffer) => void
  private rest: Buffer | null = null

  constructor(onFrame: (id: number, body: Buffer) => void) {
    this.onFrame = onFrame
  }

  push(arrived: Buffer): void {
    const bytes = this.rest === null ? arrived : Buffer.concat([this.rest, arrived])
    let at = 0
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + bytes.readUInt32BE(at)
      if (end > bytes.length) break
      this.onFrame(bytes.readUInt32BE(at + 4), bytes.subarray(at + headerBytes, end))
      at = end
    }
    this.rest = at === bytes.length ? null : Buffer.from(bytes.subarray(at))
  }
}

/** Gathers the frames of a turn and writes them at its end, in one writev. */
export class TurnWriter {
  private readonly socket: Socket
  private isCorked = false

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** The bytes of `body` are sent as they are: they must stay so. */
  frame(id: number, body: Buffer): void {
    if (!this.isCorked) this.cork()
    const header = Buffer.allocUnsafe(headerBytes)
    header.writeUInt32BE(body.length, 0)
    header.writeUInt32BE(id, 4)
    header.writeUInt32BE(0, 8)
    this.socket.write(header)
    this.socket.write(body)
  }

  private cork(): void {
    this.isCorked = true
    this.socket.cork()
    setImmediate(() => {
      this.isCorked = false
      this.socket.uncork()
    })
  }
}
