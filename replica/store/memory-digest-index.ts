/** The digest index of a process that forgets. */
import type { Digest } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import type { Identity } from './disk.ts'
import { digestIfTrusted } from './identity.ts'

export class MemoryDigestIndex implements DigestIndex {
  private readonly records = new Map<FilePath, DigestRecord>()
  private readonly blocks = new Map<Digest, Buffer>()

  get(path: FilePath): DigestRecord | null {
    return this.records.get(path) ?? null
  }

  trustedDigest(path: FilePath, identity: Identity): Digest | null {
    const record = this.records.get(path)
    return record === undefined ? null : digestIfTrusted(record, identity)
  }

  put(path: FilePath, record: DigestRecord): void {
    const before = this.records.get(path)
    if (before !== undefined && before.digest !== record.digest) this.blocks.delete(before.digest)
    this.records.set(path, record)
  }

  delete(path: FilePath): void {
    const before = this.records.get(path)
    if (before !== undefined) this.blocks.delete(before.digest)
    this.records.delete(path)
  }

  blockDigests(digest: Digest): Buffer | null {
    return this.blocks.get(digest) ?? null
  }

  putBlockDigests(digest: Digest, blockDigests: Buffer): void {
    this.blocks.set(digest, blockDigests)
  }

  async flush(): Promise<void> {}
}
