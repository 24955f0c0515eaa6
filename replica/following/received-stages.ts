/**
 * Bytes that come ahead of their records: each stage lives as long as its stream, or belongs to a record. A record that
 * is not durable yet holds it too, as long as it may become so. Clause: protocol/README.md "STAGE".
 */
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Stage, Store } from '../store/store.ts'
import { diskRefusal } from '../store/trouble.ts'

interface Received {
  readonly stream: Stream
  readonly stage: Stage
  /** Its bytes come, are made durable, are so: what was told then. */
  staged: 'open' | 'sealing' | BodyOf<'STAGED'>
  /** A record that may become durable names it. */
  isNamed: boolean
  /** A durable record names it. */
  belongs: boolean
  isGone: boolean
}

export class ReceivedStages {
  private readonly store: Store
  private readonly received = new Map<StageId, Received>()

  constructor(store: Store) {
    this.store = store
  }

  receive(id: StageId, stream: Stream): void {
    const { stages, fence } = this.store
    if (fence.reason !== null)
      return stream.fail(new ConcurError('READ_ONLY', `takes no changes: ${fence.reason}`))
    let stage: Stage
    try {
      if (this.received.has(id) || stages.has(id))
        throw new ConcurError('ALREADY_EXISTS', 'there is such a stage already')
      stage = stages.open(id)
    } catch (error) {
      return stream.fail(asConcurError(diskRefusal(error)))
    }
    const received: Received = {
      stream,
      stage,
      staged: 'open',
      isNamed: false,
      belongs: false,
      isGone: false,
    }
    this.received.set(id, received)
    stream.listen({
      onMessage: (message, _fin, bodyBytes) => this.hear(id, received, message, bodyBytes),
      onFailed: () => this.drop(id, received),
    })
  }

  /** A record names these stages, and is being made durable. One whose bytes are not all there is of no use to it. */
  name(ids: readonly StageId[]): void {
    for (const [id, received] of this.of(ids)) {
      if (received.staged === 'open')
        this.fail(id, received, new ConcurError('BAD_FRAME', 'a record named it before its SEAL'))
      else received.isNamed = true
    }
  }

  /** Durable records name these stages: they are theirs. */
  belong(ids: readonly StageId[]): void {
    for (const [id, received] of this.of(ids)) {
      this.received.delete(id)
      received.belongs = true
      if (typeof received.staged !== 'string') received.stream.send('STAGED', received.staged, true)
    }
  }

  /** The records that named these stages did not become durable. */
  unname(ids: readonly StageId[]): void {
    for (const [id, received] of this.of(ids)) {
      received.isNamed = false
      if (received.isGone) this.drop(id, received)
    }
  }

  private of(ids: readonly StageId[]): (readonly [StageId, Received])[] {
    return ids.flatMap(id => {
      const received = this.received.get(id)
      return received === undefined ? [] : [[id, received] as const]
    })
  }

  private hear(id: StageId, received: Received, message: Message, bodyBytes: number): void {
    try {
      if (message.opcode === 'CHUNK') {
        received.stage.write(message.body)
        received.stream.consumed(bodyBytes)
      } else if (message.opcode === 'SEAL') {
        this.seal(id, received, message.body).catch(error => this.fail(id, received, error))
      }
    } catch (error) {
      this.fail(id, received, error)
    }
  }

  private async seal(id: StageId, received: Received, said: BodyOf<'SEAL'>): Promise<void> {
    received.staged = 'sealing'
    const { size, digest } = await received.stage.seal()
    received.staged = { size, digest }
    if (size !== said.size || digest !== said.digest) {
      this.store.stages.remove(id)
      throw new ConcurError('BAD_DIGEST', 'what arrived is not what was sent')
    }
    if (received.isGone && !received.isNamed && !received.belongs) return this.store.stages.remove(id)
    received.stream.send('STAGED', received.staged)
    if (received.belongs) received.stream.send('STAGED', received.staged, true)
  }

  private fail(id: StageId, received: Received, error: unknown): void {
    received.stream.fail(asConcurError(diskRefusal(error)))
    this.drop(id, received)
  }

  /** What is being made durable goes when that is done. */
  private drop(id: StageId, received: Received): void {
    if (this.received.get(id) !== received) return
    received.isGone = true
    if (received.isNamed) return
    this.received.delete(id)
    if (received.staged === 'open') received.stage.discard()
    else if (received.staged !== 'sealing') this.store.stages.remove(id)
  }
}
