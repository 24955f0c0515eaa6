/** The digest index in LMDB. */
import { type Digest, digestToBytes } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import { decodeBlockDigests, decodeRecord, encodeBlockDigests, encodeRecord } from './digest-record.ts'
import { type Bytes, keyOf, type LmdbEnvironment } from './lmdb-environment.ts'
import { RecentRecords } from './recent-records.ts'

export class LmdbDigestIndex implements DigestIndex {
  private readonly environment: LmdbEnvironment
  private readonly paths: Bytes
  private readonly blocks: Bytes
  /** What was put and is not yet seen by a read: LMDB shows a write once it is committed. */
  private readonly newPaths = new Map<string, DigestRecord | null>()
  private readonly newBlocks = new Map<Digest, Buffer | null>()
  private readonly recent = new RecentRecords()

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

  put(path: FilePath, record: DigestRecord): void {
    const before = this.get(path)
    if (before !== null && before.digest !== record.digest) this.deleteBlockDigests(before)
    this.recent.drop(path)
    this.newPaths.set(path, record)
    this.settle(
      () => this.paths.put(keyOf(path), encodeRecord(record)),
      () => {
        if (this.newPaths.get(path) === record) this.newPaths.delete(path)
      },
    )
  }

  delete(path: FilePath): void {
    const before = this.get(path)
    if (before === null) return
    this.deleteBlockDigests(before)
    this.recent.drop(path)
    this.newPaths.set(path, null)
    this.settle(
      () => this.paths.remove(keyOf(path)),
      () => {
        if (this.newPaths.get(path) === null) this.newPaths.delete(path)
      },
    )
  }

  blockDigests(digest: Digest): Buffer | null {
    const blockDigests = this.newBlocks.get(digest)
    if (blockDigests !== undefined) return blockDigests
    const bytes = this.blocks.getBinaryFast(digestToBytes(digest))
    return bytes === undefined ? null : decodeBlockDigests(bytes)
  }

  putBlockDigests(digest: Digest, blockDigests: Buffer): void {
    this.newBlocks.set(digest, blockDigests)
    this.settle(
      () => this.blocks.put(digestToBytes(digest), encodeBlockDigests(blockDigests)),
      () => {
        if (this.newBlocks.get(digest) === blockDigests) this.newBlocks.delete(digest)
      },
    )
  }

  flush(): Promise<void> {
    return this.environment.flush()
  }

  private deleteBlockDigests({ digest, blockDigest }: DigestRecord): void {
    if (blockDigest !== null) return
    this.newBlocks.set(digest, null)
    this.settle(
      () => this.blocks.remove(digestToBytes(digest)),
      () => {
        if (this.newBlocks.get(digest) === null) this.newBlocks.delete(digest)
      },
    )
  }

  /** A write that fails is forgotten: the file can be read again. */
  private settle(write: () => Promise<boolean>, onSettled: () => void): void {
    this.environment.write(write, onSettled, onSettled)
  }
}
