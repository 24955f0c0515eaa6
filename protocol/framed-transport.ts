/**
 * A transport that carries frames: decoder and outbox put together, with an answer to a peer that does not read and to
 * one that does not let go. Knows no session. Clause: README.md "Connections".
 */
import { FrameDecoder } from './decoder.ts'
import type { Frame, FrameHeader } from './frame.ts'
import { framesPerTurnMax, goawayWithinMsMax, unsentBytesPause } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { ShortTurns } from './short-turns.ts'
import type { Cancel, Timers, Transport } from './world.ts'

const nothing = Buffer.alloc(0)

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
  /**
   * Whether the peer may want more than others would stand: then a turn works on a bounded number of its frames, and on none
   * while too much waits to be sent.
   */
  readonly isBounded: boolean
  /** What it shares a thread with; null: it has its turns to itself. */
  readonly turns: ShortTurns | null
  readonly events: FramedTransportEvents
}

export class FramedTransport {
  readonly outbox: Outbox
  private readonly options: FramedTransportOptions
  private readonly decoder: FrameDecoder
  private callOffCut: Cancel | null = null
  private isPaused = false
  private isHeld = false
  /** What arrived in a turn that had enough of it; nothing is read meanwhile. */
  private left: Buffer | null = null
  private isRestDue = false
  /** Nothing is read, for the sake of what is left. */
  private isResting = false
  private hasPeerEnded = false
  private isEnding = false
  private isCut = false
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
      onEnd: () => {
        this.hasPeerEnded = true
        if (this.left === null && this.isLate) this.leave(nothing)
        else if (this.left === null) events.onPeerEnded()
      },
      onClosed: error => this.onClosed(error),
    })
  }

  /** Nothing is under way: lets go of a large buffer. */
  rest(): void {
    this.decoder.rest()
  }

  /** Ends in order: nothing is heard any more. What was written may still arrive; a peer that lets it lie is cut off. */
  end(): void {
    if (this.isCut) return
    this.isEnding = true
    this.left = null
    // The peer's own end is waited for.
    if (this.isResting) this.resume()
    this.options.transport.end()
    this.callOffCut ??= this.options.timers.after(goawayWithinMsMax, () => this.cut())
  }

  /** The peer has said its last: ends at once where nothing waits to leave, else in order. */
  endBehindPeer(): void {
    this.end()
    if (this.outbox.unsentBytes === 0) this.cut()
  }

  /** Ends at once. */
  cut(): void {
    if (this.isCut) return
    this.isCut = true
    this.isEnding = true
    this.callOffCut?.()
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
    this.resume()
  }

  private onBytes(bytes: Buffer): void {
    if (this.isEnding) return
    this.options.events.onHeard()
    if (this.left !== null) this.left = Buffer.concat([this.left, bytes])
    else if (this.isLate) this.leave(Buffer.from(bytes))
    else this.work(bytes)
  }

  /** Whether this turn has lasted long enough. */
  private get isLate(): boolean {
    return this.options.turns?.isOver ?? false
  }

  /** Works on what arrived, as far as one turn may. `isOurs`: the bytes stay valid. */
  private work(bytes: Buffer, isOurs = false): void {
    const { events, isBounded } = this.options
    let frames = 0
    const goesOn = (): boolean =>
      !isBounded ||
      (++frames < framesPerTurnMax &&
        !this.isHeld &&
        this.outbox.unsentBytes <= unsentBytesPause &&
        !this.isLate)
    let taken = 0
    try {
      taken = this.decoder.push(bytes, frame => events.onFrame(frame), goesOn)
    } catch (error) {
      return events.onMistake(error)
    }
    if (this.isEnding) return
    if (isBounded && this.outbox.unsentBytes > unsentBytesPause) this.pause()
    if (taken === bytes.length) return
    const left = bytes.subarray(taken)
    this.leave(isOurs ? left : Buffer.from(left))
  }

  /** For a later turn; nothing is read meanwhile. */
  private leave(bytes: Buffer): void {
    this.left = bytes
    this.isResting = true
    this.options.transport.pause()
    this.resume()
  }

  private workOnRest(): void {
    this.isRestDue = false
    const { left } = this
    if (left === null || this.isPaused || this.isHeld || this.isEnding || this.isGone) return
    this.left = null
    this.work(left, true)
    if (this.left !== null || this.isEnding) return
    if (this.hasPeerEnded) this.options.events.onPeerEnded()
    else this.resume()
  }

  private onClosed(error: Error | null): void {
    if (this.isGone) return
    this.isGone = true
    this.callOffCut?.()
    const { events, timers } = this.options
    if (this.isLate) timers.endOfTurn(() => events.onGone(error))
    else events.onGone(error)
  }

  private pause(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.options.transport.pause()
  }

  private resumeIfDrained(): void {
    if (!this.isPaused || this.outbox.unsentBytes > unsentBytesPause) return
    this.isPaused = false
    this.resume()
  }

  /** Goes on: with what was left of an earlier turn, else with what the peer sends. */
  private resume(): void {
    if (this.isPaused || this.isHeld) return
    if (this.left === null) {
      this.isResting = false
      return this.options.transport.resume()
    }
    if (this.isRestDue) return
    this.isRestDue = true
    this.options.timers.endOfTurn(() => this.workOnRest())
  }
}
