/**
 * Tells connections apart by their first byte, before either protocol sees one: 0x00 begins a binary frame, anything
 * else but 0x16 (TLS) a plain-text path. Who begins what is not spoken here is told so in his own words, and let go; so
 * is, without a word, who says nothing in time.
 */
import { goawayWithinMsMax, helloWithinMsMax } from '../../protocol/limits.ts'
import type { Cancel, Channel, Timers, Transport, TransportEvents } from '../../protocol/world.ts'

const binaryFirstByte = 0x00
const tlsFirstByte = 0x16

/** A fatal alert, unexpected_message: a client of TLS then says that this is no TLS. */
const noTls = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0a])
const noText = Buffer.from('ERROR|this server answers no plain text')

export interface FirstByteOptions {
  readonly timers: Timers
  onBinary(transport: Transport): void
  /** null: plain text is not spoken here. */
  readonly onText: ((transport: Transport) => void) | null
  /** The connection ended before it was told what it is. */
  onGone(): void
}

/** Gives `transport` to whom its first byte belongs; that byte and those behind it arrive there. */
export function sortByFirstByte(transport: Transport, options: FirstByteOptions): void {
  const replayed = new Replayed(transport)
  let isRefused = false
  let callOff: Cancel = options.timers.after(helloWithinMsMax, () => transport.destroy())

  const refuse = (words: Buffer): void => {
    isRefused = true
    callOff = options.timers.after(goawayWithinMsMax, () => transport.destroy())
    transport.write([words], () => {})
    transport.end()
  }

  const decide = (bytes: Buffer): void => {
    callOff()
    callOff = ignore
    const first = bytes[0]
    if (first === binaryFirstByte) options.onBinary(replayed)
    else if (first !== tlsFirstByte && options.onText !== null) options.onText(replayed)
    else refuse(first === tlsFirstByte ? noTls : noText)
    replayed.taker?.onBytes(bytes)
  }

  transport.start({
    onBytes(bytes) {
      if (isRefused) return
      if (replayed.taker === null) decide(bytes)
      else replayed.taker.onBytes(bytes)
    },
    onEnd() {
      if (replayed.taker === null) transport.end()
      else replayed.taker.onEnd()
    },
    onClosed(error) {
      callOff()
      if (replayed.taker === null) options.onGone()
      else replayed.taker.onClosed(error)
    },
  })
}

/** A transport that has been started already, as who takes it over sees it: as one that he starts. */
class Replayed implements Transport {
  taker: TransportEvents | null = null
  private readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  get peerHost(): string {
    return this.transport.peerHost
  }

  get channel(): Channel | null {
    return this.transport.channel
  }

  start(events: TransportEvents): void {
    this.taker = events
  }

  write(buffers: readonly Buffer[], onFlushed: () => void): void {
    this.transport.write(buffers, onFlushed)
  }

  pause(): void {
    this.transport.pause()
  }

  resume(): void {
    this.transport.resume()
  }

  end(): void {
    this.transport.end()
  }

  destroy(): void {
    this.transport.destroy()
  }
}

function ignore(): void {}
