/**
 * What a replica does for the one coordinator whose records it follows: it admits its FOLLOW or says why not, keeps what
 * goes ahead of records, and takes what it lacked. A FOLLOW that is taken ends the one before; they are looked at one
 * after the other. Clause: protocol/README.md "FOLLOW", "STAGE", "SUPPLY".
 */
import type { Follow } from '../../protocol/change-messages.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import type { Log } from '../program/log.ts'
import type { Store } from '../store/store.ts'
import { diskRefusal } from '../store/trouble.ts'
import { fencedBy, refusalOf } from './admission.ts'
import { Followed, stagesOf } from './followed.ts'
import { ReceivedStages } from './received-stages.ts'
import { mismatchOf, receiveSupply } from './supplied.ts'
import { WantedContents } from './wanted-contents.ts'

const readBytes = 1024 * 1024

export interface FollowingOptions {
  readonly store: Store
  readonly timers: Timers
  readonly log: Log
}

export class Following {
  private readonly options: FollowingOptions
  private readonly stages: ReceivedStages
  private readonly contents: WantedContents
  private current: Followed | null = null
  private admissions: Promise<void> = Promise.resolve()

  constructor(options: FollowingOptions) {
    this.options = options
    this.stages = new ReceivedStages(options.store)
    this.contents = new WantedContents(options.store)
  }

  /** Whether this node is told records now. */
  get isFollowing(): boolean {
    return this.current !== null
  }

  follow(request: Follow, stream: Stream): void {
    const held: { readonly message: Message; readonly bodyBytes: number }[] = []
    let followed: Followed | null = null
    let isGone = false
    stream.listen({
      onMessage: (message, _fin, bodyBytes) => {
        if (followed === null) held.push({ message, bodyBytes })
        else followed.hear(message, bodyBytes)
      },
      onFailed: () => {
        isGone = true
        followed?.end()
      },
    })
    this.admissions = this.admissions.then(async () => {
      try {
        if (!isGone) await this.admit(request)
        if (isGone) return
        followed = this.begin(request, stream)
        for (const { message, bodyBytes } of held.splice(0)) followed.hear(message, bodyBytes)
      } catch (error) {
        stream.fail(asConcurError(diskRefusal(error)))
      }
    })
  }

  stage(id: StageId, stream: Stream): void {
    this.stages.receive(id, stream)
  }

  supply(request: BodyOf<'SUPPLY'>, stream: Stream): void {
    const { store, log } = this.options
    const { contents } = this
    const { seq } = request
    const entry = contents.entryOf(seq)
    if (entry === null) return stream.fail(new ConcurError('NOT_FOUND', `needs nothing of record ${seq}`))
    const mismatch = mismatchOf(request, entry.record.change)
    if (mismatch !== null) return stream.fail(mismatch)
    receiveSupply(request, stream, store).then(
      obtained => contents.give(seq, obtained),
      error => {
        log.warn({ seq, err: error }, 'supply')
        stream.fail(asConcurError(error))
      },
    )
  }

  close(): void {
    this.current?.fail(new ConcurError('UNREACHABLE', 'the replica stops'))
  }

  /**
   * Returns when the term is promised and this journal ends at the record from which it is followed, that one durable.
   * @throws ConcurError why this node does not follow; DiskError.
   */
  private async admit(request: Follow): Promise<void> {
    const { store } = this.options
    const { journal, settler } = store
    this.assertTakesChanges()
    const fenced = fencedBy(store.promised, request.epoch)
    if (fenced !== null) throw fenced
    store.promise(request.epoch)
    const refusal = refusalOf(request, {
      committedSeq: store.committedSeq,
      lastSeq: journal.last.seq,
      hashAt: seq => journal.at(seq)?.hash ?? null,
    })
    if (refusal !== null) throw refusal
    this.current?.fail(new ConcurError('FENCED', 'a newer link has taken its place'))
    const dropped = this.stagesAfter(request.afterSeq)
    await journal.truncateAfter(request.afterSeq)
    for (const stage of dropped) store.stages.remove(stage)
    if (journal.last.seq < request.afterSeq)
      throw new ConcurError('UNREACHABLE', `could not keep record ${request.afterSeq}`)
    settler.forgetCommitsAfter(request.afterSeq)
  }

  /** @throws ConcurError. */
  private assertTakesChanges(): void {
    const { fence, settler } = this.options.store
    if (fence.reason !== null) throw new ConcurError('READ_ONLY', `takes no changes: ${fence.reason}`)
    if (settler.trouble !== null) throw settler.trouble
  }

  private stagesAfter(afterSeq: number): StageId[] {
    const { journal } = this.options.store
    const stages: StageId[] = []
    for (let at = afterSeq; at < journal.last.seq; ) {
      const entries = journal.readAfter(at, readBytes)
      stages.push(...stagesOf(entries))
      at = entries.at(-1)!.record.seq
    }
    return stages
  }

  private begin(follow: Follow, stream: Stream): Followed {
    const { store, timers } = this.options
    const { stages, contents } = this
    const followed: Followed = new Followed({
      ...{ store, stream, follow, timers, stages, contents },
      onEnded: () => {
        if (this.current === followed) this.current = null
      },
    })
    this.current = followed
    followed.begin()
    return followed
  }
}
