/**
 * The library. A client of one cluster, over whichever of its servers answers first:
 *
 *     const client = new ConcurClient({ servers: [{ host: '127.0.0.1', port: 6001 }], clientId, dialer, timers })
 *     const verdict = await client.read(path, { bodies: 'agreed' }, { openVersion: () => sink })
 *     client.close()
 *
 * It connects with the first request, and again with the next one after a connection was lost; a request that was under
 * way is not repeated. Any number of requests may be under way at once. Errors are ConcurErrors, except what a receiver
 * of the caller's threw, which comes back as it is.
 */
import { addressText } from '../protocol/addresses.ts'
import { BufferPool } from '../protocol/buffer-pool.ts'
import type { Connection } from '../protocol/connection.ts'
import { ConcurError, type ErrorCode } from '../protocol/errors.ts'
import { blockBytes } from '../protocol/limits.ts'
import type { Listed, Read, Status, Verdict } from '../protocol/messages.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import { type Connected, type ConnectOptions, connectToFirst, type OnDialled } from './connecting.ts'
import { askStatus } from './reading/ask-status.ts'
import { type ListReceiver, listRows } from './reading/list-rows.ts'
import { type ReadReceiver, tryRead } from './reading/read-try.ts'

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
}

export interface ListOptions {
  /** All that is below, not only what lies in the folder itself. */
  readonly recursive: boolean
  /** Whether rows are marked; without it nothing is hashed for the listing. */
  readonly compare: boolean
}

export class ConcurClient {
  private readonly options: ConnectOptions
  private readonly pool = new BufferPool({ bufferBytes: blockBytes, keepMax: blocksKeptMax })
  private connecting: Promise<Connected> | null = null
  private connected: Connected | null = null
  private isClosed = false

  constructor(options: ConnectOptions) {
    this.options = options
  }

  /**
   * The verified read. The versions' bytes are checked against the verdict, block by block, before `receiver` gets
   * them; a read whose content moves is tried three times in all.
   * @returns the verdict, when the last block is written. A verdict ERROR is returned, not thrown.
   * @throws ConcurError CHANGED after three tries; TIMEOUT; what the server or the connection said.
   */
  async read(path: FilePath, options: ReadOptions, receiver: ReadReceiver): Promise<Verdict> {
    const request = { path, deep: options.deep ?? false, bodies: options.bodies, from: options.from ?? null }
    const { pool, silenceMs, timers } = this
    for (let tries = 1; ; tries++) {
      const outcome = await this.ask(connection =>
        tryRead({ connection, request, receiver, pool, timers, silenceMs }),
      )
      if (outcome.moved === null) return outcome.verdict
      if (tries === triesMax) {
        throw new ConcurError('CHANGED', `it moved under the read, ${triesMax} tries made (${outcome.moved})`)
      }
      receiver.onRestart?.()
    }
  }

  /** What any copy holds in a folder, or the one file at `path`, ordered by UTF-8 bytes. @throws ConcurError. */
  async list(path: FolderPath, { recursive, compare }: ListOptions, receiver: ListReceiver): Promise<Listed> {
    const { silenceMs, timers } = this
    return this.ask(connection =>
      listRows({ connection, request: { path, recursive, compare }, receiver, timers, silenceMs }),
    )
  }

  /** What the server knows of coordinator and replicas. @throws ConcurError. */
  async status(): Promise<Status> {
    const { silenceMs, timers } = this
    return this.ask(connection => askStatus({ connection, timers, silenceMs }))
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
    const { connection, address } = await this.connect(dialled => {
      const answer = request(dialled)
      answer.catch(() => {})
      asked.set(dialled, answer)
    })
    try {
      return await (asked.get(connection) ?? request(connection))
    } catch (error) {
      const isLost = error instanceof ConcurError && endingCodes.includes(error.code) && !connection.isOpen
      throw isLost
        ? new ConcurError(error.code, `${addressText(address)}: ${error.message}`, { cause: error })
        : error
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
