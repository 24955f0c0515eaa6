/**
 * The two copies that are read, made once for all rows: a thousand small files, large ones on both nodes, and one that
 * only the replica has.
 */
import { linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../../protocol/digest.ts'
import { makeFiles, smallContent, smallFiles, smallPath, writeLarge } from './contents.ts'

/** Files that a row needs beside the small ones. */
export type LargeFile = 'warm' | 'cold' | 'huge'
/** What a row needs: such a file, or two trees of many equal files. */
export type Needed = LargeFile | 'equal'

/** The path of the file that stays as it is; digests of files are believed once they are a minute old. */
export const warmPath = 'large/warm.bin'
export const hugePath = 'large/huge.bin'
/** The same bytes as of `hugePath`, on the replica only. */
export const lonelyHugePath = 'large/huge-replica-only.bin'
/** The same bytes as of `warmPath`, on the replica only. */
export const lonelyWarmPath = 'large/warm-replica-only.bin'

/** A digest taken of a file younger than this is taken again. */
const trustedAfterMs = 61_000

export class Trees {
  /** The coordinator's root and the replica's. */
  readonly roots: readonly [string, string]
  /** Roots of their own, for the many equal files. */
  readonly equalRoots: readonly [string, string]
  private readonly digests = new Map<LargeFile, Digest>()
  private madeMs = 0
  private coldPath = 'large/cold-0.bin'
  private colds = 0

  constructor(folder: string) {
    this.roots = [join(folder, 'server1'), join(folder, 'server2')]
    this.equalRoots = [join(folder, 'equal1'), join(folder, 'equal2')]
  }

  /** Makes so many files, the same in both trees. */
  makeEqual(count: number): void {
    for (const root of this.equalRoots) makeFiles(root, count)
    this.madeMs = performance.now()
  }

  async make(sizes: ReadonlyMap<LargeFile, number>): Promise<void> {
    for (const root of this.roots) {
      mkdirSync(join(root, 'small'), { recursive: true })
      mkdirSync(join(root, 'large'))
      for (let number = 0; number < smallFiles; number++)
        writeFileSync(join(root, smallPath(number)), smallContent(number))
    }
    const paths = { warm: warmPath, huge: hugePath, cold: this.coldPath }
    let seed = 0
    for (const [file, bytes] of sizes) {
      const files = this.roots.map(root => join(root, paths[file]))
      this.digests.set(file, await writeLarge(files, bytes, ++seed))
    }
    if (sizes.has('warm')) this.linkOnReplica(warmPath, lonelyWarmPath)
    if (sizes.has('huge')) this.linkOnReplica(hugePath, lonelyHugePath)
    this.madeMs = performance.now()
  }

  digestOf(file: LargeFile): Digest {
    return this.digests.get(file)!
  }

  /** @returns when digests that are taken from now on are believed. */
  async becomeWarm(): Promise<void> {
    const missingMs = this.madeMs + trustedAfterMs - performance.now()
    if (missingMs <= 0) return
    process.stderr.write(
      `waiting ${Math.ceil(missingMs / 1000)} s until the files are old enough to be believed\n`,
    )
    await new Promise(resolve => setTimeout(resolve, missingMs))
  }

  /** @returns the path of a large file of which no node has a digest: it was moved just now. */
  freshCold(): string {
    const path = `large/cold-${++this.colds}.bin`
    for (const root of this.roots) renameSync(join(root, this.coldPath), join(root, path))
    this.coldPath = path
    return path
  }

  private linkOnReplica(path: string, other: string): void {
    linkSync(join(this.roots[1], path), join(this.roots[1], other))
  }
}
