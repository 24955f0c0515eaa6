/** A CONTENT: one content that a path had, whole and in memory. Clause: protocol/README.md "CONTENT". */
import { BodyReceiver, returnBlock } from '../../protocol/body-receiver.ts'
import type { BufferPool } from '../../protocol/buffer-pool.ts'
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Recall } from '../../protocol/past-messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { askOnce } from './ask-once.ts'

export interface ContentOptions {
  readonly connection: Connection
  readonly request: Recall
  /** What is larger is TOO_LARGE. */
  readonly bytesMax: number
  readonly pool: BufferPool
  readonly timers: Timers
  readonly silenceMs: number
}

/** @throws ConcurError what the server or the connection said; CHANGED for bytes that are not the content's; TOO_LARGE. */
export async function askContent(options: ContentOptions): Promise<Buffer> {
  const content = new Content(options)
  try {
    return await askOnce({
      ...options,
      opcode: 'CONTENT',
      answer: (message, fin) => content.take(message) ?? (fin ? content.whole() : null),
    })
  } finally {
    content.abandon()
  }
}

class Content {
  private readonly options: ContentOptions
  private bytes = Buffer.alloc(0)
  private body: BodyReceiver | null = null

  constructor(options: ContentOptions) {
    this.options = options
  }

  /** @returns why no more is wanted. @throws ConcurError BAD_FRAME: the server's mistake. */
  take(message: Message): ConcurError | null {
    try {
      switch (message.opcode) {
        case 'BODY':
          return this.begin(message.body.size)
        case 'DIGESTS':
          this.open().takeDigests(message.body)
          return null
        case 'CHUNK':
          this.open().takeBytes(message.body)
          return null
        default:
          throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a CONTENT`)
      }
    } catch (error) {
      if (error instanceof ConcurError && error.code === 'CHANGED') return error
      throw error
    }
  }

  /** @throws ConcurError BAD_FRAME. */
  whole(): Buffer {
    if (this.body?.isWhole !== true) throw new ConcurError('BAD_FRAME', 'an answer that ends too early')
    return this.bytes
  }

  abandon(): void {
    this.body?.abandon()
  }

  private begin(size: number): ConcurError | null {
    const { request, bytesMax, pool } = this.options
    if (this.body !== null) throw new ConcurError('BAD_FRAME', 'a second body')
    if (size > bytesMax) return new ConcurError('TOO_LARGE', `it has ${size} bytes`)
    this.bytes = Buffer.alloc(size)
    const onBlock = (block: Buffer, at: number): void => {
      this.bytes.set(block, at)
      returnBlock(pool, block)
    }
    this.body = new BodyReceiver({ digest: request.digest, size, pool, onBlock })
    return null
  }

  private open(): BodyReceiver {
    if (this.body === null) throw new ConcurError('BAD_FRAME', 'bytes before their BODY')
    return this.body
  }
}
