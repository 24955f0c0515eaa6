/**
 * Tells connections apart by their first byte, before either protocol sees one: 0x00 begins a binary frame, anything
 * else but 0x16 (TLS) a plain-text path. Who begins what is not spoken here is told so in his own words, and let go; so
 * is, without a word, who says nothing in time.
 */
import { goawayWithinMsMax, helloWithinMsMax } from '../../protocol/limits.ts'
import type { Timers, Transport, TransportEvents } from '../../protocol/world.ts'

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
  let taker: TransportEvents | null = null
  let isRefused = false
  let callOff = options.timers.after(helloWithinMsMax, () => transport.destroy())

  const replayed: Transport = {
    peerHost: transport.peerHost,
    get channel() {
      return transport.channel
    },
    start(events) {
      taker = events
    },
    write: (buffers, onFlushed) => transport.write(buffers, onFlushed),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    end: () => transport.end(),
    destroy: () => transport.destroy(),
  }

  const refuse = (words: Buffer): void => {
    isRefused = true
    callOff = options.timers.after(goawayWithinMsMax, () => transport.destroy())
    transport.write([words], () => {})
    transport.end()
  }

  const decide = (bytes: Buffer): void => {
    callOff()
    const first = bytes[0]
    if (first === binaryFirstByte) options.onBinary(replayed)
    else if (first !== tlsFirstByte && options.onText !== null) options.onText(replayed)
    else refuse(first === tlsFirstByte ? noTls : noText)
    taker?.onBytes(bytes)
  }

  transport.start({
    onBytes(bytes) {
      if (isRefused) return
      if (taker === null) decide(bytes)
      else taker.onBytes(bytes)
    },
    onEnd() {
      if (taker === null) transport.end()
      else taker.onEnd()
    },
    onClosed(error) {
      callOff()
      if (taker === null) options.onGone()
      else taker.onClosed(error)
    },
  })
}
