/**
 * What the last scan that counts has found, kept in `.concur/scan` across restarts: against it the next one is held.
 * A file that is missing or damaged says nothing.
 */
import { type Disk, DiskError, type Fd } from '../disk.ts'
import { replaceDurably } from '../durable-file.ts'
import { readText } from '../fence.ts'

const fileName = 'scan'

export interface Baseline {
  /** Files that the journal made and that were missing or changed already. */
  readonly deviating: number
  /** Whether the root was empty though the journal put files there, and somebody said that it was meant. */
  readonly isEmptied: boolean
  /** Why the copy is held out of mending since; null: it is not. */
  readonly held: string | null
}

/** `folder`: the server's own. */
export function readBaseline(disk: Disk, folder: Fd): Baseline | null {
  try {
    const { deviating, isEmptied, held } = JSON.parse(readText(disk, folder, fileName)) as Record<
      string,
      unknown
    >
    if (!Number.isSafeInteger(deviating) || typeof isEmptied !== 'boolean') return null
    return { deviating: deviating as number, isEmptied, held: typeof held === 'string' ? held : null }
  } catch {
    return null
  }
}

/** @returns false: it could not be written, and the one before stands. */
export function writeBaseline(disk: Disk, folder: Fd, baseline: Baseline): boolean {
  try {
    replaceDurably(disk, folder, fileName, Buffer.from(`${JSON.stringify(baseline)}\n`))
    return true
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}
