/** The bytes that a record appends, where they are here: beside it, or in its stage. Whoever gets them closes them. */
import { ConcurError } from '../../../protocol/errors.ts'
import { chunkBytesMax } from '../../../protocol/limits.ts'
import type { Change } from '../../../protocol/record.ts'
import type { Fd } from '../disk.ts'
import { newStat, readFully } from '../disk.ts'
import type { Ground, Work } from './ground.ts'
import { openOwnFile } from './new-file.ts'

export type AppendChange = Extract<Change, { type: 'append' }>

export interface Added {
  /** @returns some bytes from `at` on, at least one before the end. */
  read(at: number): Buffer
  close(): void
}

/** @returns null when they are not here. */
export function addedBytes(ground: Ground, work: Work, { body }: AppendChange): Added | null {
  if (body.stage === null) {
    const bytes = body.bytes === 0 ? Buffer.alloc(0) : work.entry.body
    return bytes?.length === body.bytes ? { read: at => bytes.subarray(at), close() {} } : null
  }
  const file = openOwnFile(ground.disk, { folder: ground.stages.folder, name: body.stage })
  return file === null ? null : stagedBytes(ground, file, body.bytes)
}

function stagedBytes({ disk }: Ground, file: Fd, size: number): Added | null {
  const stat = newStat()
  disk.stat(file, stat)
  if (stat.size !== size) {
    disk.close(file)
    return null
  }
  const piece = Buffer.allocUnsafe(chunkBytesMax)
  return {
    read(at) {
      const bytes = piece.subarray(0, readFully(disk, file, piece, at))
      if (bytes.length === 0) throw new ConcurError('IO_ERROR', 'a stage ends early')
      return bytes
    },
    close: () => disk.close(file),
  }
}
