/**
 * A TCP connection as a Transport, plain or under TLS. Ends are apart (a peer that has ended is still written to), and nothing here waits
 * on a timer.
 *
 * What a peer sees of `destroy` is a reset, so that half an answer is not taken for a whole one; of `end`, everything
 * and then the end. Node reports a reset that comes right behind bytes as an end: who reads must know when it is done.
 */
import type { Socket } from 'node:net'
import { plainHost } from './addresses.ts'
import { NetworkError } from './network-error.ts'
import type { Channel, Transport, TransportEvents } from './world.ts'

const nothing = Buffer.alloc(0)

export class TcpTransport implements Transport {
  readonly peerHost: string
  readonly channel: Channel | null
  private readonly socket: Socket
  /** The one that the system knows: under TLS the one below. */
  private readonly raw: Socket
  private events: TransportEvents | null = null
  private failure: NetworkError | null = null
  private isClosed = false
  private hasEnded = false
  private isDestroyed = false

  /** `socket`: connected, allowed to be half open, and not reading yet. `secured`: what it stands on under TLS. */
  constructor(socket: Socket, secured: { raw: Socket; channel: Channel } | null = null) {
    this.socket = socket
    this.raw = secured?.raw ?? socket
    this.channel = secured?.channel ?? null
    this.peerHost = plainHost(socket.remoteAddress ?? 'unknown')
    socket.on('end', () => this.events?.onEnd())
    socket.on('error', error => {
      this.failure ??= new NetworkError(error)
    })
    socket.on('close', () => {
      this.isClosed = true
      this.events?.onClosed(this.failure)
    })
  }

  start(events: TransportEvents): void {
    this.events = events
    if (this.isClosed) queueMicrotask(() => events.onClosed(this.failure))
    else this.socket.resume()
  }

  /** Bytes that the socket has read. */
  receive(bytes: Buffer): void {
    if (!this.isDestroyed) this.events?.onBytes(bytes)
  }

  /**
   * `onFlushed` comes once the system has taken all bytes, never during the call, and never where the connection is lost
   * before. What is written after `end` or `destroy` goes nowhere.
   */
  write(buffers: readonly Buffer[], onFlushed: () => void): void {
    if (this.hasEnded || this.isDestroyed) return
    const { socket } = this
    // A write that was called off by the end of its socket comes back without an error.
    const onWritten = (error?: Error | null): void => {
      if (!error && !socket.destroyed) onFlushed()
    }
    const last = buffers.length - 1
    if (last < 1) {
      socket.write(buffers[0] ?? nothing, onWritten)
      return
    }
    socket.cork()
    for (let i = 0; i < last; i++) socket.write(buffers[i]!)
    socket.write(buffers[last]!, onWritten)
    socket.uncork()
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  end(): void {
    if (this.hasEnded || this.isDestroyed) return
    this.hasEnded = true
    this.socket.end()
  }

  destroy(): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    const allIsWithTheSystem = this.hasEnded && this.socket.writableLength === 0
    if (!allIsWithTheSystem) this.raw.resetAndDestroy()
    this.socket.destroy()
  }
}
