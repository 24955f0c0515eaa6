/** Gives out contents by path and digest: whole small files at once, others as open bodies. */
import { blockDigest, type Digest, digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { ShortTurns } from '../../protocol/short-turns.ts'
import { BlockBuffers } from './block-buffers.ts'
import type { Content, Digests } from './digests.ts'
import { DiskError, type Fd, newStat, readFully, type Stat } from './disk.ts'
import { FileBody, type OpenBody } from './file-body.ts'
import { sameIdentity } from './identity.ts'
import { type SmallBody, SmallContents } from './small-contents.ts'
import type { NoFile, Tree } from './tree.ts'

const triesMax = 3

export class Bodies {
  private readonly tree: Tree
  private readonly digests: Digests
  private readonly turns: ShortTurns
  private readonly buffers = new BlockBuffers()
  private readonly contents = new SmallContents()
  private readonly stat = newStat()

  constructor(options: { tree: Tree; digests: Digests; turns: ShortTurns }) {
    this.tree = options.tree
    this.digests = options.digests
    this.turns = options.turns
  }

  /** @returns null when the file is longer than `bytesMax`, is not that content, or cannot be read. */
  readSmall(path: FilePath, digest: Digest, bytesMax: number): SmallBody | null {
    const kept = this.contents.get(digest)
    if (kept !== null) return kept.bytes.length <= bytesMax ? kept : null
    const file = this.tree.openFile(path, this.stat)
    if (typeof file !== 'number') return null
    try {
      const body = this.stat.size <= bytesMax ? this.readWhole(path, file, digest) : null
      if (body !== null) this.contents.keep(digest, body)
      return body
    } catch (error) {
      if (error instanceof DiskError) return null
      throw error
    } finally {
      this.tree.disk.close(file)
    }
  }

  /** @throws ConcurError NOT_FOUND, CHANGED when it is no longer that content, IO_ERROR when it cannot be read. */
  async open(path: FilePath, digest: Digest): Promise<OpenBody> {
    let content: Content | null = null
    for (let tries = 1; tries <= triesMax; tries++) {
      const stat = newStat()
      const file = this.tree.openFile(path, stat)
      if (typeof file !== 'number') throw notThatContent(path, file)
      const blockDigests = this.blockDigests(path, digest, stat, content)
      if (blockDigests !== null) return this.bodyOf(path, file, stat, blockDigests)
      this.tree.disk.close(file)
      const seen = await this.digests.content(path)
      if (!('copy' in seen)) throw notThatContent(path, seen)
      if (seen.copy.digest !== digest) break
      content = seen
    }
    throw changed(path)
  }

  /** The first bytes of a file, which belongs to the body from now on; what comes behind them may change. */
  beginning(of: { path: FilePath; file: Fd; identity: Stat; size: number; blockDigests: Buffer }): OpenBody {
    return new FileBody({ ...of, ...this.means })
  }

  /** The bytes are always held against the digest: what is kept of them must be right for ever. */
  private readWhole(path: FilePath, file: Fd, digest: Digest): SmallBody | null {
    const { stat } = this
    const bytes = Buffer.allocUnsafe(stat.size)
    if (readFully(this.tree.disk, file, bytes, 0) < bytes.length) return null
    const record = this.digests.remembered(path, stat)
    const known = record?.digest === digest ? record.blockDigest : null
    if (known?.equals(blockDigest(bytes))) return { bytes, blockDigests: known }
    const hashed = digestOf(bytes)
    return hashed.digest === digest ? { bytes, blockDigests: hashed.blockDigests } : null
  }

  /** @returns the block digests of `digest` where the file was read in this very state, else null. */
  private blockDigests(path: FilePath, digest: Digest, stat: Stat, content: Content | null): Buffer | null {
    if (content !== null && sameIdentity(content.record.identity, stat)) return content.blockDigests
    const record = this.digests.remembered(path, stat)
    return record?.digest === digest ? this.digests.blockDigests(record) : null
  }

  private get means() {
    return { disk: this.tree.disk, buffers: this.buffers, turns: this.turns }
  }

  private bodyOf(path: FilePath, file: Fd, identity: Stat, blockDigests: Buffer): OpenBody {
    return new FileBody({ path, file, identity, blockDigests, ...this.means })
  }
}

function changed(path: FilePath): ConcurError {
  return new ConcurError('CHANGED', `${path} is not that content any more`)
}

function notThatContent(path: FilePath, found: NoFile): ConcurError {
  if (found.is === 'absent') return new ConcurError('NOT_FOUND', `${path} is not there any more`)
  if (found.is === 'unreadable') return new ConcurError('IO_ERROR', `${path}: ${found.reason}`)
  return changed(path)
}
