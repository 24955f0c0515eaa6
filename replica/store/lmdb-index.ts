/** The index in LMDB: it stays when its process ends. */
import { rmSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Timers } from '../../protocol/world.ts'
import { LmdbCatalog } from './history/lmdb-catalog.ts'
import type { Index } from './index.ts'
import { LmdbDigestIndex } from './lmdb-digest-index.ts'
import { type EnvironmentOptions, LmdbEnvironment } from './lmdb-environment.ts'
import { isDamage, prepareFiles } from './lmdb-files.ts'
import { LmdbPathIndex } from './lmdb-path-index.ts'

export interface LmdbIndexOptions {
  readonly folder: string
  readonly timers: Timers
  /** Bytes that may still be filled on the folder's file system; what that says unless given. */
  readonly freeBytes?: () => number
  /** Hears of a batch of writes that failed. */
  readonly onFault: (error: unknown) => void
}

/**
 * Opens the index in its folder; one that is damaged is made anew.
 * @throws ConcurError NO_SPACE for a new one; what the system refuses.
 */
export function openLmdbIndex(given: LmdbIndexOptions): LmdbIndex {
  const { folder, onFault } = given
  const options = { freeBytes: () => freeBytesOf(dirname(folder)), ...given }
  try {
    return openOnce(options)
  } catch (error) {
    if (!isDamage(error)) throw error
    onFault(error)
    rmSync(folder, { recursive: true, force: true })
    return openOnce(options)
  }
}

function openOnce(options: EnvironmentOptions): LmdbIndex {
  prepareFiles(options.folder, options.freeBytes)
  return new LmdbIndex(options)
}

/** A file system that does not say counts as one with room: a write will show. */
function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

export class LmdbIndex implements Index {
  readonly digests: LmdbDigestIndex
  readonly paths: LmdbPathIndex
  readonly history: LmdbCatalog
  private readonly environment: LmdbEnvironment

  constructor(options: EnvironmentOptions) {
    this.environment = new LmdbEnvironment(options)
    this.digests = new LmdbDigestIndex(this.environment)
    this.paths = new LmdbPathIndex(this.environment)
    this.history = new LmdbCatalog(this.environment)
  }

  close(): Promise<void> {
    return this.environment.close()
  }
}
