/**
 * Tells a replica what paths are by this node's journal, because that does not go back to where the replica's ends: the two
 * indexes are compared in sums, and only what falls into buckets that differ is stated. Then the replica's journal begins
 * behind this node's position. Clause: protocol/README.md "RESTATE".
 */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Epoch } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import { bucketsToCompare, type TreeSum } from '../../protocol/tree-sum.ts'
import type { StatedTree } from '../../replica/store/stated/stated-tree.ts'

export interface RestatingOptions {
  readonly connection: Pick<Connection, 'request'>
  readonly epoch: Epoch
  /** What this node knows to be committed. */
  readonly committedSeq: number
  /** Ended here. */
  readonly tree: Pick<StatedTree, 'sum' | 'rows' | 'finish' | 'end'>
}

export class Restating {
  private readonly options: RestatingOptions
  private stream: Stream | null = null

  constructor(options: RestatingOptions) {
    this.options = options
  }

  /** @throws ConcurError what the replica refuses with, UNREACHABLE, BAD_FRAME. */
  async run(): Promise<void> {
    const { tree } = this.options
    try {
      const { stream, summed, taken } = this.ask()
      const [theirs, own] = await Promise.all([summed, tree.sum()])
      for await (const rows of tree.rows(bucketsToCompare([own, theirs]))) {
        if (stream.ended) break
        if (rows.length > 0) await stream.sendFlow('STATED', { rows, isLater: false, position: null })
      }
      const { rows, position } = await tree.finish()
      for (const page of rows) await stream.sendFlow('STATED', { rows: page, isLater: true, position: null })
      await stream.sendFlow('STATED', { rows: [], isLater: true, position }, true)
      await taken
    } finally {
      tree.end()
    }
  }

  /** Asks no more; `run` may never end then. */
  stop(): void {
    this.stream?.cancel()
    this.options.tree.end()
  }

  private ask(): { stream: Stream; summed: Promise<TreeSum>; taken: Promise<void> } {
    const { connection, epoch, committedSeq } = this.options
    let onSummed!: (sum: TreeSum) => void
    let onTaken!: () => void
    let onFailed!: (error: ConcurError) => void
    const failed = new Promise<never>((_, reject) => {
      onFailed = reject
    })
    const summed = new Promise<TreeSum>(resolve => {
      onSummed = resolve
    })
    const taken = new Promise<void>(resolve => {
      onTaken = resolve
    })
    const onMessage = (message: Message, fin: boolean, bytes: number): void => {
      if (message.opcode === 'PROGRESS') return
      if (message.opcode === 'SUMMED' && !fin) {
        stream.consumed(bytes)
        return onSummed(message.body)
      }
      if (message.opcode === 'JOURNAL_IS' && fin) return onTaken()
      throw new ConcurError('BAD_FRAME', `${message.opcode} in answer to RESTATE`)
    }
    const stream = connection.request('RESTATE', { epoch, committedSeq }, { onMessage, onFailed }, true)
    this.stream = stream
    const either = <T>(promise: Promise<T>): Promise<T> => {
      const first = Promise.race([promise, failed])
      first.catch(() => {})
      return first
    }
    return { stream, summed: either(summed), taken: either(taken) }
  }
}
