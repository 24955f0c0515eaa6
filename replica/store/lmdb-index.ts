/** The index in LMDB: it stays when its process ends. */
import { rmSync } from 'node:fs'
import type { Timers } from '../../protocol/world.ts'
import type { Index } from './index.ts'
import { LmdbDigestIndex } from './lmdb-digest-index.ts'
import { LmdbEnvironment } from './lmdb-environment.ts'
import { LmdbPathIndex } from './lmdb-path-index.ts'

export interface LmdbIndexOptions {
  readonly folder: string
  readonly timers: Timers
  /** Hears of a write that failed. */
  readonly onFault: (error: unknown) => void
}

/** Opens the index in its folder; one that cannot be opened is made anew. */
export function openLmdbIndex(options: LmdbIndexOptions): LmdbIndex {
  try {
    return new LmdbIndex(options)
  } catch (error) {
    options.onFault(error)
    rmSync(options.folder, { recursive: true, force: true })
    return new LmdbIndex(options)
  }
}

export class LmdbIndex implements Index {
  readonly digests: LmdbDigestIndex
  readonly paths: LmdbPathIndex
  private readonly environment: LmdbEnvironment

  constructor(options: LmdbIndexOptions) {
    this.environment = new LmdbEnvironment(options)
    this.digests = new LmdbDigestIndex(this.environment)
    this.paths = new LmdbPathIndex(this.environment)
  }

  close(): Promise<void> {
    return this.environment.close()
  }
}
