/**
 * One FOLLOW stream: records come in order, are checked, and are appended to the journal; what is durable and what is
 * settled goes back. Nothing here decides whether the stream may be followed (following.ts).
 * Clause: protocol/README.md "FOLLOW".
 */
import type { Outcome } from '../protocol/change-messages.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { RecordHash, StageId } from '../protocol/ids.ts'
import type { BodyOf, Message } from '../protocol/opcodes.ts'
import { receivedEntry } from '../protocol/received-entry.ts'
import { bodyOf, type JournalEntry } from '../protocol/record.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Timers } from '../protocol/world.ts'
import { settledPages } from './settled-pages.ts'
import type { Stagings } from './staging.ts'
import { both, grows, needOf, noNeed, type Room } from './store/room.ts'
import type { Store } from './store/store.ts'
import { diskRefusal } from './store/trouble.ts'

export interface FollowedOptions {
  readonly stream: Stream
  readonly store: Store
  readonly stagings: Stagings
  readonly timers: Timers
  /** Takes what is to be told of settled records; it is told once. */
  readonly takeOutcomes: () => readonly Outcome[]
  /** Records up to `seq` may be settled. */
  readonly commit: (seq: number) => void
  /** Ends the stream with this error. */
  readonly fail: (error: ConcurError) => void
  readonly onLost: (seq: number, reason: string) => void
}

interface Page {
  readonly entries: readonly JournalEntry[]
  readonly bodyBytes: number
}

export class FollowedRecords {
  private readonly options: FollowedOptions
  /** What the coordinator said last of what is committed. */
  private knownSeq: number
  /** The last durable record, and what it says is committed. */
  private durable: { seq: number; committedSeq: number }
  private last: { seq: number; hash: RecordHash }
  private inbox: { body: BodyOf<'RECORDS'>; bodyBytes: number }[] = []
  private isWaiting = false
  private isTelling = false
  private isReplaced = false

  /** The journal ends with the record from which the coordinator goes on, durably. */
  constructor(options: FollowedOptions, committedSeq: number) {
    this.options = options
    const { seq, hash, committedSeq: lastCommittedSeq } = options.store.journal.last
    this.last = { seq, hash }
    this.durable = { seq, committedSeq: lastCommittedSeq }
    this.knownSeq = committedSeq
    this.tellNow()
    this.commit()
  }

  hear(message: Message, bodyBytes: number): void {
    switch (message.opcode) {
      case 'RECORDS':
        this.inbox.push({ body: message.body, bodyBytes })
        return this.work()
      case 'COMMITTED':
        this.knownSeq = Math.max(this.knownSeq, message.body.seq)
        return this.commit()
      case 'LOST':
        return this.options.onLost(message.body.seq, message.body.reason)
    }
  }

  /** Another stream is followed from now on: nothing that this one said counts any more. */
  replace(): void {
    this.isReplaced = true
    this.inbox = []
  }

  /** What has moved is told when this turn has brought in all that it brings. */
  tell(): void {
    if (this.isTelling) return
    this.isTelling = true
    this.options.timers.endOfTurn(() => {
      this.isTelling = false
      this.tellNow()
    })
  }

  private tellNow(): void {
    const { stream, store, takeOutcomes } = this.options
    if (stream.ended) return
    const position = { journaledSeq: this.durable.seq, settledSeq: store.settler.settledSeq }
    for (const page of settledPages(position, takeOutcomes())) stream.send('SETTLED', page)
  }

  /** Takes what has come, as far as the stages that it names are durable. */
  private work(): void {
    while (this.inbox.length > 0 && !this.isWaiting && !this.options.stream.ended) {
      const { body, bodyBytes } = this.inbox.shift()!
      try {
        this.take({ entries: this.checked(body), bodyBytes })
      } catch (error) {
        this.options.fail(diskRefusal(error))
      }
    }
  }

  private take(page: Page): void {
    const coming = stagesOf(page.entries).flatMap(stage => this.options.stagings.whole(stage) ?? [])
    if (coming.length === 0) return this.append(page)
    this.isWaiting = true
    Promise.all(coming).then(() => {
      this.isWaiting = false
      if (this.isReplaced || this.options.stream.ended) return
      this.append(page)
      this.work()
    })
  }

  /** Several pages may be on their way to the disk at once. What there is no room for is not taken. */
  private append({ entries, bodyBytes }: Page): void {
    const { fail, store, stagings } = this.options
    const refusal = refusalOf(store.room, entries)
    if (refusal !== null) return fail(refusal)
    const stages = stagesOf(entries)
    for (const stage of stages) stagings.name(stage, true)
    for (const { record } of entries) store.room.owe(record.seq, needOf(record.change))
    store.journal.append(entries).then(
      () => this.onDurable(entries, bodyBytes),
      error => {
        for (const stage of stages) stagings.name(stage, false)
        fail(diskRefusal(error))
      },
    )
  }

  private onDurable(entries: readonly JournalEntry[], bodyBytes: number): void {
    for (const stage of stagesOf(entries)) this.options.stagings.belongsToRecord(stage)
    const last = entries.at(-1)
    if (this.isReplaced || last === undefined) return
    const { seq, committedSeq } = last.record
    this.durable = { seq, committedSeq }
    this.options.stream.consumed(bodyBytes)
    this.knownSeq = Math.max(this.knownSeq, committedSeq)
    this.tell()
    this.commit()
  }

  /**
   * What is committed may end behind what is here. Then only what the last record here says of it counts: a prefix
   * that the coordinator has named never ends in front of a record that abandons another one, one cut here might.
   */
  private commit(): void {
    const { seq, committedSeq } = this.durable
    this.options.commit(this.knownSeq <= seq ? this.knownSeq : committedSeq)
  }

  /** @throws ConcurError CONFLICT, BAD_FRAME. */
  private checked({ entries }: BodyOf<'RECORDS'>): JournalEntry[] {
    return entries.map(({ record, body }) => {
      const entry = receivedEntry(record, body)
      const { seq, previous } = entry.record
      if (seq !== this.last.seq + 1 || previous !== this.last.hash)
        throw new ConcurError('CONFLICT', `forked at seq ${this.last.seq + 1}`)
      this.last = { seq, hash: entry.hash }
      return entry
    })
  }
}

/** @returns why the records cannot be taken all together, or null. Those that need nothing are taken on a full disk too. */
function refusalOf(room: Room, entries: readonly JournalEntry[]): ConcurError | null {
  let need = noNeed
  for (const { record } of entries) need = both(need, needOf(record.change))
  if (need.files === 0) return null
  return room.refusal(
    need,
    entries.some(({ record }) => grows(record.change)),
  )
}

export function stagesOf(entries: readonly JournalEntry[]): StageId[] {
  return entries.flatMap(({ record }) => bodyOf(record.change)?.stage ?? [])
}
