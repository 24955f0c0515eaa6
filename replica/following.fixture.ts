/** For the tests of a replica's side of the changes: the production store, and raw peers in the role of coordinators. */
import { FakeTime } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { type Served, serve } from '../fixtures/served.ts'
import type { ConcurError } from '../protocol/errors.ts'
import type { RecordHash } from '../protocol/ids.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import type { Epoch, JournalEntry } from '../protocol/record.ts'
import { answerNode, type NodeRequest } from './answer-node.ts'
import { Following } from './following.ts'
import { entriesFor, epoch, type Ordered } from './store/changes.fixture.ts'
import type { FiledFork } from './store/fork/filing.ts'
import { openTemporaryStore, type TemporaryStore, timers } from './store/store.fixture.ts'

const nobodyAsks = (): never => {
  throw new Error('nobody asks for the condition here')
}

export class FollowingReplica {
  readonly temporary: TemporaryStore
  readonly following: Following
  /** What was filed. */
  readonly forks: FiledFork[] = []
  private readonly links: Served[] = []

  static async open(options: { segmentBytes?: number } = {}): Promise<FollowingReplica> {
    return new FollowingReplica(await openTemporaryStore(options))
  }

  private constructor(temporary: TemporaryStore) {
    this.temporary = temporary
    this.following = new Following({
      store: temporary.store,
      timers,
      onForkFiled: fork => void this.forks.push(fork),
    })
  }

  /** @returns a coordinator's link. */
  async link(): Promise<Served> {
    const { store } = this.temporary
    const time = new FakeTime()
    const answering = {
      store,
      reports: new ProgressReports(time),
      following: this.following,
      condition: nobodyAsks,
    }
    const served = await serve(
      time,
      (request, stream) => answerNode(request as NodeRequest, { ...answering, stream }),
      { role: 'coordinator' },
    )
    this.links.push(served)
    return served
  }

  /** Asks to be followed, from the end of the replica's journal on unless something else is said. */
  follow(
    { peer }: Served,
    position: {
      epoch?: Epoch
      afterSeq?: number
      afterHash?: RecordHash
      committedSeq?: number
      isFork?: boolean
      journalKeep?: number
      historyMs?: number | null
    } = {},
  ): Answer {
    const { seq, hash } = this.temporary.store.journal.last
    const from = {
      epoch,
      afterSeq: seq,
      afterHash: hash,
      committedSeq: 0,
      isFork: false,
      journalKeep: 1_000_000,
      historyMs: null,
      ...position,
    }
    return peer.ask('FOLLOW', from, { more: true })
  }

  /** @returns records that follow from what the replica's journal has now. */
  entries(...ordered: Ordered[]): JournalEntry[] {
    return entriesFor(this.temporary.store, ordered)
  }

  async close(): Promise<void> {
    this.following.close()
    for (const link of this.links) link.close()
    await this.temporary.remove()
  }
}

export function send(answer: Answer, entries: readonly JournalEntry[]): void {
  const page = entries.map(({ bytes, body }) => ({ record: bytes, body }))
  answer.stream.sendFlow('RECORDS', { entries: page })
}

/** @returns the position that was told last. */
export const last = (answer: Answer) => answer.all('SETTLED').at(-1)

export const untilSettled = (answer: Answer, seq: number): Promise<void> =>
  answer.until(() => last(answer)?.settledSeq === seq, `record ${seq} to be settled`)

export const untilJournaled = (answer: Answer, seq: number): Promise<void> =>
  answer.until(() => last(answer)?.journaledSeq === seq, `record ${seq} to be journaled`)

/** @returns the error with which an answer ended. */
export async function refused(answer: Answer): Promise<ConcurError | null> {
  return (await answer.ended()).error
}
