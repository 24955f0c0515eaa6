/** The digest index in LMDB. */
import { type Digest, digestToBytes } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import {
  decodeBlockDigests,
  decodeRecord,
  encodeBlockDigests,
  encodeRecord,
  trustedDigestIn,
} from './digest-record.ts'
import type { Identity } from './disk.ts'
import { digestIfTrusted, sameIdentity } from './identity.ts'
import { type Bytes, keyOf, type LmdbEnvironment } from './lmdb-environment.ts'
import { Recent } from './recent.ts'

export class LmdbDigestIndex implements DigestIndex {
  private readonly environment: LmdbEnvironment
  private readonly paths: Bytes
  private readonly blocks: Bytes
  /** What was put and is not yet seen by a read: LMDB shows a write once it is committed. */
  private readonly newPaths = new Map<string, DigestRecord | null>()
  private readonly newBlocks = new Map<Digest, Buffer | null>()
  private readonly recent = new Recent<DigestRecord>()

  constructor(environment: LmdbEnvironment) {
    this.environment = environment
    this.paths = environment.database('paths')
    this.blocks = environment.database('blocks')
  }

  get(path: FilePath): DigestRecord | null {
    if (this.newPaths.size > 0) {
      const record = this.newPaths.get(path)
      if (record !== undefined) return record
    }
    const recent = this.recent.get(path)
    if (recent !== undefined) return recent
    const bytes = this.paths.getBinaryFast(keyOf(path))
    const record = bytes === undefined ? null : decodeRecord(bytes)
    if (record !== null) this.recent.keep(path, record)
    return record
  }

  /** What is asked for once is not kept among the recent ones. */
  trustedDigest(path: FilePath, identity: Identity): Digest | null {
    const unwritten = this.newPaths.get(path)
    const record = unwritten === undefined ? this.recent.peek(path) : unwritten
    if (record !== undefined) return record === null ? null : digestIfTrusted(record, identity)
    const bytes = this.paths.getBinaryFast(keyOf(path))
    return bytes === undefined ? null : trustedDigestIn(bytes, identity)
  }

  put(path: FilePath, record: DigestRecord): void {
    const before = this.get(path)
    if (before !== null && before.digest !== record.digest) this.deleteBlockDigests(before)
    // What the index says of the same state of the file must never come back.
    const isLasting =
      before !== null && before.digest !== record.digest && sameIdentity(before.identity, record.identity)
    this.writeRecord(path, record, isLasting)
  }

  delete(path: FilePath): void {
    const before = this.get(path)
    if (before === null) return
    this.deleteBlockDigests(before)
    this.writeRecord(path, null, true)
  }

  blockDigests(digest: Digest): Buffer | null {
    const blockDigests = this.newBlocks.get(digest)
    if (blockDigests !== undefined) return blockDigests
    const bytes = this.blocks.getBinaryFast(digestToBytes(digest))
    return bytes === undefined ? null : decodeBlockDigests(bytes)
  }

  putBlockDigests(digest: Digest, blockDigests: Buffer): void {
    this.writeBlockDigests(digest, blockDigests)
  }

  /** Returns when all that was put before is on the disk, or given up: what is not is tried again, or read again. */
  async flush(): Promise<void> {
    await this.environment.flush().catch(() => {})
  }

  private deleteBlockDigests({ digest, blockDigest }: DigestRecord): void {
    if (blockDigest === null) this.writeBlockDigests(digest, null)
  }

  /** One that fails is forgotten, where it is not `isLasting`: the file can be read again. */
  private writeRecord(path: FilePath, record: DigestRecord | null, isLasting: boolean): void {
    this.recent.drop(path)
    this.newPaths.set(path, record)
    const isNewest = (): boolean => this.newPaths.get(path) === record
    this.environment.write({
      database: this.paths,
      key: keyOf(path),
      value: record === null ? null : encodeRecord(record),
      onWritten: () => {
        if (isNewest()) this.newPaths.delete(path)
      },
      onFailed: () => {
        if (isNewest() && !isLasting) this.newPaths.delete(path)
        return isNewest()
      },
    })
  }

  private writeBlockDigests(digest: Digest, blockDigests: Buffer | null): void {
    this.newBlocks.set(digest, blockDigests)
    const forget = (): void => {
      if (this.newBlocks.get(digest) === blockDigests) this.newBlocks.delete(digest)
    }
    this.environment.write({
      database: this.blocks,
      key: digestToBytes(digest),
      value: blockDigests === null ? null : encodeBlockDigests(blockDigests),
      onWritten: forget,
      onFailed: () => {
        forget()
        return false
      },
    })
  }
}
