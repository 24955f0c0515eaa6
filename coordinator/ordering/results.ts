/**
 * What became of the latest changes, by operation id: one that is sent again happens once and is told the first answer.
 * Clause: protocol/README.md "CHANGE", "Sending again".
 */
import { ByteReader, ByteWriter } from '../../protocol/bytes.ts'
import { type Done, done as doneCodec } from '../../protocol/change-messages.ts'
import type { Operation } from '../../protocol/record.ts'

export type Known =
  /** It is under way, or has ended: what it was or will be told. */
  | { readonly is: 'attempt'; readonly answer: () => Promise<Done> }
  /** Nobody can tell any more whether it was made. */
  | { readonly is: 'forgotten' }
  | { readonly is: 'new' }

type Result =
  | { readonly is: 'open'; readonly answer: Promise<Done> }
  | { readonly is: 'told'; readonly seq: number; readonly done: Buffer }
  /** From the journal of an earlier run. */
  | { readonly is: 'journaled'; readonly seq: number }

export interface ResultsOptions {
  readonly keptMax: number
  /** Changes up to this record are not known. */
  readonly forgottenSeq: number
  /** Records up to here are not in the journal any more. */
  readonly releasedSeq: () => number
  /** Says what became of a record that an earlier run of the coordinator ordered. */
  readonly answerOf: (seq: number) => Promise<Done>
}

export class Results {
  private readonly options: ResultsOptions
  /** In the order in which they were ordered; open ones are ordered anew when they end. */
  private readonly results = new Map<string, Result>()
  /** Of the records of forgotten results, the last one. */
  private forgottenSeq: number

  constructor(options: ResultsOptions) {
    this.options = options
    this.forgottenSeq = options.forgottenSeq
  }

  know(operation: Operation): Known {
    const result = this.results.get(keyOf(operation))
    if (result?.is === 'journaled' && result.seq <= this.options.releasedSeq()) return { is: 'forgotten' }
    if (result !== undefined) return { is: 'attempt', answer: () => this.answerOf(result) }
    return operation.floor < this.forgottenSeq ? { is: 'forgotten' } : { is: 'new' }
  }

  /** A first attempt. Where it fails nothing was changed, and it may be made again. */
  begin(operation: Operation, answer: Promise<Done>): void {
    const key = keyOf(operation)
    this.results.set(key, { is: 'open', answer })
    const end = (done: Done | null): void => {
      this.results.delete(key)
      if (done === null) return
      const { op, error } = done
      // What went on behind its answer is told by the journal.
      if (error === null) this.keep(key, { is: 'told', seq: op?.seq ?? operation.floor, done: encoded(done) })
      else if (op !== null && done.outcome === 'committed') this.keep(key, { is: 'journaled', seq: op.seq })
    }
    answer.then(end, () => end(null))
  }

  /** The journal was taken over from another node: nothing of what was known is in it for sure. */
  restart(forgottenSeq: number): void {
    this.results.clear()
    this.forgottenSeq = forgottenSeq
  }

  /** A record of an earlier run, in their order. */
  add(operation: Operation, seq: number): void {
    this.keep(keyOf(operation), { is: 'journaled', seq })
  }

  private keep(key: string, result: Exclude<Result, { is: 'open' }>): void {
    this.results.set(key, result)
    if (this.results.size <= this.options.keptMax) return
    for (const [oldest, old] of this.results) {
      if (old.is === 'open') continue
      this.results.delete(oldest)
      this.forgottenSeq = Math.max(this.forgottenSeq, old.seq)
      return
    }
  }

  private answerOf(result: Result): Promise<Done> {
    if (result.is === 'open') return result.answer
    if (result.is === 'journaled') return this.options.answerOf(result.seq)
    return Promise.resolve(doneCodec.read(new ByteReader(result.done)))
  }
}

function keyOf({ nonce, counter }: Operation): string {
  return `${nonce}:${counter}`
}

function encoded(done: Done): Buffer {
  const writer = new ByteWriter()
  doneCodec.write(writer, done)
  return Buffer.from(writer.take())
}
