/** A connection of somebody who keeps to no rule: bytes as they come to mind, an end in any way. */
import { connect, type Socket } from 'node:net'
import type { Address } from '../../protocol/world.ts'

export class HostilePeer {
  /** Bytes that came, as far as they were read. */
  bytesHeard = 0
  readonly gone: Promise<void>
  private readonly socket: Socket
  private isGone = false

  /** @returns a peer that is connected; null when nobody took it. */
  static dial({ host, port }: Address): Promise<HostilePeer | null> {
    return new Promise(resolve => {
      const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
      socket.once('error', () => resolve(null))
      socket.once('connect', () => resolve(new HostilePeer(socket)))
    })
  }

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    this.gone = new Promise(resolve =>
      socket.once('close', () => {
        this.isGone = true
        resolve()
      }),
    )
  }

  /** What comes is read and thrown away; until then nothing is. */
  read(): void {
    this.socket.on('data', bytes => {
      this.bytesHeard += bytes.length
    })
  }

  /** @returns when the system has taken it, or the other side takes nothing. */
  async say(...pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      if (this.isGone || this.socket.writableEnded) return
      if (!this.socket.write(piece)) await this.pause(20)
    }
  }

  /** Ends its own direction, and stays. */
  endHalf(): void {
    this.socket.end()
  }

  /** Node cannot reset what has ended its half. */
  reset(): void {
    if (this.socket.writableEnded) this.socket.destroy()
    else this.socket.resetAndDestroy()
  }

  close(): void {
    this.socket.destroy()
  }

  /** @returns after so long, or when the connection is gone. */
  async pause(ms: number): Promise<void> {
    if (this.isGone) return
    let timer: NodeJS.Timeout | undefined
    await Promise.race([
      this.gone,
      new Promise(resolve => {
        timer = setTimeout(resolve, ms)
      }),
    ])
    clearTimeout(timer)
  }
}
