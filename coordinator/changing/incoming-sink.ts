/** Takes a content that a node pours as the bytes of a change: they go to every node that is waited for as they come. */
import type { Digest } from '../../protocol/digest.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import type { Incoming, Received } from './incoming.ts'

export class IncomingSink implements BodySink {
  readonly closed = false
  private readonly incoming: Incoming
  private size = 0
  private work: Promise<unknown> = Promise.resolve()

  constructor(incoming: Incoming) {
    this.incoming = incoming
  }

  begin(size: number): void {
    this.size = size
  }

  /** @throws ConcurError TOO_LARGE, NO_SPACE, IO_ERROR. */
  async piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    if (opcode === 'DIGESTS') return
    const copy = Buffer.from(bytes)
    this.work = this.work.then(() => this.incoming.take(copy))
    await this.work
  }

  /** All was poured. @throws ConcurError BAD_DIGEST when it is another content. */
  async finish(digest: Digest): Promise<Received> {
    await this.work
    return this.incoming.finish(this.size, digest)
  }
}
