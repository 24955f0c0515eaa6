/** What an opening keeps of a journal that is damaged, and what it says of it. */
import { crc32 } from 'node:zlib'
import { type Copied, expectSound, type Written, writeJournals } from '../../../fixtures/damaged-journals.ts'
import { Chain, entriesIn, memoryWorld, openJournal, told, type World } from '../../../fixtures/journals.ts'
import { checkEntry } from './entry-codec.ts'
import type { Cut } from './journal.ts'

let written: readonly Copied[]

beforeAll(async () => {
  written = await writeJournals(20)
})

/** Opens a copy of some journal of at least three segments, with what was done to it. */
async function opened(
  act: (world: World, journal: Written) => void,
  expected: (journal: Written) => { lost: number; wasDurable?: boolean },
): Promise<{ cut: Cut | null; names: string[] }> {
  const { journal, copy } = written.find(({ journal: { names } }) => names.length >= 3)!
  const world = copy()
  act(world, journal)
  const before = world.names()
  const cut = await expectSound(world, journal, expected(journal))
  const names = world.names().filter(name => !before.includes(name))
  world.remove()
  return { cut, names }
}

function firstIn(journal: Written, segment: number): number {
  return journal.places.findIndex(({ name }) => name === journal.names[segment])
}

test('what stands behind a segment that is gone is set aside', async () => {
  const { cut } = await opened(
    (world, { names }) => world.put(names[1]!, null),
    journal => ({ lost: firstIn(journal, 1), wasDurable: true }),
  )
  expect(cut?.setAside.length).toBeGreaterThan(0)
})

test('segments whose names were exchanged are no part of the journal', async () => {
  await opened(
    (world, { names, files }) => {
      world.put(names[1]!, files.get(names[2]!)!)
      world.put(names[2]!, files.get(names[1]!)!)
    },
    journal => ({ lost: firstIn(journal, 1), wasDurable: true }),
  )
})

test('a whole entry at another place than its own is none', async () => {
  await opened(
    (world, { names, files, places }) => {
      const bytes = Buffer.from(files.get(names[0]!)!)
      bytes.copy(bytes, places[1]!.at, places[2]!.at, places[2]!.end)
      world.put(names[0]!, bytes)
    },
    () => ({ lost: 1 }),
  )
})

test('entries of another journal in the same place are none', async () => {
  const other = written.find(({ journal: { names } }) => names.length >= 3)!
  const foreign = written.findLast(({ journal }) => journal.names.includes(other.journal.names[0]!))!
  await opened(
    (world, { names, files }) => {
      const bytes = Buffer.from(files.get(names[0]!)!)
      foreign.journal.files.get(names[0]!)!.copy(bytes, 4096, 4096)
      world.put(names[0]!, bytes)
    },
    () => ({ lost: 0, wasDurable: true }),
  )
})

test('a torn last record is cut off, and nothing is kept of it', async () => {
  const { cut, names } = await opened(
    (world, { names, files, places }) => {
      const bytes = Buffer.from(files.get(names.at(-1)!)!)
      bytes.fill(0, places.at(-1)!.at + 100, places.at(-1)!.end)
      world.put(names.at(-1)!, bytes)
    },
    ({ places }) => ({ lost: places.length - 1, wasDurable: false }),
  )
  expect(cut).toMatchObject({ records: 0, wasDurable: false, setAside: [] })
  expect(cut!.bytes).toBeGreaterThan(0)
  expect(names.filter(name => name.startsWith('damaged'))).toEqual([])
})

test('a batch that was left in pieces is set aside, and not called lost', async () => {
  const world = memoryWorld()
  const journal = openJournal(world)
  const entries = new Chain(1).take(5)
  await journal.append(entries.slice(0, 2))
  await journal.append(entries.slice(2))
  await journal.close()
  const [name] = world.names()
  const bytes = world.bytesOf(name!)
  const at = bytes.indexOf(entries[3]!.bytes)
  world.put(name!, bytes.fill(0, at, at + 50))
  const again = openJournal(world)
  expect(again.cut).toMatchObject({ afterSeq: 3, records: 1, wasDurable: false })
  expect(again.cut!.setAside).toEqual(['damaged-0000000000000004-1'])
  expect(world.bytesOf('damaged-0000000000000004-1').includes(entries[4]!.bytes)).toBe(true)
  expect(told(entriesIn(again))).toEqual(told(entries.slice(0, 3)))
  await again.close()
  world.remove()
})

test('the name of a later segment is a witness, even if it has no record', async () => {
  const { cut } = await opened(
    (world, { names, files, places }) => {
      const last = names.at(-1)!
      world.put(last, Buffer.from(files.get(last)!).fill(0, 4096))
      const before = names.at(-2)!
      const { at, end } = places.findLast(({ name }) => name === before)!
      world.put(before, Buffer.from(files.get(before)!).fill(0, at, end))
    },
    journal => ({ lost: firstIn(journal, journal.names.length - 1) - 1, wasDurable: true }),
  )
  expect(cut!.records).toBe(0)
})

test('what is set aside twice has two names, and every opening tells of both', async () => {
  const world = memoryWorld()
  for (let round = 1; round <= 2; round++) {
    const journal = openJournal(world)
    await journal.append(new Chain(round, entriesIn(journal).at(-1)).take(4))
    await journal.close()
    const name = world.names().findLast(some => some.endsWith('.segment'))!
    world.put(name, world.bytesOf(name).fill(0xff, 4100, 4110))
    const again = openJournal(world)
    expect(again.setAside.length).toBe(round)
    await again.close()
  }
  const journal = openJournal(world)
  expect([journal.cut, journal.setAside]).toEqual([
    null,
    ['damaged-0000000000000001-1', 'damaged-0000000000000001-2'],
  ])
  await journal.close()
  world.remove()
})

test('a mark of dropped records that cannot be understood drops nothing', async () => {
  await opened(
    world => world.put('cut', Buffer.from('no mark at all')),
    ({ places }) => ({ lost: places.length }),
  )
})

test('a mark of dropped records that is damaged drops nothing', async () => {
  const mark = Buffer.alloc(12)
  mark.writeUInt32BE(1, 4)
  mark.writeUInt32BE((crc32(mark.subarray(0, 8)) ^ 1) >>> 0, 8)
  await opened(
    world => world.put('cut', mark),
    ({ places }) => ({ lost: places.length }),
  )
})

test('damage in front of the place where records were being dropped is told, and ends the journal', async () => {
  const { cut } = await opened(
    (world, { names, files, places }) => {
      const mark = Buffer.alloc(12)
      mark.writeUInt32BE(places.length - 1, 4)
      mark.writeUInt32BE(crc32(mark.subarray(0, 8)), 8)
      world.put('cut', mark)
      world.put(names[0]!, Buffer.from(files.get(names[0]!)!).fill(0, places[1]!.at, places[1]!.end))
    },
    () => ({ lost: 1, wasDurable: true }),
  )
  expect(cut!.setAside.length).toBeGreaterThan(1)
})

test('a record that was changed together with its checksum is found by its hash', async () => {
  const world = memoryWorld()
  const journal = openJournal(world)
  await journal.append(new Chain(3).take(3))
  await journal.close()
  const name = world.names().find(some => some.endsWith('.segment'))!
  const bytes = world.bytesOf(name)
  const salt = bytes.readUInt32BE(56)
  const size = checkEntry(bytes, 4096, { at: 4096, salt })
  bytes[4096 + 150]! ^= 1
  bytes.writeUInt32BE(crc32(bytes.subarray(4096 + 8, 4096 + size), (salt ^ 4096) >>> 0), 4096 + 4)
  world.put(name, bytes)
  const again = openJournal(world)
  expect(() => again.at(1)).toThrow('record 1 of the journal is damaged on the disk')
  expect(again.at(2)?.record.seq).toBe(2)
  await again.close()
  world.remove()
})
