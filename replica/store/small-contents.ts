/**
 * Small contents that were asked for lately, by digest: whatever became of the file, these bytes are that content.
 * Two generations, as of Recent: bounded in bytes, and a hit costs no deletion.
 */
import type { Digest } from '../../protocol/digest.ts'

const generationBytesMax = 8 * 1024 * 1024
/** What an entry costs beside its bytes. */
const entryBytes = 512

/** A whole file. Shared: nobody changes these bytes. */
export interface SmallBody {
  readonly bytes: Buffer
  readonly blockDigests: Buffer
}

export class SmallContents {
  private young = new Map<Digest, SmallBody>()
  private old = new Map<Digest, SmallBody>()
  private youngBytes = 0

  get(digest: Digest): SmallBody | null {
    const body = this.young.get(digest)
    if (body !== undefined) return body
    const older = this.old.get(digest)
    if (older === undefined) return null
    this.keep(digest, older)
    return older
  }

  /** `body` is the content of `digest`, which is not among the young ones. */
  keep(digest: Digest, body: SmallBody): void {
    const bytes = entryBytes + body.bytes.length
    if (this.youngBytes + bytes > generationBytesMax) {
      this.old = this.young
      this.young = new Map()
      this.youngBytes = 0
    }
    this.young.set(digest, body)
    this.youngBytes += bytes
  }
}
