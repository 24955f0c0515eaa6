/**
 * Records that were read lately, decoded. Two generations: what is asked for moves into the young one, and when that is
 * full the old one is let go of as a whole. Bounds memory, and costs a hit no deletion.
 */
import type { FilePath } from '../../protocol/path.ts'
import type { DigestRecord } from './digest-index.ts'

const generationMax = 4096

export class RecentRecords {
  private young = new Map<FilePath, DigestRecord>()
  private old = new Map<FilePath, DigestRecord>()

  get(path: FilePath): DigestRecord | undefined {
    const record = this.young.get(path)
    if (record !== undefined) return record
    const older = this.old.get(path)
    if (older !== undefined) this.keep(path, older)
    return older
  }

  /** As `get`, and the record does not count as asked for. */
  peek(path: FilePath): DigestRecord | undefined {
    return this.young.get(path) ?? this.old.get(path)
  }

  keep(path: FilePath, record: DigestRecord): void {
    if (this.young.size >= generationMax) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(path, record)
  }

  /** The record is not the path's any more. */
  drop(path: FilePath): void {
    this.young.delete(path)
    this.old.delete(path)
  }
}
