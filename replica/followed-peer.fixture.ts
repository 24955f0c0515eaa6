/**
 * A replica's side of changes on a temporary store, with the test in the coordinator's place: it orders records of its
 * own, and says and hears frames as they are.
 */
import { FakeTime } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Follow } from '../protocol/change-messages.ts'
import { digestOf } from '../protocol/digest.ts'
import type { Incarnation, StageId } from '../protocol/ids.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { type Epoch, type JournalEntry, noHash } from '../protocol/record.ts'
import { answerNode, type NodeRequest } from './answer-node.ts'
import { Following } from './following.ts'
import { entriesFor, type Ordered } from './store/changes.fixture.ts'
import { openTemporaryStore, type TemporaryStore } from './store/store.fixture.ts'

const nobodyAsks = (): never => {
  throw new Error('nobody asks for the condition here')
}

export const term = (number: number, letter = 'a'): Epoch => ({
  number,
  incarnation: letter.repeat(32) as Incarnation,
})

/** The coordinator's journal. */
export class Ordering {
  readonly entries: JournalEntry[] = []

  get last() {
    const entry = this.entries.at(-1)
    return { seq: entry?.record.seq ?? 0, hash: entry?.hash ?? noHash }
  }

  order(ordered: readonly Ordered[], committedSeq = 0): JournalEntry[] {
    const entries = entriesFor({ journal: { last: this.last } }, ordered, committedSeq)
    this.entries.push(...entries)
    return entries
  }

  hashAt(seq: number) {
    return seq === 0 ? noHash : this.entries[seq - 1]!.hash
  }
}

export interface FollowingReplica extends TemporaryStore {
  readonly time: FakeTime
  readonly served: Served
  readonly following: Following
  /** Asks to be followed; `afterHash` is that of `from` unless stated. */
  follow(from: Ordering, request?: Partial<Follow>): Answer
  /** Begins a stage with these bytes, without its SEAL. */
  stage(id: StageId, content: string): Answer
  /** Again, as after the loss of the link. */
  relink(): Promise<void>
}

export async function openFollowing(temporary?: TemporaryStore): Promise<FollowingReplica> {
  const time = new FakeTime()
  const opened = temporary ?? (await openTemporaryStore())
  const { store } = opened
  const reports = new ProgressReports(time)
  const following = new Following({ store, timers: time, onForkFiled: () => {} })
  const link = () =>
    serve(
      time,
      (request, stream) =>
        answerNode(request as NodeRequest, { stream, store, reports, following, condition: nobodyAsks }),
      { role: 'coordinator' },
    )
  const replica = {
    ...opened,
    time,
    following,
    served: await link(),
    follow(from: Ordering, request: Partial<Follow> = {}) {
      const afterSeq = request.afterSeq ?? 0
      const asked = {
        epoch: term(1),
        afterSeq,
        afterHash: from.hashAt(afterSeq),
        committedSeq: 0,
        isFork: false,
        journalKeep: 1_000_000,
        historyMs: null,
        ...request,
      }
      return replica.served.peer.ask('FOLLOW', asked, { more: true })
    },
    stage(id: StageId, content: string) {
      const answer = replica.served.peer.ask('STAGE', { stage: id }, { more: true })
      void answer.stream.sendPiece('CHUNK', Buffer.from(content))
      return answer
    },
    async relink() {
      replica.served.close()
      replica.served = await link()
    },
    async remove() {
      replica.served.close()
      following.close()
      await opened.remove()
    },
  }
  return replica
}

/** Sends records as they are, with their bodies unless `bare`. */
export function tell(answer: Answer, entries: readonly JournalEntry[], { bare = false } = {}): void {
  const sent = entries.map(({ bytes, body }) => ({
    record: bytes,
    body: bare || !body?.length ? null : body,
  }))
  void answer.stream.sendFlow('RECORDS', { entries: sent })
}

export function commit(answer: Answer, seq: number): void {
  answer.stream.send('COMMITTED', { seq })
}

export function seal(answer: Answer, content: string): void {
  const { digest } = digestOf(Buffer.from(content))
  void answer.stream.sendFlow('SEAL', { size: Buffer.byteLength(content), digest }, true)
}

/** Settles when the first SETTLED has come. */
export async function accepted(answer: Answer): Promise<void> {
  await answer.until(({ messages, error }) => messages.length > 0 || error !== null, 'an answer to FOLLOW')
  if (answer.error !== null) throw answer.error
}

export const positionOf = (answer: Answer) => answer.all('SETTLED').at(-1)

/** Settles when the replica has said that it is so far. */
export async function told(
  answer: Answer,
  far: { journaledSeq?: number; settledSeq?: number },
): Promise<void> {
  const { journaledSeq = 0, settledSeq = 0 } = far
  await until(
    () => {
      if (answer.error !== null) throw answer.error
      const at = positionOf(answer)
      return at !== undefined && at.journaledSeq >= journaledSeq && at.settledSeq >= settledSeq
    },
    `SETTLED ${JSON.stringify(far)}`,
  )
}
