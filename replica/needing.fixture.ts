/** A replica that needs bytes, the coordinator that it follows, and what lies on its disk. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { blockBytes } from '../protocol/limits.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  tell,
  told,
} from './followed-peer.fixture.ts'
import { type Ordered, put, stageId } from './store/changes.fixture.ts'
import { openTemporaryStore } from './store/store.fixture.ts'
import { Supplying } from './supplying.fixture.ts'

/** @returns a content whose blocks these letters stand for; in front of a `.` a short one. */
export function contentOf(blocks: string): Buffer {
  const all = blocks.match(/.\.?/g)!
  return Buffer.concat(all.map(block => Buffer.alloc(block.endsWith('.') ? 1000 : blockBytes, block[0])))
}

export class NeedingReplica {
  readonly coordinator = new Ordering()
  replica: FollowingReplica
  /** To FOLLOW. */
  answer: Answer

  private constructor(replica: FollowingReplica, answer: Answer) {
    this.replica = replica
    this.answer = answer
  }

  static async open(): Promise<NeedingReplica> {
    const replica = await openFollowing()
    const answer = replica.follow(new Ordering())
    await accepted(answer)
    return new NeedingReplica(replica, answer)
  }

  inRoot(path: string): string {
    return join(this.replica.root, path)
  }

  write(path: string, content: Buffer): void {
    writeFileSync(this.inRoot(path), content)
  }

  holds(path: string, content: Buffer): boolean {
    return existsSync(this.inRoot(path)) && readFileSync(this.inRoot(path)).equals(content)
  }

  /** What the record `seq` took from a path, or kept back. */
  holdsInHistory(seq: number, path: string, content: Buffer): boolean {
    return this.holds(`.concur/history/${String(seq).padStart(16, '0')}/${path}`, content)
  }

  staging(): string[] {
    return readdirSync(this.inRoot('.concur/staging'))
  }

  stagedFile(): string {
    return this.inRoot(`.concur/staging/${this.staging()[0]}`)
  }

  async settled(...ordered: Ordered[]): Promise<void> {
    tell(this.answer, this.coordinator.order(ordered))
    commit(this.answer, this.coordinator.last.seq)
    await told(this.answer, { settledSeq: this.coordinator.last.seq })
  }

  /** The replica needs what this makes. @returns the record's seq. */
  async needed(ordered: Ordered): Promise<number> {
    tell(this.answer, this.coordinator.order([ordered]), { bare: true })
    const { seq } = this.coordinator.last
    commit(this.answer, seq)
    await this.untilNeeded(seq)
    return seq
  }

  /** It needs `content` at the path `a`, over a file of `old` that is there. */
  async neededOver(old: Buffer | null, content: Buffer): Promise<number> {
    if (old !== null) this.write('a', old)
    return this.needed(put('a', content, { seen: old === null ? [] : [old], stage: stageId(1) }))
  }

  untilNeeded(seq: number): Promise<void> {
    return until(() => this.answer.all('NEED').some(need => need.seq === seq), 'NEED')
  }

  /** `said` differs from the truth. */
  supply(seq: number, content: Buffer, said: Partial<BodyOf<'SUPPLY'>> = {}): Supplying {
    return new Supplying(this.replica.served.peer, seq, content, said)
  }

  async follow(position: { afterSeq: number; committedSeq?: number }): Promise<void> {
    this.answer = this.replica.follow(this.coordinator, position)
    await accepted(this.answer)
  }

  /** The process ends, and another begins. */
  async restart(): Promise<void> {
    const { root, disk, served, following, store } = this.replica
    served.close()
    following.close()
    await store.close()
    this.replica = await openFollowing(await openTemporaryStore({ root, disk }))
  }

  remove(): Promise<void> {
    return this.replica.remove()
  }
}
