/**
 * The operations that this replica has settled, told from its own journal while the coordinator is gone. There is
 * nobody to hear of later ones from: who follows hears so behind what there is, and tries again. Clause: protocol/README.md "LOG".
 */
import { ConcurError } from '../protocol/errors.ts'
import type { LoggedOperation } from '../protocol/messages.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Clock, Timers } from '../protocol/world.ts'
import type { Outcome } from './program/request-line.ts'
import { LoggedOperations, spareMax } from './store/logged-operations.ts'
import { Slices } from './store/slices.ts'
import type { Store } from './store/store.ts'

const readBytes = 256 * 1024
const pace = { workMs: 8, restMs: 0 }

export async function logAlone(
  { path, sinceSeq, last, follow }: BodyOf<'LOG'>,
  stream: Stream,
  { store, clock, timers }: { store: Store; clock: Clock; timers: Timers },
): Promise<Outcome> {
  const { journal, settler } = store
  const slices = new Slices({ clock, timers, pace })
  const found = new LoggedOperations({ folder: path, last })
  const end = settler.settledSeq
  // A record behind the settled ones may abandon the last of them.
  const readEnd = Math.min(journal.durableSeq, end + spareMax)
  for (let at = sinceSeq ?? 0; at < readEnd && !stream.ended; ) {
    const entries = journal.readAfter(at, readBytes)
    if (entries.length === 0) break
    for (const { record } of entries) {
      at = record.seq
      if (at <= end || record.change.type === 'abandoned') found.take(record)
    }
    await tell(found.pagesSoFar(), stream)
    if (slices.isUsedUp) await slices.next()
  }
  await tell(found.pagesAtEnd(), stream)
  if (follow) throw new ConcurError('UNREACHABLE', 'the coordinator cannot be reached')
  await stream.sendFlow('LOGGED', { operations: [] }, true)
  return { verdict: 'logged' }
}

async function tell(pages: readonly LoggedOperation[][], stream: Stream): Promise<void> {
  for (const operations of pages) {
    if (stream.ended) return
    await stream.sendFlow('LOGGED', { operations })
  }
}
