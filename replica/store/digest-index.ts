/**
 * What the store remembers of files it has read, across restarts: a cache that may lose anything at any time and
 * never gives back what was not put. Whether a digest still holds, identity.ts judges.
 */
import type { Digest } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Identity } from './disk.ts'

/** One reading of one file. */
export interface DigestRecord {
  /** The file's, before the reading and after it. */
  readonly identity: Identity
  readonly digest: Digest
  /** The block's digest of a file that is one block, else null. */
  readonly blockDigest: Buffer | null
  /** When the reading began, by the file system's clock. */
  readonly beganNs: bigint
  /** When the reading began, by the wall clock. */
  readonly checkedAtMs: number
  /**
   * Trusted whenever it was read: we made the file of this content, and `identity` is what it had when it came into
   * place; or a reading confirmed a digest that was trusted.
   */
  readonly own: boolean
  /** What the file's digest was while it was trusted, where its bytes are others now under the same identity (rot.ts). */
  readonly rottenFrom: Digest | null
}

export interface DigestIndex {
  /** @returns the record that was put last, seen at once after `put`; or null. */
  get(path: FilePath): DigestRecord | null
  /** As `get`, of many: the digest alone, where it may be believed of a file with this identity (identity.ts); or null. */
  trustedDigest(path: FilePath, identity: Identity): Digest | null
  /** The block digests of the content that the path's record named before are forgotten with it. */
  put(path: FilePath, record: DigestRecord): void
  delete(path: FilePath): void
  /** @returns 32 bytes a block, one behind the other; or null. */
  blockDigests(digest: Digest): Buffer | null
  putBlockDigests(digest: Digest, blockDigests: Buffer): void
  /** Settles when all that was put before is on the disk, or given up. */
  flush(): Promise<void>
}
