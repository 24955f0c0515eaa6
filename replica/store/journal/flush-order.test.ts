/**
 * What must be on the disk before the journal's next step: held against every state in which a power cut at that moment
 * could leave the disk. Where file systems keep names in order some of these are never missed; the journal does not rely
 * on that.
 */
import type { FaultyDisk } from '../../../fixtures/faulty-disk.ts'
import { Chain, memoryWorld, openJournal, segmentBytes, type World } from '../../../fixtures/journals.ts'
import { broken, openInMemory } from '../../../fixtures/refused-journals.ts'
import { DiskError } from '../disk.ts'
import type { Journal } from './journal.ts'

/** What checks have found in the middle of the journal's work, to whom they are no errors of the disk. */
let faults: unknown[]

beforeEach(() => {
  faults = []
})

afterEach(() => {
  if (faults.length > 0) throw faults[0]
})

const namesAfter = (disk: FaultyDisk): string[][] => [...disk.everyCut()].map(cut => cut.names('journal'))

/** @returns the bytes that a file has after each cut that leaves it. */
function bytesAfter(disk: FaultyDisk, name: string): Buffer[] {
  const cuts = [...disk.everyCut()].filter(cut => cut.names('journal').includes(name))
  return cuts.map(cut => cut.bytesOf(`journal/${name}`))
}

/** Calls `check` before the calls of one kind. @returns how often that was. */
function before<K extends 'rename' | 'remove' | 'truncate' | 'writeSoon'>(
  disk: FaultyDisk,
  kind: K,
  check: (...values: Parameters<FaultyDisk[K]>) => void,
): { calls: number } {
  const count = { calls: 0 }
  const call = disk[kind].bind(disk) as (...values: unknown[]) => unknown
  Object.assign(disk, {
    [kind](...values: unknown[]) {
      try {
        check(...(values as Parameters<FaultyDisk[K]>))
      } catch (error) {
        faults.push(error)
      }
      count.calls++
      return call(...values)
    },
  })
  return count
}

/** A journal of some segments, which nothing is being prepared for. */
async function segmented() {
  const { disk, journal, world } = openInMemory()
  await journal.append(new Chain(1).take(20))
  await journal.close()
  world.put('prepared', null)
  return { world, disk, journal: openJournal(world), names: world.names() }
}

test('a segment is on the disk before it is used, and its header before it has its name', async () => {
  const { disk, journal } = openInMemory()
  const headers = before(disk, 'writeSoon', (_, { length }) => {
    if (length !== 64) return
    for (const bytes of bytesAfter(disk, 'prepared')) expect(bytes).toHaveLength(segmentBytes)
  })
  const renames = before(disk, 'rename', (_, from) => {
    if (from !== 'prepared') return
    for (const bytes of bytesAfter(disk, from)) expect(bytes.toString('latin1', 0, 7)).toBe('concurJ')
  })
  await journal.append(new Chain(2).take(20))
  expect([headers.calls > 1, renames.calls > 1]).toEqual([true, true])
  await journal.close()
})

test('no record is written before the name of its segment is on the disk', async () => {
  const { disk, journal, world } = openInMemory()
  const segments = (names: string[]) => names.filter(name => name.endsWith('.segment'))
  const writes = before(disk, 'writeSoon', (_file, _bytes, position) => {
    if (position < 4096) return
    for (const names of namesAfter(disk)) expect(segments(names)).toEqual(segments(world.names()))
  })
  await journal.append(new Chain(3).take(20))
  expect(writes.calls).toBeGreaterThan(5)
  await journal.close()
})

test('records are dropped only when the mark that says so is on the disk, whole', async () => {
  const { disk, journal, names } = await segmented()
  before(disk, 'rename', () => {
    for (const bytes of bytesAfter(disk, 'cut.new')) expect(bytes).toHaveLength(12)
  })
  const expectMark = () => expect(namesAfter(disk).filter(left => !left.includes('cut'))).toEqual([])
  const removals = before(disk, 'remove', (_, name) => {
    if (name !== 'cut') expectMark()
  })
  const truncations = before(disk, 'truncate', (_, size) => {
    if (size > 0) expectMark()
  })
  await journal.truncateAfter(3)
  expect([removals.calls, truncations.calls]).toEqual([names.length, 2])
  await journal.close()
})

test.each([
  ['released', (journal: Journal) => journal.releaseUpTo(19)],
  ['given up', (journal: Journal) => journal.beginAt({ ...journal.last, seq: 500 })],
])('records are %s only when the mark that says so is on the disk, whole', async (_, act) => {
  const { disk, journal } = await segmented()
  before(disk, 'rename', () => {
    for (const bytes of bytesAfter(disk, 'begin.new')) expect(bytes).toHaveLength(76)
  })
  const removals = before(disk, 'remove', () => {
    expect(namesAfter(disk).filter(left => !left.includes('begin'))).toEqual([])
  })
  await act(journal)
  expect(removals.calls).toBeGreaterThan(0)
  await journal.close()
})

test('the mark goes when all that it says is done, on the disk as well', async () => {
  const { disk, journal } = await segmented()
  before(disk, 'truncate', (_, size) => {
    if (size > 0) expect(namesAfter(disk)).toEqual([['0000000000000001.segment', 'cut']])
  })
  const removals = before(disk, 'remove', (_, name) => {
    if (name === 'cut') expect(namesAfter(disk)).toEqual([['0000000000000001.segment', 'cut']])
  })
  await journal.truncateAfter(3)
  expect(namesAfter(disk)).toEqual([['0000000000000001.segment']])
  expect(removals.calls).toBeGreaterThan(1)
  await journal.close()
})

test('a segment without a record is gone before another one has its name', async () => {
  const { disk, journal } = openInMemory()
  disk.writeSoon = async (file, bytes, position) => {
    if (position >= 4096) throw new DiskError('EIO', 'write')
    disk.write(file, bytes, position)
  }
  await expect(journal.append(new Chain(4).take(1))).rejects.toMatchObject(broken)
  await journal.close()
  const left = disk.left()
  const again = openJournal(memoryWorld(left))
  const name = '0000000000000001.segment'
  expect(left.names('journal')).toContain(name)
  const renames = before(left, 'rename', (_from, _name, to) => {
    expect(to).toBe(name)
    for (const names of namesAfter(left)) expect(names).not.toContain(name)
  })
  await again.append([new Chain(5).next(Buffer.alloc(segmentBytes))])
  expect(renames.calls).toBe(1)
  await again.close()
})

describe('what an opening makes of a journal', () => {
  /** Damages one and opens it. */
  async function opened(damage: (world: World, names: readonly string[]) => void) {
    const { world, journal, names } = await segmented()
    await journal.close()
    damage(world, names)
    const copy = memoryWorld((world as ReturnType<typeof memoryWorld>).disk.left())
    return { ...copy, open: () => openJournal(copy).close() }
  }

  const damages: Record<string, (world: World, names: readonly string[]) => void> = {
    'whose last record is torn': (world, names) => {
      const bytes = world.bytesOf(names.at(-1)!)
      world.put(names.at(-1)!, bytes.fill(0, 4096 + 100))
    },
    'with a segment behind it that was never written': world =>
      world.put('0000000000000021.segment', Buffer.alloc(segmentBytes)),
    'with a damaged record in the middle': (world, names) =>
      world.put(names[1]!, world.bytesOf(names[1]!).fill(0xff, 5600, 5700)),
  }

  test.each(Object.keys(damages))('%s is on the disk when it is open', async what => {
    const { disk, open } = await opened(damages[what]!)
    await open()
    expect([...disk.everyCut()]).toHaveLength(1)
  })

  test('with damage is changed only when what is set aside has its copy, and that its name, on the disk', async () => {
    const { disk, open } = await opened(damages['with a damaged record in the middle']!)
    let damagedBytes = 0
    const truncations = before(disk, 'truncate', (_, size) => {
      if (size === 0) return
      const name = disk.names('journal').find(name => name.startsWith('damaged-'))!
      damagedBytes = disk.bytesOf(`journal/${name}`).length
      for (const names of namesAfter(disk)) expect(names).toContain(name)
      for (const bytes of bytesAfter(disk, name)) expect(bytes).toHaveLength(damagedBytes)
    })
    await open()
    expect([truncations.calls > 1, damagedBytes > 1000]).toEqual([true, true])
  })
})
