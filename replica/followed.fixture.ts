/**
 * A replica that follows a coordinator of the test's making: what the tests of records, stages and supplies begin with, and
 * what they say and hear.
 */
import type { Answer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import type { Follow, Outcome } from '../protocol/change-messages.ts'
import type { StageId } from '../protocol/ids.ts'
import type { JournalEntry } from '../protocol/record.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  positionOf,
  seal,
  tell,
  told,
} from './followed-peer.fixture.ts'
import { type Ordered, ownFiles, treeOf } from './store/changes.fixture.ts'

export class Followed {
  readonly replica: FollowingReplica
  readonly coordinator = new Ordering()
  /** The stream on which it follows. */
  answer: Answer

  /** @returns when the replica has taken the stream. */
  static async open(): Promise<Followed> {
    const followed = new Followed(await openFollowing())
    await accepted(followed.answer)
    return followed
  }

  private constructor(replica: FollowingReplica) {
    this.replica = replica
    this.answer = replica.follow(this.coordinator)
  }

  close(): Promise<void> {
    return this.replica.remove()
  }

  /** Follows on another stream, over the link that is there now. */
  async followAgain(request: Partial<Follow>): Promise<void> {
    this.answer = this.replica.follow(this.coordinator, request)
    await accepted(this.answer)
  }

  /** Orders records without telling them. */
  order(...ordered: Ordered[]): JournalEntry[] {
    return this.coordinator.order(ordered)
  }

  /** Orders records and tells them in one frame. */
  tell(...ordered: Ordered[]): void {
    this.tellEntries(this.order(...ordered))
  }

  /** As `tell`, and leaves their bytes out. */
  tellBare(...ordered: Ordered[]): void {
    tell(this.answer, this.order(...ordered), { bare: true })
  }

  tellEntries(entries: readonly JournalEntry[]): void {
    tell(this.answer, entries)
  }

  commit(seq: number): void {
    commit(this.answer, seq)
  }

  /** Settles when the replica has said that it is so far. */
  told(far: { journaledSeq?: number; settledSeq?: number }): Promise<void> {
    return told(this.answer, far)
  }

  get position() {
    return positionOf(this.answer)
  }

  /** What was told of settled records. */
  get outcomes(): Outcome[] {
    return this.answer.all('SETTLED').flatMap(({ outcomes }) => outcomes)
  }

  /** The records whose bytes were asked for on this stream. */
  get needs(): number[] {
    return this.answer.all('NEED').map(({ seq }) => seq)
  }

  untilNeeded(seq = this.coordinator.last.seq): Promise<void> {
    return until(() => this.needs.includes(seq), `NEED of record ${seq}`)
  }

  /** Begins a stage with these bytes, without its SEAL. */
  stage(id: StageId, content: string): Answer {
    return this.replica.stage(id, content)
  }

  /** A stage whose bytes are durable, or were refused. */
  async sealed(id: StageId, content: string): Promise<Answer> {
    const stage = this.stage(id, content)
    seal(stage, content)
    await stage.until(({ messages, error }) => messages.length > 0 || error !== null, 'STAGED')
    return stage
  }

  get tree(): Record<string, string | null> {
    return treeOf(this.replica.root)
  }

  /** What lies in the staging folder, by name. */
  get staged(): Record<string, string> {
    return ownFiles(this.replica.root, 'staging')
  }

  untilNothingStaged(): Promise<void> {
    return until(() => Object.keys(this.staged).length === 0, 'the stage to be gone')
  }
}
