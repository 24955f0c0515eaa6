/**
 * Small contents that were asked for lately, by digest: whatever became of the file, these bytes are that content.
 * Bounded in bytes; what was asked for longest ago goes first.
 */
import type { Digest } from '../../protocol/digest.ts'

const bytesKeptMax = 16 * 1024 * 1024
/** What an entry costs beside its bytes. */
const entryBytes = 512

/** A whole file. Shared: nobody changes these bytes. */
export interface SmallBody {
  readonly bytes: Buffer
  readonly blockDigests: Buffer
}

export class SmallContents {
  private readonly bodies = new Map<Digest, SmallBody>()
  private bytesKept = 0

  get(digest: Digest): SmallBody | null {
    const body = this.bodies.get(digest)
    if (body === undefined) return null
    this.bodies.delete(digest)
    this.bodies.set(digest, body)
    return body
  }

  /** `body` is the content of `digest`. */
  keep(digest: Digest, body: SmallBody): void {
    if (this.bodies.has(digest)) return
    this.bodies.set(digest, body)
    this.bytesKept += entryBytes + body.bytes.length
    for (const [oldest, { bytes }] of this.bodies) {
      if (this.bytesKept <= bytesKeptMax) return
      this.bodies.delete(oldest)
      this.bytesKept -= entryBytes + bytes.length
    }
  }
}
