/** What this node's journal and index tell of a path's past, for the notes of a verdict. */
import { ConcurError } from '../../../protocol/errors.ts'
import type { PathPast } from '../../../protocol/notes.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { JournalRecord } from '../../../protocol/record.ts'
import type { JournalReader } from '../ahead.ts'
import { loggedOperation } from '../logged-operations.ts'
import type { PathIndex } from '../path-index.ts'

export function pathPast(
  journal: Pick<JournalReader, 'at'>,
  paths: Pick<PathIndex, 'get' | 'seqOfContent'>,
  path: FilePath,
): PathPast {
  return {
    path,
    operationAt(seq) {
      const record = recordAt(journal, seq)
      return record === null ? null : loggedOperation(record)
    },
    seqOf(digest) {
      const now = paths.get(path)
      const isNow = now?.is === 'file' && now.digest === digest
      return isNow ? now.seq : paths.seqOfContent(path, digest)
    },
  }
}

/** A note is not worth a failed answer: what cannot be read is not told. */
function recordAt(journal: Pick<JournalReader, 'at'>, seq: number): JournalRecord | null {
  try {
    return journal.at(seq)?.record ?? null
  } catch (error) {
    if (error instanceof ConcurError) return null
    throw error
  }
}
