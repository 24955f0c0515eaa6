/** The index in LMDB: it stays when its process ends. */
import { rmSync } from 'node:fs'
import type { Index } from './index.ts'
import { LmdbDigestIndex } from './lmdb-digest-index.ts'
import { LmdbEnvironment } from './lmdb-environment.ts'
import { LmdbPathIndex } from './lmdb-path-index.ts'

/**
 * Opens the index in `folder`; one that cannot be opened is made anew.
 * `onFault` hears of a write that failed.
 */
export function openLmdbIndex(folder: string, onFault: (error: unknown) => void): LmdbIndex {
  try {
    return new LmdbIndex(folder, onFault)
  } catch (error) {
    onFault(error)
    rmSync(folder, { recursive: true, force: true })
    return new LmdbIndex(folder, onFault)
  }
}

export class LmdbIndex implements Index {
  readonly digests: LmdbDigestIndex
  readonly paths: LmdbPathIndex
  private readonly environment: LmdbEnvironment

  constructor(folder: string, onFault: (error: unknown) => void) {
    this.environment = new LmdbEnvironment(folder, onFault)
    this.digests = new LmdbDigestIndex(this.environment)
    this.paths = new LmdbPathIndex(this.environment)
  }

  close(): Promise<void> {
    return this.environment.close()
  }
}
