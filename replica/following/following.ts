/**
 * What a replica does for the one coordinator whose records it follows: it admits its FOLLOW or says why not, keeps what
 * goes ahead of records, and takes what it lacked. A FOLLOW that is taken ends the one before.
 * Clause: protocol/README.md "FOLLOW", "STAGE", "SUPPLY".
 */
import type { Follow } from '../../protocol/change-messages.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import type { Log } from '../program/log.ts'
import type { Store } from '../store/store.ts'
import { refusalOf } from './admission.ts'
import { Followed, stagesOf } from './followed.ts'
import { ReceivedStages } from './received-stages.ts'
import { receiveSupply } from './supplied.ts'

export interface FollowingOptions {
  readonly store: Store
  readonly timers: Timers
  readonly log: Log
}

export class Following {
  private readonly options: FollowingOptions
  private readonly stages: ReceivedStages
  private current: Followed | null = null
  /** The one that was asked for last; what an older one waits for comes to nothing. */
  private latest: Stream | null = null

  constructor(options: FollowingOptions) {
    this.options = options
    this.stages = new ReceivedStages(options.store)
  }

  /** Whether this node is told records now. */
  get isFollowing(): boolean {
    return this.current !== null
  }

  follow(request: Follow, stream: Stream): void {
    const held: { readonly message: Message; readonly bodyBytes: number }[] = []
    let followed: Followed | null = null
    let isGone = false
    const hear = (message: Message, bodyBytes: number): void => {
      try {
        if (followed === null) held.push({ message, bodyBytes })
        else followed.hear(message, bodyBytes)
      } catch (error) {
        followed?.fail(asConcurError(error))
      }
    }
    stream.listen({
      onMessage: (message, _fin, bodyBytes) => hear(message, bodyBytes),
      onFailed: () => {
        isGone = true
        followed?.end()
      },
    })
    this.admit(request, stream).then(
      () => {
        if (isGone || this.latest !== stream) return stream.fail(replaced())
        followed = this.begin(request, stream)
        for (const { message, bodyBytes } of held.splice(0)) hear(message, bodyBytes)
      },
      error => stream.fail(asConcurError(error)),
    )
  }

  stage(id: Parameters<ReceivedStages['receive']>[0], stream: Stream): void {
    this.stages.receive(id, stream)
  }

  supply(request: Parameters<typeof receiveSupply>[0], stream: Stream): void {
    const { store, log } = this.options
    const contents = this.current?.contents
    if (contents?.isWanted(request.seq) !== true)
      return stream.fail(new ConcurError('NOT_FOUND', `needs nothing of record ${request.seq}`))
    receiveSupply(request, stream, store).then(
      obtained => contents.give(request.seq, obtained),
      error => {
        log.warn({ seq: request.seq, err: error }, 'supply')
        stream.fail(asConcurError(error))
      },
    )
  }

  close(): void {
    this.current?.fail(new ConcurError('UNREACHABLE', 'the replica stops'))
  }

  /** @throws ConcurError: why this node does not follow. Returns when what it had beyond is dropped, and its promise kept. */
  private async admit(request: Follow, stream: Stream): Promise<void> {
    const { store } = this.options
    const { journal, settler } = store
    if (store.fence.reason !== null)
      throw new ConcurError('READ_ONLY', `takes no changes: ${store.fence.reason}`)
    if (settler.trouble !== null) throw settler.trouble
    const refusal = refusalOf(request, {
      promised: store.promised,
      committedSeq: store.committedSeq,
      lastSeq: journal.last.seq,
      hashAt: seq => journal.at(seq)?.hash ?? null,
    })
    if (refusal !== null) throw refusal
    store.promise(request.epoch)
    this.latest = stream
    this.current?.fail(replaced())
    if (journal.last.seq > request.afterSeq) {
      await journal.truncateAfter(request.afterSeq)
      store.sweepStages()
    }
  }

  private begin(follow: Follow, stream: Stream): Followed {
    const { store, timers } = this.options
    const followed: Followed = new Followed({
      ...{ store, stream, follow, timers },
      onDurable: (entries: readonly JournalEntry[]) => this.stages.belong(stagesOf(entries)),
      onEnded: () => {
        if (this.current === followed) this.current = null
      },
    })
    this.current = followed
    return followed
  }
}

function replaced(): ConcurError {
  return new ConcurError('FENCED', 'a newer link has taken its place')
}
