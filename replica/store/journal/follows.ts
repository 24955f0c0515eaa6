/** Whether entries may stand behind a journal's last record: anything else is a mistake of ours. */
import type { RecordHash } from '../../../protocol/ids.ts'
import { inlineBytesMax, recordBytesMax } from '../../../protocol/limits.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import type { Last } from './group-commit.ts'

/** @throws Error when they do not follow, or are too long. */
export function assertFollows(last: Last, entries: readonly JournalEntry[]): void {
  let before: { seq: number; hash: RecordHash } = last
  for (const entry of entries) {
    const mistake = mistakeIn(entry, before)
    if (mistake !== null) throw new Error(mistake)
    before = { seq: entry.record.seq, hash: entry.hash }
  }
}

function mistakeIn(
  { record, bytes, body }: JournalEntry,
  before: { seq: number; hash: RecordHash },
): string | null {
  const { seq, previous } = record
  if (seq !== before.seq + 1) return `record ${seq} is appended behind ${before.seq}`
  if (previous !== before.hash) return `record ${seq} follows from another than is before it`
  if (bytes.length > recordBytesMax) return `record ${seq} has ${bytes.length} bytes`
  if (body !== null && body.length > inlineBytesMax)
    return `the body of record ${seq} has ${body.length} bytes`
  return null
}
