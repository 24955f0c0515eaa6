/**
 * What an opening makes of a journal that is not as it was written: cut short at every byte, with every sector
 * zeroed, with bits flipped, with segments gone or exchanged. No record is taken for good that is not, and all before
 * the damage is there.
 */
import { crc32 } from 'node:zlib'
import type { FaultyDisk } from '../../../fixtures/faulty-disk.ts'
import { SeededChance } from '../../../fixtures/seeded-chance.ts'
import { expectSound, type Written, writeJournal } from './damaged-journal.fixture.ts'
import {
  Chain,
  entriesIn,
  memoryWorld,
  openJournal,
  temporaryWorld,
  told,
  type World,
} from './journal.fixture.ts'
import type { Cut } from './journal.ts'
import { scanSegment } from './scan.ts'
import { decodeHeader } from './segment-header.ts'

const journals = 200
const sectorBytes = 512

/** Places a damaged file in a copy of the journal's world and expects what must be. */
async function expectDamage(written: Written, world: World, name: string, bytes: Buffer): Promise<void> {
  const before = written.files.get(name)!
  for (const [other, whole] of written.files) world.put(other, other === name ? bytes : whole)
  await expectSound(world, written, expectationOf(written, name, before, bytes))
}

/** What must be there when the bytes of one segment are not what they were. */
function expectationOf({ names, places }: Written, name: string, before: Buffer, bytes: Buffer) {
  const differs = (from: number, end: number) => !bytes.subarray(from, end).equals(before.subarray(from, end))
  const inSegment = places.filter(place => place.name === name)
  const first = places.indexOf(inSegment[0]!)
  const isHeaderLost = differs(0, 64)
  const broken = inSegment.findIndex(({ at, end }) => differs(at, end))
  if (!isHeaderLost && broken === -1) return { lost: places.length }
  const lost = first + (isHeaderLost ? 0 : broken)
  const isWhole = ({ name: other, at, end }: (typeof places)[number]) => other !== name || !differs(at, end)
  const hasWitness =
    names.indexOf(name) < names.length - 1 ||
    places.slice(lost).some(place => place.batch > places[lost]!.batch && isWhole(place))
  return { lost, wasDurable: hasWitness }
}

interface Damaged {
  readonly name: string
  readonly bytes: Buffer
}

/** Expects what must be of each, on a fresh copy. */
async function expectEach(written: Written, newWorld: () => World, each: Iterable<Damaged>): Promise<void> {
  for (const { name, bytes } of each) {
    const world = newWorld()
    await expectDamage(written, world, name, bytes)
    world.remove()
  }
}

function* cutShort({ files }: Written, chance: SeededChance): Generator<Damaged> {
  for (const [name, bytes] of files)
    for (let n = 0; n < 3; n++) yield { name, bytes: bytes.subarray(0, chance.below(bytes.length)) }
}

function* sectorsZeroed({ files }: Written): Generator<Damaged> {
  for (const [name, whole] of files) {
    for (let at = 0; at < whole.length; at += sectorBytes) {
      const bytes = Buffer.from(whole).fill(0, at, at + sectorBytes)
      if (!bytes.equals(whole)) yield { name, bytes }
    }
  }
}

function* bitsFlipped({ files, places }: Written, chance: SeededChance, count: number): Generator<Damaged> {
  for (const [name, whole] of files) {
    const { end } = places.filter(place => place.name === name).at(-1)!
    for (let n = 0; n < count; n++) {
      const bytes = Buffer.from(whole)
      const at = n === 0 ? chance.below(64) : 4096 + chance.below(end - 4096)
      bytes[at]! ^= 1 << chance.below(8)
      yield { name, bytes }
    }
  }
}

/** Each with what makes copies of the disk that it is on. */
const written: { journal: Written; copy: () => World & { disk: FaultyDisk } }[] = []

beforeAll(async () => {
  for (let seed = 1; seed <= journals; seed++) {
    const { disk, ...world } = memoryWorld()
    const journal = await writeJournal({ disk, ...world }, seed)
    written.push({ journal, copy: () => memoryWorld(disk.left()) })
    world.remove()
  }
})

/** @returns how many records of a segment a scan finds in `bytes`. */
function scanned(journal: Written, name: string, bytes: Buffer): number {
  const { salt, firstSeq, previous } = decodeHeader(journal.files.get(name)!)!
  const chain = { seq: firstSeq - 1, hash: Buffer.from(previous, 'hex') }
  const found = scanSegment({ bytes, salt, chain, seqMax: Number.MAX_SAFE_INTEGER, onEntry: () => {} })
  return found.chain.seq - chain.seq
}

test('a segment that is cut at any byte ends with the last whole record before', () => {
  for (const { journal } of written) {
    for (const [name, bytes] of journal.files) {
      const ends = journal.places.filter(place => place.name === name).map(({ end }) => end)
      for (let cut = 4096; cut < ends.at(-1)!; cut++) {
        const whole = ends.filter(end => end <= cut).length
        if (scanned(journal, name, bytes.subarray(0, cut)) !== whole)
          throw new Error(`${name} cut at ${cut} must have ${whole} records`)
      }
    }
  }
})

test('a segment of which any sector is zeroed, or a bit flipped, ends with the last record before', () => {
  for (const [i, { journal }] of written.entries()) {
    for (const { name, bytes } of [
      ...sectorsZeroed(journal),
      ...bitsFlipped(journal, new SeededChance(i), 60),
    ]) {
      const { lost } = expectationOf(journal, name, journal.files.get(name)!, bytes)
      const inSegment = journal.places.slice(0, lost).filter(place => place.name === name)
      if (decodeHeader(bytes) !== null) expect(scanned(journal, name, bytes)).toBe(inSegment.length)
    }
  }
})

test('a journal with a segment cut short or with a bit flipped opens with all that was before', async () => {
  for (const [i, { journal, copy }] of written.entries()) {
    const chance = new SeededChance(i)
    await expectEach(journal, copy, cutShort(journal, chance))
    await expectEach(journal, copy, bitsFlipped(journal, chance, 4))
  }
})

test('a journal with any sector zeroed opens with all that was before', async () => {
  for (const { journal, copy } of written.slice(0, 40))
    await expectEach(journal, copy, sectorsZeroed(journal))
})

test('the same on the real disk', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const world = temporaryWorld()
    const journal = await writeJournal(world, seed)
    const chance = new SeededChance(seed)
    for (const { name, bytes } of [...cutShort(journal, chance), ...bitsFlipped(journal, chance, 3)]) {
      for (const other of world.names()) world.put(other, null)
      await expectDamage(journal, world, name, bytes)
    }
    world.remove()
  }
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
