/** A follower over a link in memory: a journal that a test writes, and a replica that answers as README.md says. */

import type { FakeTime } from '../../fixtures/fake-time.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import type { Follow, Settled } from '../../protocol/change-messages.ts'
import type { Request } from '../../protocol/connection.ts'
import { blockLength, digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Incarnation, NodeName, RecordHash } from '../../protocol/ids.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { BodyOf, Message, Opcode } from '../../protocol/opcodes.ts'
import { parsePath } from '../../protocol/path.ts'
import { type Change, type JournalEntry, newEntry, noHash, readEntry } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { OpenBody } from '../../replica/store/store.ts'
import { Follower } from './follower.ts'

export const epoch = { number: 7, incarnation: 'e'.repeat(32) as Incarnation }

/** @returns a put of this content, which rides beside the record up to 64 KiB where `isBeside`. */
export function putOf(path: string, content: Buffer, isBeside = true): Change {
  const { digest } = digestOf(content)
  const stage = isBeside ? null : 'a'.repeat(32)
  return {
    type: 'put',
    path: parsePath(path),
    base: null,
    seen: [],
    digest,
    size: content.length,
    executable: null,
    body: { bytes: content.length, stage },
  } as Change
}

/** A journal in memory. */
export class ScriptedJournal {
  entries: JournalEntry[] = []
  /** Records that were read to be sent, the same ones counted each time. */
  recordsRead = 0

  constructor(entries: readonly JournalEntry[] = []) {
    this.entries = [...entries]
  }

  get last() {
    const entry = this.entries.at(-1)
    return {
      seq: this.entries.length,
      hash: entry?.hash ?? (noHash as RecordHash),
      epoch: entry?.record.epoch ?? null,
      committedSeq: entry?.record.committedSeq ?? 0,
    }
  }

  at(seq: number): JournalEntry | null {
    return this.entries[seq - 1] ?? null
  }

  readAfter(seq: number, bytesMax: number): JournalEntry[] {
    const page: JournalEntry[] = []
    let bytes = 0
    for (const entry of this.entries.slice(seq, seq + 1000)) {
      bytes += entry.bytes.length + (entry.body?.length ?? 0) + 32
      if (page.length > 0 && bytes > bytesMax) break
      page.push(entry)
    }
    this.recordsRead += page.length
    return page
  }

  append(options: { change?: Change; body?: Buffer; committedSeq?: number } = {}): JournalEntry {
    const { change, body = null, committedSeq = 0 } = options
    const { seq, hash } = this.last
    const entry = newEntry(
      {
        epoch,
        seq: seq + 1,
        previous: hash,
        committedSeq,
        timeMs: 1_700_000_000_000 + seq,
        client: null,
        operation: null,
        change: change ?? { type: 'mkdir', path: parsePath(`folder ${seq + 1}`) },
      },
      body,
    )
    this.entries.push(entry)
    return entry
  }

  /** Appends `count` folders, with `prefix` in their names. */
  grow(count: number, prefix = 'folder'): this {
    for (let i = 0; i < count; i++)
      this.append({ change: { type: 'mkdir', path: parsePath(`${prefix} ${this.last.seq + 1}`) } })
    return this
  }
}

/** A body in memory that tells what was done with it. */
export class ScriptedBody implements OpenBody {
  readonly size: number
  readonly blockDigests: Buffer
  blocksRead = 0
  isClosed = false
  private readonly content: Buffer
  private readonly failure: { atBlock: number; error: ConcurError } | null

  constructor(content: Buffer, failure: { atBlock: number; error: ConcurError } | null = null) {
    this.content = content
    this.failure = failure
    this.size = content.length
    this.blockDigests = digestOf(content).blockDigests
  }

  async *blocks(): AsyncGenerator<Buffer> {
    for (let index = 0; index * blockBytes < this.size; index++) {
      if (this.failure?.atBlock === index) throw this.failure.error
      this.blocksRead++
      const at = index * blockBytes
      yield Buffer.from(this.content.subarray(at, at + blockLength(this.size, index)))
    }
  }

  close(): void {
    this.isClosed = true
  }
}

/** What came behind one request. */
export class Heard<Body> {
  readonly body: Body
  readonly stream: Stream
  readonly messages: Message[] = []
  isFinished = false
  failure: ConcurError | null = null

  constructor(body: Body, stream: Stream, givesCredit: () => boolean) {
    this.body = body
    this.stream = stream
    stream.listen({
      onMessage: (message, fin, bytes) => {
        const isRaw = message.opcode === 'CHUNK' || message.opcode === 'DIGESTS'
        this.messages.push(
          isRaw ? ({ ...message, body: Buffer.from(message.body as Buffer) } as Message) : message,
        )
        this.isFinished = fin
        if (givesCredit()) stream.consumed(bytes)
      },
      onFailed: error => {
        this.failure = error
      },
    })
  }

  all<K extends Opcode>(opcode: K): BodyOf<K>[] {
    return this.messages.flatMap(message => (message.opcode === opcode ? [message.body as BodyOf<K>] : []))
  }

  bytes(opcode: 'CHUNK' | 'DIGESTS'): Buffer {
    return Buffer.concat(this.all(opcode))
  }

  /** The records that came, page by page. */
  pages(): JournalEntry[][] {
    return this.all('RECORDS').map(({ entries }) =>
      entries.map(({ record, body }) =>
        readEntry(Buffer.from(record), body === null ? null : Buffer.from(body)),
      ),
    )
  }
}

/** Answers JOURNAL_AT and FOLLOW by the rules; what comes then is the test's to answer. */
export class ScriptedReplica {
  readonly journal: ScriptedJournal
  committedSeq = 0
  /** Refuses FOLLOW with this. */
  refusal: ConcurError | null = null
  givesCredit = true
  answersFollow = true
  readonly probes: number[] = []
  readonly follows: Heard<Follow>[] = []
  readonly supplies: Heard<BodyOf<'SUPPLY'>>[] = []

  constructor(entries: readonly JournalEntry[] = []) {
    this.journal = new ScriptedJournal(entries)
  }

  get followed(): Heard<Follow> {
    return this.follows.at(-1)!
  }

  onRequest(request: Request, stream: Stream): void {
    if (request.opcode === 'JOURNAL_AT') this.onJournalAt(request.body.seq, stream)
    if (request.opcode === 'FOLLOW') this.onFollow(request.body, stream)
    if (request.opcode === 'SUPPLY')
      this.supplies.push(new Heard(request.body, stream, () => this.givesCredit))
  }

  settle(journaledSeq: number, settledSeq: number): void {
    this.followed.stream.send('SETTLED', { journaledSeq, settledSeq, outcomes: [] })
  }

  private onJournalAt(seq: number, stream: Stream): void {
    const { journal, committedSeq } = this
    this.probes.push(seq)
    const hash = journal.at(seq)?.hash ?? null
    const { last } = journal
    stream.send('JOURNAL_IS', { epoch: last.epoch, lastSeq: last.seq, committedSeq, hash }, true)
  }

  private onFollow(body: Follow, stream: Stream): void {
    this.follows.push(new Heard(body, stream, () => this.givesCredit))
    if (!this.answersFollow) return
    const refusal = this.refusal ?? this.refusalOf(body)
    if (refusal !== null) return stream.fail(refusal)
    this.journal.entries.length = body.afterSeq
    this.settle(body.afterSeq, Math.min(this.committedSeq, body.afterSeq))
  }

  private refusalOf({ afterSeq, afterHash }: Follow): ConcurError | null {
    const hash = afterSeq === 0 ? noHash : this.journal.at(afterSeq)?.hash
    if (hash !== afterHash) return new ConcurError('CONFLICT', `forked at seq ${afterSeq}`)
    const committedThere = Math.min(this.committedSeq, this.journal.last.seq)
    return committedThere > afterSeq
      ? new ConcurError('ROLLED_BACK', 'the coordinator lacks what is committed')
      : null
  }
}

export class FollowedWorld {
  readonly journal: ScriptedJournal
  readonly replica: ScriptedReplica
  readonly told: Settled[] = []
  readonly following: Settled[] = []
  readonly ended: ConcurError[] = []
  committedSeq = 0
  /** What openContent answers. */
  open: (entry: JournalEntry) => Promise<OpenBody> = async () => {
    throw new ConcurError('NOT_FOUND', 'nobody has it')
  }
  served!: Served
  follower!: Follower

  constructor(options: { own?: readonly JournalEntry[]; replica?: readonly JournalEntry[] } = {}) {
    this.journal = new ScriptedJournal(options.own)
    this.replica = new ScriptedReplica(options.replica)
  }

  /** Opens the link and starts the follower. */
  async start(time: FakeTime): Promise<void> {
    this.served = await serve(time, (request, stream) => this.replica.onRequest(request, stream), {
      role: 'coordinator',
    })
    this.newFollower().start()
  }

  newFollower(): Follower {
    this.follower = new Follower({
      connection: this.served.peer.connection,
      name: 'server2' as NodeName,
      journal: this.journal,
      epoch,
      committedSeq: () => this.committedSeq,
      openContent: entry => this.open(entry),
      events: {
        onFollowing: settled => this.following.push(settled),
        onSettled: settled => this.told.push(settled),
        onEnded: error => this.ended.push(error),
      },
    })
    return this.follower
  }

  async untilFollowing(): Promise<void> {
    await until(() => this.following.length > 0, 'the first SETTLED')
  }

  async untilEnded(): Promise<void> {
    await until(() => this.ended.length > 0, 'the end')
  }
}
