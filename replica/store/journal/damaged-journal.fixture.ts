/** For the tests of damage: journals whose every byte is known, and the check of what an opening makes of them. */
import { SeededChance } from '../../../fixtures/seeded-chance.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import { entryBytes } from './entry-codec.ts'
import { Chain, entriesIn, openJournal, told, type World } from './journal.fixture.ts'
import type { Cut } from './journal.ts'

/** Where an entry is. */
export interface EntryPlace {
  readonly name: string
  readonly at: number
  readonly end: number
  /** Counted from 0. */
  readonly batch: number
}

export interface Written {
  readonly entries: readonly JournalEntry[]
  readonly places: readonly EntryPlace[]
  /** Segments' names in order. */
  readonly names: readonly string[]
  readonly files: ReadonlyMap<string, Buffer>
}

/** Writes a journal of a few batches in one to four segments. */
export async function writeJournal(world: World, seed: number): Promise<Written> {
  const chance = new SeededChance(seed)
  const chain = new Chain(seed)
  const journal = openJournal(world)
  const entries: JournalEntry[] = []
  const batches: number[] = []
  for (let batch = 3 + chance.below(5); batch >= 0; batch--) {
    const some = chain.take(1 + chance.below(4))
    entries.push(...some)
    batches.push(...some.map(() => batch))
    await journal.append(some)
  }
  await journal.close()
  if (world.names().includes('prepared')) world.put('prepared', null)
  const names = world.names()
  const files = new Map(names.map(name => [name, world.bytesOf(name)]))
  const places = entries.map((entry, i) => placeOf(entry, batches[0]! - batches[i]!, files))
  return { entries, places, names, files }
}

/**
 * Opens what is in the world now and expects the records before `lost`, counted from 0, and none that was not
 * written; that each whole record which is left is kept in some file; and that the journal can be appended to.
 */
export async function expectSound(
  world: World,
  { entries, places, files }: Written,
  expected: { lost: number; wasDurable?: boolean },
): Promise<Cut | null> {
  const left = world.names().map(name => world.bytesOf(name))
  const journal = openJournal(world)
  const { cut } = journal
  const found = entriesIn(journal)
  expect(told(found)).toEqual(told(entries.slice(0, expected.lost)))
  if (expected.wasDurable !== undefined) expect(cut?.wasDurable ?? false).toBe(expected.wasDurable)
  const kept = world.names().map(name => world.bytesOf(name))
  for (const { name, at, end } of cut === null ? [] : places.slice(expected.lost)) {
    const entry = files.get(name)!.subarray(at, end)
    if (left.some(bytes => bytes.includes(entry)))
      expect(kept.some(bytes => bytes.includes(entry))).toBe(true)
  }
  const more = new Chain(1, found.at(-1)).take(9)
  await journal.append(more)
  await journal.close()
  const again = openJournal(world)
  expect([told(entriesIn(again)), again.cut]).toEqual([told([...found, ...more]), null])
  await again.close()
  return cut
}

function placeOf(entry: JournalEntry, batch: number, files: ReadonlyMap<string, Buffer>): EntryPlace {
  for (const [name, bytes] of files) {
    const found = bytes.indexOf(entry.bytes)
    if (found === -1) continue
    const at = found - 96
    return { name, at, end: at + entryBytes(entry), batch }
  }
  throw new Error(`record ${entry.record.seq} is in no file`)
}
