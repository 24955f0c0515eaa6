/**
 * Frames of one connection sent on over another as they are. Their credit is counted by the two ends, so that what is
 * queued here is bounded by what they admit. Clause: README.md "Relaying".
 */
import type { Frame } from './frame.ts'
import { type FlowOpcode, opcodes } from './opcodes.ts'
import type { FlowQueue, Outbox } from './outbox.ts'

export class Forwarding {
  private readonly outbox: Outbox
  private readonly queues = new Map<number, FlowQueue>()

  constructor(outbox: Outbox) {
    this.outbox = outbox
  }

  /** The frame's bytes are copied. `onFlowSent`: a frame of the flow lane has left, or never will. */
  forward({ stream, opcode, fin, body }: Frame, onFlowSent: () => void): void {
    if (opcodes[opcode].lane === 'control') return this.outbox.sendEncoded(stream, opcode, body, fin)
    const queue = this.queueOf(stream)
    const onSent = (): void => {
      if (queue.frames.length === 0) this.queues.delete(stream)
      onFlowSent()
    }
    queue.frames.push({ opcode: opcode as FlowOpcode, fin, body: Buffer.from(body), onSent })
    this.outbox.ready(queue)
  }

  private queueOf(stream: number): FlowQueue {
    const known = this.queues.get(stream)
    if (known !== undefined) return known
    const queue = { stream, frames: [], credit: Number.POSITIVE_INFINITY, inRound: false }
    this.queues.set(stream, queue)
    return queue
  }
}
