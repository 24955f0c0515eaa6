/** The digest index in LMDB. What could not be written is forgotten: the files can be read again. */
import { type Digest, digestToBytes } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import { decodeBlockDigests, decodeRecord, encodeBlockDigests, encodeRecord } from './digest-record.ts'
import { type Bytes, keyOf, type LmdbEnvironment, type Part } from './lmdb-environment.ts'
import { RecentRecords } from './recent-records.ts'
import { Unwritten } from './unwritten.ts'

export class LmdbDigestIndex implements DigestIndex, Part {
  private readonly environment: LmdbEnvironment
  private readonly paths: Bytes
  private readonly blocks: Bytes
  /** Null: it is to be removed. */
  private readonly newPaths = new Unwritten<FilePath, DigestRecord | null>()
  private readonly newBlocks = new Unwritten<Digest, Buffer | null>()
  private readonly recent = new RecentRecords()

  constructor(environment: LmdbEnvironment) {
    this.environment = environment
    this.paths = environment.database('paths')
    this.blocks = environment.database('blocks')
    environment.add(this)
  }

  get(path: FilePath): DigestRecord | null {
    const record = this.newPaths.get(path)
    if (record !== undefined) return record
    const recent = this.recent.get(path)
    if (recent !== undefined) return recent
    const bytes = this.paths.getBinaryFast(keyOf(path))
    const found = bytes === undefined ? null : decodeRecord(bytes)
    if (found !== null) this.recent.keep(path, found)
    return found
  }

  put(path: FilePath, record: DigestRecord): void {
    const before = this.get(path)
    if (before !== null && before.digest !== record.digest) this.deleteBlockDigests(before)
    this.set(path, record)
  }

  delete(path: FilePath): void {
    const before = this.get(path)
    if (before === null) return
    this.deleteBlockDigests(before)
    this.set(path, null)
  }

  blockDigests(digest: Digest): Buffer | null {
    const blockDigests = this.newBlocks.get(digest)
    if (blockDigests !== undefined) return blockDigests
    const bytes = this.blocks.getBinaryFast(digestToBytes(digest))
    return bytes === undefined ? null : decodeBlockDigests(bytes)
  }

  putBlockDigests(digest: Digest, blockDigests: Buffer): void {
    this.newBlocks.put(digest, blockDigests)
    this.environment.notice()
  }

  flush(): Promise<void> {
    return this.environment.flush()
  }

  get waiting(): number {
    return this.newPaths.size + this.newBlocks.size
  }

  begin(): readonly Promise<unknown>[] {
    const begun: Promise<unknown>[] = []
    for (const [path, record] of this.newPaths.takeBatch()) {
      const key = keyOf(path)
      begun.push(record === null ? this.paths.remove(key) : this.paths.put(key, encodeRecord(record)))
    }
    for (const [digest, blockDigests] of this.newBlocks.takeBatch()) {
      const key = digestToBytes(digest)
      begun.push(
        blockDigests === null
          ? this.blocks.remove(key)
          : this.blocks.put(key, encodeBlockDigests(blockDigests)),
      )
    }
    return begun
  }

  end(): void {
    this.newPaths.endBatch()
    this.newBlocks.endBatch()
  }

  private set(path: FilePath, record: DigestRecord | null): void {
    this.recent.drop(path)
    this.newPaths.put(path, record)
    this.environment.notice()
  }

  private deleteBlockDigests({ digest, blockDigest }: DigestRecord): void {
    if (blockDigest !== null) return
    this.newBlocks.put(digest, null)
    this.environment.notice()
  }
}
