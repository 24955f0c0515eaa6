/**
 * One FOLLOW stream from its acceptance to its end: takes the coordinator's records into the journal, in their order and
 * without gaps, lets the store settle what is committed, and says how far both are, once a turn.
 * Clause: protocol/README.md "FOLLOW".
 */
import type { Follow, Outcome, Settled } from '../../protocol/change-messages.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { frameBodyBytesMax } from '../../protocol/limits.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import { bodyOf, type JournalEntry, readEntry } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import type { Last } from '../store/journal/journal.ts'
import type { Store } from '../store/store.ts'
import { forkedAt } from './admission.ts'
import type { ReceivedStages } from './received-stages.ts'
import type { WantedContents } from './wanted-contents.ts'

/** Bytes of outcomes in one frame, and of one of them beside its paths and reasons. */
const outcomesBytesAim = frameBodyBytesMax / 4
const keptFixedBytes = 1_024 + 64

export interface FollowedOptions {
  readonly store: Store
  readonly stream: Stream
  readonly follow: Follow
  readonly timers: Timers
  readonly stages: Pick<ReceivedStages, 'name' | 'belong' | 'unname'>
  readonly contents: WantedContents
  readonly onEnded: () => void
}

export class Followed {
  private readonly options: FollowedOptions
  private readonly stopListening: (() => void)[] = []
  private outcomes: Outcome[] = []
  private isTelling = false
  private isOver = false

  /** The journal ends where the coordinator's records begin. */
  constructor(options: FollowedOptions) {
    this.options = options
  }

  /** The position comes before anything that is needed. */
  begin(): void {
    const { store, stream, follow, contents } = this.options
    this.tell()
    this.stopListening.push(
      store.fence.listen(reason => this.fail(new ConcurError('READ_ONLY', `takes no changes: ${reason}`))),
      store.settler.listen({
        onSettled: (_settledSeq, outcomes) => {
          this.outcomes.push(...outcomes)
          this.tellSoon()
        },
        onTrouble: error => this.fail(error),
      }),
    )
    contents.begin(seq => stream.send('NEED', { seq }))
    store.settler.commit(follow.committedSeq)
  }

  hear(message: Message, bodyBytes: number): void {
    if (this.isOver) return
    const { store, contents } = this.options
    try {
      if (message.opcode === 'RECORDS') this.take(message.body, bodyBytes)
      else if (message.opcode === 'COMMITTED') store.settler.commit(message.body.seq)
      else if (message.opcode === 'LOST')
        contents.give(message.body.seq, { is: 'lost', reason: message.body.reason })
    } catch (error) {
      this.fail(asConcurError(error))
    }
  }

  /** Ends it; the coordinator is told how far this node came, and why. */
  fail(error: ConcurError): void {
    if (this.isOver) return
    if (this.isTelling) this.tell()
    this.options.stream.fail(error)
    this.end()
  }

  /** Ends it without a word: the stream has ended. What is known to be committed is settled all the same. */
  end(): void {
    if (this.isOver) return
    this.isOver = true
    for (const stop of this.stopListening) stop()
    this.options.contents.end()
    this.options.onEnded()
  }

  /** @throws ConcurError BAD_FRAME, CONFLICT. */
  private take(body: BodyOf<'RECORDS'>, bodyBytes: number): void {
    const { store, stream, stages } = this.options
    const { journal, settler } = store
    const entries = entriesOf(body, journal.last)
    if (entries.length === 0) return stream.consumed(bodyBytes)
    const committedSeq = Math.max(...entries.map(({ record }) => record.committedSeq))
    stages.name(stagesOf(entries))
    settler.commit(committedSeq)
    journal.append(entries).then(
      () => {
        stages.belong(stagesOf(entries))
        stream.consumed(bodyBytes)
        settler.commit(committedSeq)
        this.tellSoon()
      },
      error => {
        const kept = entries.filter(({ record: { seq } }) => seq <= journal.durableSeq)
        stages.belong(stagesOf(kept))
        stages.unname(stagesOf(entries))
        this.fail(asConcurError(error))
      },
    )
  }

  private tellSoon(): void {
    if (this.isTelling || this.isOver) return
    this.isTelling = true
    this.options.timers.endOfTurn(() => {
      this.isTelling = false
      if (!this.isOver) this.tell()
    })
  }

  /** The last of several frames alone says how far the settling is. */
  private tell(): void {
    const { store, stream } = this.options
    const pieces = [...piecesOf(this.outcomes)]
    this.outcomes = []
    const position = { journaledSeq: store.journal.durableSeq, settledSeq: store.settler.settledSeq }
    for (const [at, outcomes] of pieces.entries()) {
      const isLast = at === pieces.length - 1
      const settledSeq = isLast ? position.settledSeq : Math.min(position.settledSeq, outcomes[0]!.seq - 1)
      stream.send('SETTLED', { ...position, settledSeq, outcomes })
    }
  }
}

/** @returns the outcomes cut so that each piece fits into a frame; one piece where there are none. */
export function* piecesOf(outcomes: readonly Outcome[]): Generator<Settled['outcomes']> {
  let piece: Outcome[] = []
  let bytes = 0
  for (const { seq, kept, replaced } of outcomes) {
    let part: Outcome['kept'][number][] = []
    for (const one of kept) {
      bytes += keptFixedBytes + Buffer.byteLength(one.path)
      part.push(one)
      if (bytes < outcomesBytesAim) continue
      yield [...piece, { seq, kept: part, replaced: [] }]
      piece = []
      part = []
      bytes = 0
    }
    piece.push({ seq, kept: part, replaced })
    bytes += 64 + replaced.reduce((sum, { path }) => sum + 64 + Buffer.byteLength(path), 0)
    if (bytes < outcomesBytesAim) continue
    yield piece
    piece = []
    bytes = 0
  }
  yield piece
}

/** @throws ConcurError BAD_FRAME for what is no record, CONFLICT for one that does not follow from the one before. */
function entriesOf({ entries: sent }: BodyOf<'RECORDS'>, last: Pick<Last, 'seq' | 'hash'>): JournalEntry[] {
  let { seq, hash } = last
  return sent.map(({ record, body }) => {
    const entry = wellFormed(record, body)
    if (entry.record.seq !== seq + 1 || entry.record.previous !== hash) throw forkedAt(entry.record.seq)
    seq = entry.record.seq
    hash = entry.hash
    return entry
  })
}

/** @throws ConcurError BAD_FRAME, also for a path that is none. */
function wellFormed(record: Buffer, body: Buffer | null): JournalEntry {
  try {
    return readEntry(record, body)
  } catch (error) {
    const { code, message } = asConcurError(error)
    throw code === 'BAD_PATH' ? new ConcurError('BAD_FRAME', message, { cause: error }) : error
  }
}

/** @returns the stages that the records name. */
export function stagesOf(entries: readonly JournalEntry[]): StageId[] {
  return entries.flatMap(({ record }) => bodyOf(record.change)?.stage ?? [])
}
