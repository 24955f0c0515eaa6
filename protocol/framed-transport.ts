/**
 * A transport that carries frames: decoder and outbox put together, with an answer to a peer that does not read and to
 * one that does not let go. Knows no session. Clause: README.md "Connections".
 */
import { FrameDecoder } from './decoder.ts'
import type { Frame, FrameHeader } from './frame.ts'
import { goawayWithinMsMax, unsentBytesPause } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { Cancel, Timers, Transport } from './world.ts'

export interface FramedTransportEvents {
  /** Bytes arrived, of whatever kind. */
  onHeard(): void
  /** Throws for a frame that may not come now; nothing of its body was kept. */
  assertHeader(header: FrameHeader): void
  onFrame(frame: Frame): void
  /** What `assertHeader` or `onFrame` threw, or the decoder. */
  onMistake(error: unknown): void
  /** The peer takes nothing. */
  onStuck(): void
  /** The peer will send no more. */
  onPeerEnded(): void
  /** Nothing arrives or leaves any more: close the outbox. Comes once, last. */
  onGone(error: Error | null): void
}

export interface FramedTransportOptions {
  readonly transport: Transport
  readonly timers: Timers
  /** Whether nothing is read while too much waits to be sent. */
  readonly pausesWhenFull: boolean
  readonly events: FramedTransportEvents
}

export class FramedTransport {
  readonly outbox: Outbox
  private readonly options: FramedTransportOptions
  private readonly decoder: FrameDecoder
  private callOffCut: Cancel | null = null
  private isPaused = false
  private isHeld = false
  private isEnding = false
  private isGone = false

  constructor(options: FramedTransportOptions) {
    const { transport, timers, events } = options
    this.options = options
    this.decoder = new FrameDecoder(header => events.assertHeader(header))
    this.outbox = new Outbox({
      transport,
      timers,
      onStuck: () => events.onStuck(),
      onDrained: () => this.resumeIfDrained(),
    })
  }

  start(): void {
    const { transport, events } = this.options
    transport.start({
      onBytes: bytes => this.onBytes(bytes),
      onEnd: () => events.onPeerEnded(),
      onClosed: error => this.onClosed(error),
    })
  }

  /** Nothing is under way: lets go of a large buffer. */
  rest(): void {
    this.decoder.rest()
  }

  /** Ends in order: nothing is heard any more. What was written may still arrive; a peer that lets it lie is cut off. */
  end(): void {
    this.isEnding = true
    this.options.transport.end()
    this.callOffCut ??= this.options.timers.after(goawayWithinMsMax, () => this.cut())
  }

  /** Ends at once. */
  cut(): void {
    this.isEnding = true
    if (!this.isGone) this.options.transport.destroy()
  }

  /** Nothing is read until `release`, whatever there is room for. */
  hold(): void {
    if (this.isHeld) return
    this.isHeld = true
    this.options.transport.pause()
  }

  release(): void {
    if (!this.isHeld) return
    this.isHeld = false
    if (!this.isPaused) this.options.transport.resume()
  }

  private onBytes(bytes: Buffer): void {
    if (this.isEnding) return
    const { events, pausesWhenFull } = this.options
    events.onHeard()
    try {
      this.decoder.push(bytes, frame => events.onFrame(frame))
    } catch (error) {
      return events.onMistake(error)
    }
    if (pausesWhenFull && this.outbox.unsentBytes > unsentBytesPause) this.pause()
  }

  private onClosed(error: Error | null): void {
    if (this.isGone) return
    this.isGone = true
    this.callOffCut?.()
    this.options.events.onGone(error)
  }

  private pause(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.options.transport.pause()
  }

  private resumeIfDrained(): void {
    if (!this.isPaused || this.outbox.unsentBytes > unsentBytesPause) return
    this.isPaused = false
    if (!this.isHeld) this.options.transport.resume()
  }
}
