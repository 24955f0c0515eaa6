/** Bytes that come ahead of their records: each stage lives as long as its stream, or belongs to a record. Clause: protocol/README.md "STAGE". */
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Stage, Store } from '../store/store.ts'
import { diskRefusal } from '../store/trouble.ts'

interface Received {
  readonly stream: Stream
  /** What was told when the bytes were durable. */
  staged: Extract<Message, { opcode: 'STAGED' }>['body'] | null
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
    if (this.received.has(id) || stages.has(id))
      return stream.fail(new ConcurError('ALREADY_EXISTS', 'there is such a stage already'))
    let stage: Stage
    try {
      stage = stages.open(id)
    } catch (error) {
      return stream.fail(asConcurError(diskRefusal(error)))
    }
    const received: Received = { stream, staged: null }
    this.received.set(id, received)
    stream.listen({
      onMessage: (message, _fin, bodyBytes) => {
        try {
          this.take(id, stage, received, message, bodyBytes)
        } catch (error) {
          this.drop(id, stage)
          stream.fail(asConcurError(diskRefusal(error)))
        }
      },
      onFailed: () => this.drop(id, stage),
    })
  }

  /** Durable records name these stages: they are theirs. */
  belong(stages: readonly string[]): void {
    for (const id of stages as readonly StageId[]) {
      const received = this.received.get(id)
      this.received.delete(id)
      if (received?.staged != null) received.stream.send('STAGED', received.staged, true)
    }
  }

  private take(id: StageId, stage: Stage, received: Received, message: Message, bodyBytes: number): void {
    const { stream } = received
    if (message.opcode === 'CHUNK') {
      stage.write(message.body)
      stream.consumed(bodyBytes)
    } else if (message.opcode === 'SEAL') {
      this.seal(id, stage, received, message.body).catch(error => {
        this.drop(id, stage)
        stream.fail(asConcurError(diskRefusal(error)))
      })
    }
  }

  private async seal(
    id: StageId,
    stage: Stage,
    received: Received,
    said: Extract<Message, { opcode: 'SEAL' }>['body'],
  ): Promise<void> {
    const { size, digest } = await stage.seal()
    if (this.received.get(id) !== received) return this.store.stages.remove(id)
    if (size !== said.size || digest !== said.digest)
      throw new ConcurError('BAD_DIGEST', 'what arrived is not what was sent')
    received.staged = { size, digest }
    received.stream.send('STAGED', received.staged)
  }

  /** Nothing is dropped that a record names: it belongs to that one. */
  private drop(id: StageId, stage: Stage): void {
    if (!this.received.delete(id)) return
    stage.discard()
    this.store.sweepStages()
  }
}
