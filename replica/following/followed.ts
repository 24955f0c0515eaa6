/**
 * One FOLLOW stream from its acceptance to its end: takes the coordinator's records into the journal, in their order and
 * without gaps, lets the store settle what is committed, and says how far both are, once a turn.
 * Clause: protocol/README.md "FOLLOW".
 */
import type { Follow, Outcome, Settled } from '../../protocol/change-messages.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import { frameBodyBytesMax } from '../../protocol/limits.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import { bodyOf, type JournalEntry, readEntry } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import type { Store } from '../store/store.ts'
import { WantedContents } from './wanted-contents.ts'

/** Bytes of outcomes in one frame, and of one of them beside its paths and reasons. */
const outcomesBytesAim = frameBodyBytesMax / 4
const keptFixedBytes = 1_024 + 64

export interface FollowedOptions {
  readonly store: Store
  readonly stream: Stream
  readonly follow: Follow
  readonly timers: Timers
  /** Records are in the journal, durable. */
  readonly onDurable: (entries: readonly JournalEntry[]) => void
  readonly onEnded: () => void
}

export class Followed {
  readonly contents: WantedContents
  private readonly options: FollowedOptions
  private readonly stopListening: () => void
  private outcomes: Outcome[] = []
  private committedSeq: number
  private isTelling = false
  private isOver = false

  /** The journal ends where the coordinator's records begin. */
  constructor(options: FollowedOptions) {
    const { store, stream, follow } = options
    this.options = options
    this.committedSeq = follow.committedSeq
    this.contents = new WantedContents(seq => stream.send('NEED', { seq }))
    this.stopListening = store.settler.listen({
      onSettled: (_settledSeq, outcomes) => {
        this.outcomes.push(...outcomes)
        this.tellSoon()
      },
      onTrouble: error => this.fail(error),
    })
    store.setContentSource(this.contents)
    store.settler.commit(this.committedSeq)
    this.tell()
  }

  /** @throws ConcurError BAD_FRAME, BAD_PATH for records that are none. */
  hear(message: Message, bodyBytes: number): void {
    if (this.isOver) return
    if (message.opcode === 'RECORDS') this.take(message.body, bodyBytes)
    else if (message.opcode === 'COMMITTED') this.commit(message.body.seq)
    else if (message.opcode === 'LOST')
      this.contents.give(message.body.seq, { is: 'lost', reason: message.body.reason })
  }

  /** Ends it; the coordinator is told why. */
  fail(error: ConcurError): void {
    if (this.isOver) return
    this.options.stream.fail(error)
    this.end()
  }

  /** Ends it without a word: the stream has ended. */
  end(): void {
    if (this.isOver) return
    this.isOver = true
    this.stopListening()
    this.options.store.setContentSource(null)
    this.contents.end()
    this.options.onEnded()
  }

  private take({ entries: sent }: BodyOf<'RECORDS'>, bodyBytes: number): void {
    const { store, stream, onDurable } = this.options
    const { journal } = store
    let { seq, hash } = journal.last
    const entries: JournalEntry[] = []
    for (const { record, body } of sent) {
      const entry = readEntry(record, body)
      if (entry.record.seq !== seq + 1 || entry.record.previous !== hash)
        return this.fail(new ConcurError('CONFLICT', `forked at seq ${entry.record.seq}`))
      entries.push(entry)
      seq = entry.record.seq
      hash = entry.hash
      this.committedSeq = Math.max(this.committedSeq, entry.record.committedSeq)
    }
    if (entries.length === 0) return stream.consumed(bodyBytes)
    journal.append(entries).then(
      () => {
        onDurable(entries)
        stream.consumed(bodyBytes)
        store.settler.commit(this.committedSeq)
        this.tellSoon()
      },
      error => this.fail(asConcurError(error)),
    )
  }

  private commit(seq: number): void {
    this.committedSeq = Math.max(this.committedSeq, seq)
    this.options.store.settler.commit(this.committedSeq)
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
    bytes += 64 + replaced.reduce((sum, { path }) => sum + 64 + Buffer.byteLength(path), 0)
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
    if (bytes < outcomesBytesAim) continue
    yield piece
    piece = []
    bytes = 0
  }
  yield piece
}

/** @returns the stages that the records name. */
export function stagesOf(entries: readonly JournalEntry[]): string[] {
  return entries.flatMap(({ record }) => bodyOf(record.change)?.stage ?? [])
}
