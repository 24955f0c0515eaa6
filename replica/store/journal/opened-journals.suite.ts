/** What the suites of the journal share. */
import { entriesIn, openJournal, segmentBytes, told, type World } from '../../../fixtures/journals.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import type { Journal } from './journal.ts'

/** Journals that a test opens one after the other, on one disk. */
export function journalsIn(newWorld: () => World) {
  let world: World
  let opened: Journal[]

  beforeEach(() => {
    world = newWorld()
    opened = []
  })

  afterEach(async () => {
    for (const journal of opened) await journal.close()
    world.remove()
  })

  function open(bytes = segmentBytes): Journal {
    opened.push(openJournal(world, { segmentBytes: bytes }))
    return opened.at(-1)!
  }

  async function reopened(): Promise<Journal> {
    await opened.at(-1)!.close()
    return open()
  }

  /** Expects the journal to have these and nothing else, now and after it was opened again. */
  async function expectEntries(journal: Journal, entries: readonly JournalEntry[]): Promise<void> {
    expect(told(entriesIn(journal))).toEqual(told(entries))
    const again = await reopened()
    expect(told(entriesIn(again))).toEqual(told(entries))
    expect([journal.last.seq, again.last.seq, again.cut]).toEqual([entries.length, entries.length, null])
  }

  return { open, reopened, expectEntries, opened: () => opened.at(-1)!, world: () => world }
}
