/**
 * The library. A client of one cluster, over whichever of its servers answers first:
 *
 *     const servers = [{ host: '127.0.0.1', port: 6001 }]
 *     const client = new ConcurClient({ servers, clientId, dialer, timers, random })
 *     const verdict = await client.read(path, { bodies: 'agreed' }, { openVersion: () => sink })
 *     const done = await client.change({ what: { type: 'put', path, executable: false } }, new BytesSource(bytes))
 *     const { lease } = await client.lock({ path, ttlMs: 60_000 })
 *     for await (const operation of client.log({ path: wholeTree, follow: true })) …
 *     client.close()
 *
 * It connects with the first request, and again with the next one after a connection was lost; a read that was under way
 * is not repeated, a change is: under its own operation id, so that it happens once. Any number of requests may be under
 * way at once. Errors are ConcurErrors, except what a receiver or source of the caller's threw, which comes back as it
 * is. What only changes need is loaded with the first of them.
 */
import { addressText } from '../protocol/addresses.ts'
import { AtMost } from '../protocol/at-most.ts'
import { BufferPool } from '../protocol/buffer-pool.ts'
import type { Done } from '../protocol/change-messages.ts'
import type { Connection } from '../protocol/connection.ts'
import { ConcurError, type ErrorCode } from '../protocol/errors.ts'
import type { Examined } from '../protocol/examine-messages.ts'
import type { KeptContent, PrunedEnd, PrunedPath, PruneRequest } from '../protocol/history-messages.ts'
import { blockBytes, carryingPerConnectionMax } from '../protocol/limits.ts'
import type { LockIs } from '../protocol/lock-messages.ts'
import type { Listed, LoggedOperation, Read, Status, Verdict, Waited } from '../protocol/messages.ts'
import type { Recall } from '../protocol/past-messages.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import type { Verified } from '../protocol/sum-messages.ts'
import type { Address, Random } from '../protocol/world.ts'
import { type Connected, type ConnectOptions, connectToFirst, type OnDialled } from './connecting.ts'
import { askCheck } from './reading/ask-check.ts'
import type { Past } from './reading/ask-past.ts'
import { askStatus } from './reading/ask-status.ts'
import type { LogWish } from './reading/follow-log.ts'
import { listRows } from './reading/list-rows.ts'
import type { PageReceiver, RowReceiver } from './reading/read-rows.ts'
import { type ReadReceiver, tryRead } from './reading/read-try.ts'
import type { ByteSource } from './sending/byte-source.ts'
import type { ChangeListener } from './sending/change.ts'
import type { LockWish, UnlockWish } from './sending/locking.ts'
import type { Operations } from './sending/operations.ts'
import type { Wish } from './sending/wish.ts'

/** Milliseconds without a word from the server after which a request is given up: a server that works says so. */
const silenceMsMax = 10_000

/** How often a read is tried whose content moves. */
const triesMax = 3

/** Block buffers that are kept for the next body. */
const blocksKeptMax = 64

/** With what a connection ends that was lost, fell silent, or carried what it may not. */
const endingCodes: readonly ErrorCode[] = ['UNREACHABLE', 'TIMEOUT', 'BAD_FRAME']

export interface ReadOptions {
  /** Whose bytes follow the verdict: nobody's; those of a SINGLE_FILE; every version's; those of the version of `from`. */
  readonly bodies: Read['bodies']
  readonly from?: Read['from']
  /** Every byte of every copy is read now. */
  readonly deep?: boolean
  /** The verdict says the path's last operation. */
  readonly lastOp?: boolean
}

export interface ListOptions {
  /** All that is below, not only what lies in the folder itself. */
  readonly recursive: boolean
  /** Whether rows are marked; without it nothing is hashed for the listing. */
  readonly compare: boolean
}

export interface ClientOptions extends ConnectOptions {
  /** Names this client's changes: no two clients may draw the same. */
  readonly random: Pick<Random, 'bytes'>
}

export class ConcurClient {
  private readonly options: ClientOptions
  private readonly pool = new BufferPool({ bufferBytes: blockBytes, keepMax: blocksKeptMax })
  /** A server takes so many of these on one connection: the others wait here for their turn. */
  private readonly carrying = new AtMost(carryingPerConnectionMax)
  private connecting: Promise<Connected> | null = null
  private connected: Connected | null = null
  private operations: Operations | null = null
  private isClosed = false

  constructor(options: ClientOptions) {
    this.options = options
  }

  /**
   * The verified read. The versions' bytes are checked against the verdict, block by block, before `receiver` gets
   * them; a read whose content moves is tried three times in all. Where bytes came that are not those of the verdict,
   * the next try has every copy read anew: what has rotted is found out by that.
   * @returns the verdict, when the last block is written. A verdict ERROR is returned, not thrown.
   * @throws ConcurError CHANGED after three tries; TIMEOUT; what the server or the connection said.
   */
  read(path: FilePath, options: ReadOptions, receiver: ReadReceiver): Promise<Verdict> {
    const read = (): Promise<Verdict> => this.readNow(path, options, receiver)
    return options.bodies === 'none' ? read() : this.carrying.run(read)
  }

  private async readNow(path: FilePath, options: ReadOptions, receiver: ReadReceiver): Promise<Verdict> {
    const { bodies, from = null, lastOp = false } = options
    const { pool, silenceMs, timers } = this
    let deep = options.deep ?? false
    for (let tries = 1; ; tries++) {
      const request = { path, deep, bodies, from, lastOp }
      const outcome = await this.ask(connection =>
        tryRead({ connection, request, receiver, pool, timers, silenceMs }),
      )
      if (outcome.moved === null) return outcome.verdict
      deep ||= outcome.isWrong
      if (tries === triesMax) {
        throw new ConcurError('CHANGED', `it moved under the read, ${triesMax} tries made (${outcome.moved})`)
      }
      receiver.onRestart?.()
    }
  }

  /** What any copy holds in a folder, or the one file at `path`, ordered by UTF-8 bytes. @throws ConcurError. */
  async list(path: FolderPath, { recursive, compare }: ListOptions, receiver: RowReceiver): Promise<Listed> {
    const { silenceMs, timers } = this
    return this.ask(connection =>
      listRows({ connection, request: { path, recursive, compare }, receiver, timers, silenceMs }),
    )
  }

  /**
   * Whether all copies below a folder, or of the one file, are the same: `receiver` gets the rows of those that are not.
   * Only without a row, and with nobody in `unreachable`, they are.
   * @throws ConcurError.
   */
  async verify(path: FolderPath, { deep }: { deep: boolean }, receiver: RowReceiver): Promise<Verified> {
    const { verifyRows } = await import('./reading/verify-rows.ts')
    const { silenceMs, timers } = this
    return this.ask(connection =>
      verifyRows({ connection, request: { path, deep }, receiver, timers, silenceMs }),
    )
  }

  /**
   * The contents that a path had, and of a folder all below it, and that are still somewhere; of one path the oldest first.
   * @throws ConcurError.
   */
  async history(path: FolderPath, receiver: PageReceiver<KeptContent>): Promise<Listed> {
    const { historyRows } = await import('./reading/history-rows.ts')
    const { silenceMs, timers } = this
    return this.ask(connection => historyRows({ connection, request: { path }, receiver, timers, silenceMs }))
  }

  /**
   * Has what lies in history go for good, or, without `seqMax`, be told: the answer has the `seqMax` for what was told.
   * @throws ConcurError.
   */
  async prune(request: PruneRequest, receiver: PageReceiver<PrunedPath>): Promise<PrunedEnd> {
    const { pruneRows } = await import('./reading/history-rows.ts')
    const { silenceMs, timers } = this
    return this.ask(connection => pruneRows({ connection, request, receiver, timers, silenceMs }))
  }

  /** What the server knows of coordinator and replicas. @throws ConcurError. */
  async status(): Promise<Status> {
    const { silenceMs, timers } = this
    return this.ask(connection => askStatus({ connection, timers, silenceMs }))
  }

  /** What each node finds when it looks at itself. @throws ConcurError. */
  async examine(): Promise<Examined> {
    const { askExamine } = await import('./reading/ask-examine.ts')
    const { silenceMs, timers } = this
    return this.ask(connection => askExamine({ connection, timers, silenceMs }))
  }

  /** Where its servers are dialled, in their order. */
  get servers(): readonly Address[] {
    return this.options.servers
  }

  /** Resolves when a server at this address has said who it is. @throws NoServerError with the reason. */
  async reach(address: Address): Promise<void> {
    const { connection } = await connectToFirst({ ...this.options, servers: [address] }, () => {})
    connection.close('UNREACHABLE', 'done')
  }

  /**
   * One change of a file or folder. It is sent again, as the same operation, where the connection is lost before its
   * answer came; a source that cannot be read again ends that.
   * @param source the bytes of put and append; null for every other change.
   * @returns what was done. `error` is there when it went wrong behind the point from which the change exists for ever,
   *   or when nobody can say whether it was done (outcome unknown). Without `op` and `error` there was nothing to do.
   * @throws ConcurError when nothing was changed; NoServerError; what the source threw.
   */
  async change(wish: Wish, source: ByteSource | null, listener: ChangeListener = {}): Promise<Done> {
    const { makeChange } = await import('./sending/sending.ts')
    const sending = await this.sending()
    const change = (): Promise<Done> => makeChange({ wish, source, listener, pool: this.pool, ...sending })
    return source === null ? change() : this.carrying.run(change)
  }

  /**
   * Locks a path for this client's id, or renews its lock, which keeps its token then. Only the holder changes the path and
   * what is below it, until the time is over; a missing path may be locked.
   * @returns the lock, with its token. @throws ConcurError LOCKED, STALE_TOKEN; NoServerError.
   */
  async lock(wish: LockWish): Promise<LockIs> {
    const { askLock } = await import('./sending/locking.ts')
    return askLock(wish, await this.sending())
  }

  /** Ends this client's lock; with `steal` anybody's. @returns what the path is then. @throws ConcurError LOCKED, STALE_TOKEN. */
  async unlock(wish: UnlockWish): Promise<LockIs> {
    const { askUnlock } = await import('./sending/locking.ts')
    return askUnlock(wish, await this.sending())
  }

  /** Whether the path is free, locked by this client's id, or by somebody else. @throws ConcurError. */
  async check(path: FilePath): Promise<LockIs> {
    const { silenceMs, timers } = this
    return this.ask(connection => askCheck({ connection, path, timers, silenceMs }))
  }

  /**
   * The operations of a path and what is below it, oldest first; with `follow` there is no end, and what happens later
   * comes as well. Who leaves the loop ends the request.
   * @throws ConcurError.
   */
  async *log(wish: LogWish): AsyncGenerator<LoggedOperation> {
    const { followLog } = await import('./reading/follow-log.ts')
    const { timers, silenceMs } = this
    const connected = await this.connect(() => {})
    const { connection } = connected
    try {
      yield* followLog({ connection, wish, timers, silenceMs })
    } catch (error) {
      throw toldWithAddress(error, connected)
    }
  }

  /**
   * Waits until every configured node has settled what was committed when the question came.
   * @returns the seq of that, and who is still behind it after `timeoutMs`. @throws ConcurError.
   */
  async wait(path: FolderPath, timeoutMs: number): Promise<Waited> {
    const { askWait } = await import('./reading/ask-wait.ts')
    const { silenceMs, timers } = this
    return this.ask(connection => askWait({ connection, request: { path, timeoutMs }, timers, silenceMs }))
  }

  /**
   * What a path and all below it were behind the operation `at`; null: before the last of the path.
   * @throws ConcurError NOT_FOUND, IS_DIRECTORY; what the server or the connection said.
   */
  async past(path: FolderPath, at: number | null): Promise<Past> {
    const { askPast } = await import('./reading/ask-past.ts')
    const { silenceMs, timers } = this
    return this.ask(connection => askPast({ connection, request: { path, at }, timers, silenceMs }))
  }

  /**
   * A content that a path had, whole and checked, in memory.
   * @throws ConcurError NOT_FOUND, TOO_LARGE, CHANGED; what the server or the connection said.
   */
  async content(request: Recall, bytesMax: number): Promise<Buffer> {
    const { askContent } = await import('./reading/ask-content.ts')
    const { silenceMs, timers, pool } = this
    return this.carrying.run(() =>
      this.ask(connection => askContent({ connection, request, bytesMax, pool, timers, silenceMs })),
    )
  }

  /** What everything needs that is sent again as the same operation. */
  private async sending() {
    const { Operations } = await import('./sending/sending.ts')
    this.operations ??= new Operations(this.options.random)
    const { operations, timers, silenceMs } = this
    const isAbandoned = (): boolean => this.isClosed
    const connect = (): Promise<Connected> => this.connect(() => {})
    return { connect, isAbandoned, operations, timers, silenceMs }
  }

  /** Ends at once and for good; requests under way fail. */
  close(): void {
    this.isClosed = true
    this.connected?.transport.end()
    this.connected?.transport.destroy()
    this.connected = null
  }

  /**
   * A request that needs a connection leaves with its HELLO, and once more with the next address where it came to
   * nothing. What ends the connection under a request is told with the server's address.
   */
  private async ask<T>(request: (connection: Connection) => Promise<T>): Promise<T> {
    const asked = new Map<Connection, Promise<T>>()
    const connected = await this.connect(dialled => {
      const answer = request(dialled)
      answer.catch(() => {})
      asked.set(dialled, answer)
    })
    try {
      return await (asked.get(connected.connection) ?? request(connected.connection))
    } catch (error) {
      throw toldWithAddress(error, connected)
    }
  }

  /** @throws NoServerError when no address leads to a server. */
  private async connect(onDialled: OnDialled): Promise<Connected> {
    if (this.connected?.connection.isOpen) return this.connected
    this.connecting ??= connectToFirst(this.options, onDialled)
    const { connecting } = this
    try {
      this.connected = await connecting
    } finally {
      if (this.connecting === connecting) this.connecting = null
    }
    if (this.isClosed) this.close()
    return this.connected ?? Promise.reject(new ConcurError('UNREACHABLE', 'the client was closed'))
  }

  private get silenceMs(): number {
    return silenceMsMax
  }

  private get timers(): ConnectOptions['timers'] {
    return this.options.timers
  }
}

function toldWithAddress(error: unknown, { connection, address }: Connected): unknown {
  const isLost = error instanceof ConcurError && endingCodes.includes(error.code) && !connection.isOpen
  return isLost
    ? new ConcurError(error.code, `${addressText(address)}: ${error.message}`, { cause: error })
    : error
}
