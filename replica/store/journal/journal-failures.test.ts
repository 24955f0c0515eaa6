/** What a journal does when the disk refuses: a full one is waited out, any failed flush is the end. */
import type { ChangingCall, FaultyDisk } from '../../../fixtures/faulty-disk.ts'
import { SeededChance } from '../../../fixtures/seeded-chance.ts'
import type { ConcurError } from '../../../protocol/errors.ts'
import { DiskError } from '../disk.ts'
import { Chain, entriesIn, memoryWorld, openJournal, told } from './journal.fixture.ts'
import type { Journal } from './journal.ts'

const full = { code: 'NO_SPACE', message: 'no space is left for the journal' }
const broken = { code: 'IO_ERROR', message: 'the journal cannot be written any more' }

/** So long that none is prepared meanwhile. */
const longSegment = 64 * 1024

/** Makes the next call of this kind fail; returns how often it was made since. */
function failNext(disk: FaultyDisk, kind: ChangingCall, code: string, skipped = 0): { calls: number } {
  const count = { calls: 0 }
  disk.before = call => {
    if (call === kind && count.calls++ === skipped) throw new DiskError(code, call)
  }
  return count
}

function opened(segmentBytes?: number) {
  const world = memoryWorld()
  const failures: ConcurError[] = []
  const journal = openJournal(world, { failures, ...(segmentBytes && { segmentBytes }) })
  return { world, disk: world.disk, failures, journal }
}

/** Opens what a power cut now would leave. */
function afterCrash(disk: FaultyDisk): ReturnType<typeof told> {
  const world = memoryWorld(disk.crashed(new SeededChance(3)))
  const journal = openJournal(world)
  expect(journal.cut?.wasDurable ?? false).toBe(false)
  return told(entriesIn(journal))
}

test('what is written in part on a full disk is taken back before anything else is acknowledged', async () => {
  const { disk, failures, journal } = opened()
  const chain = new Chain(1)
  const good = chain.take(3)
  await journal.append(good)
  failNext(disk, 'write', 'ENOSPC')
  const refused = chain.take(2)
  await expect(journal.append(refused)).rejects.toMatchObject(full)
  expect([journal.last.seq, journal.durableSeq, journal.at(4)]).toEqual([3, 3, null])
  expect(afterCrash(disk)).toEqual(told(good))
  const others = new Chain(2, good.at(-1)).take(4)
  await journal.append(others)
  expect(afterCrash(disk)).toEqual(told([...good, ...others]))
  expect(failures).toEqual([])
  await journal.close()
})

test('all that waits behind an append without space is refused with it', async () => {
  const { disk, journal } = opened()
  const chain = new Chain(3)
  const good = chain.take(2)
  await journal.append(good)
  let release = () => {}
  disk.gate = new Promise(resolve => {
    release = resolve
  })
  failNext(disk, 'write', 'ENOSPC')
  const first = journal.append(chain.take(2))
  await Promise.resolve()
  const second = journal.append(chain.take(1))
  const third = journal.append([])
  release()
  for (const append of [first, second, third]) await expect(append).rejects.toMatchObject(full)
  expect(journal.last.seq).toBe(2)
  await journal.append(new Chain(4, good.at(-1)).take(1))
  await journal.close()
})

test('a disk that is full takes records again when there is space', async () => {
  const { world, disk, journal } = opened()
  const entries = new Chain(5).take(100)
  let done = 0
  let refused = 0
  disk.capacityBytes = 30_000
  while (done < entries.length) {
    try {
      await journal.append(entries.slice(done, done + 3))
      done = Math.min(done + 3, entries.length)
    } catch (error) {
      expect(error).toMatchObject(full)
      // A beginning of it may have found room.
      expect(journal.last.seq - done).toBeLessThan(3)
      done = journal.last.seq
      refused++
      if (refused % 3 === 0) disk.capacityBytes += 10_000
      else expect(world.names()).not.toContain('prepared')
    }
  }
  expect(refused).toBeGreaterThan(3)
  await journal.close()
  expect(told(entriesIn(openJournal(world)))).toEqual(told(entries))
})

test.each(['EIO', 'ENOSPC'])(
  'a flush that fails with %s is never made again, and nothing after it',
  async code => {
    const { disk, failures, journal } = opened(longSegment)
    const chain = new Chain(6)
    const good = chain.take(3)
    await journal.append(good)
    const flushes = failNext(disk, 'flush', code)
    const first = journal.append(chain.take(1))
    const second = journal.append(chain.take(1))
    for (const append of [first, second]) await expect(append).rejects.toMatchObject(broken)
    expect([flushes.calls, failures]).toEqual([1, [expect.objectContaining(broken)]])
    const { calls } = disk
    await expect(journal.append(new Chain(7, good.at(-1)).take(1))).rejects.toMatchObject(broken)
    await expect(journal.append([])).rejects.toMatchObject(broken)
    await expect(journal.truncateAfter(1)).rejects.toMatchObject(broken)
    expect([disk.calls, failures.length, journal.failure]).toEqual([calls, 1, failures[0]])
    expect([journal.last.seq, journal.durableSeq]).toEqual([3, 3])
    expect(told(entriesIn(journal))).toEqual(told(good))
    expect(afterCrash(disk).slice(0, 3)).toEqual(told(good))
    await journal.close()
  },
)

test('a write that fails otherwise than for space is the end', async () => {
  const { disk, failures, journal } = opened()
  failNext(disk, 'write', 'EIO')
  await expect(journal.append(new Chain(8).take(1))).rejects.toMatchObject(broken)
  expect(failures.length).toBe(1)
  await expect(journal.append([])).rejects.toMatchObject(broken)
  await journal.close()
})

test('what was written in part and cannot be taken back is the end', async () => {
  const { disk, failures, journal } = opened()
  const chain = new Chain(9)
  await journal.append(chain.take(2))
  disk.before = call => {
    if (call !== 'openOwn') throw new DiskError('ENOSPC', call)
  }
  await expect(journal.append(chain.take(1))).rejects.toMatchObject(broken)
  expect(failures.length).toBe(1)
  await journal.close()
})

test('a process without descriptors left is told so, and goes on when it has some', async () => {
  const { disk, failures, journal } = opened()
  const entries = new Chain(10).take(1)
  failNext(disk, 'openOwn', 'EMFILE')
  await expect(journal.append(entries)).rejects.toMatchObject({
    code: 'IO_ERROR',
    message: 'the journal cannot be opened (EMFILE)',
  })
  await journal.append(entries)
  expect([journal.durableSeq, failures]).toEqual([1, []])
  await journal.close()
})

test('a segment prepared in the background whose flush fails is the end', async () => {
  const { disk, failures, journal } = opened()
  const chain = new Chain(11)
  await journal.append(chain.take(1))
  let isPreparing = false
  disk.before = call => {
    isPreparing ||= call === 'openOwn'
    if (isPreparing && call === 'flush') throw new DiskError('EIO', call)
  }
  await expect(
    (async () => {
      for (;;) await journal.append(chain.take(1))
    })(),
  ).rejects.toMatchObject(broken)
  expect(failures.length).toBe(1)
  await journal.close()
})

test('records cannot be dropped on a full disk, and none is', async () => {
  const { world, disk, failures, journal } = opened()
  const entries = new Chain(12).take(5)
  await journal.append(entries)
  failNext(disk, 'write', 'ENOSPC')
  await expect(journal.truncateAfter(2)).rejects.toMatchObject(full)
  expect([journal.last.seq, failures, world.names().includes('cut.new')]).toEqual([5, [], false])
  await journal.truncateAfter(2)
  expect(afterCrash(disk)).toEqual(told(entries.slice(0, 2)))
  await journal.close()
})

test('a record that cannot be read is said to be so', async () => {
  const { disk, journal } = opened()
  await journal.append(new Chain(13).take(2))
  disk.read = () => {
    throw new DiskError('EIO', 'read')
  }
  const unreadable = { code: 'IO_ERROR', message: 'record 2 of the journal cannot be read' }
  expect(() => journal.at(2)).toThrow(expect.objectContaining(unreadable))
  await expect(journal.truncateAfter(2)).resolves.toBeUndefined()
  await expect(journal.truncateAfter(1)).rejects.toMatchObject({ code: 'IO_ERROR' })
  expect(journal.failure).toBeNull()
  await journal.close()
})

/** Appends, steps to new segments and drops, as far as it goes. @returns the records that must be there. */
async function script(journal: Journal): Promise<ReturnType<typeof told>[]> {
  const chain = new Chain(14)
  let entries: ReturnType<Chain['take']> = []
  let allowed = [told([])]
  try {
    for (let round = 0; round < 8; round++) {
      const some = chain.take(2)
      await journal.append(some)
      entries = [...entries, ...some]
      allowed = [told(entries)]
    }
    allowed.push(told(entries.slice(0, 4)))
    await journal.truncateAfter(4)
    allowed = [told(entries.slice(0, 4))]
  } catch (error) {
    expect(['NO_SPACE', 'IO_ERROR']).toContain((error as ConcurError).code)
  }
  return allowed
}

test.each(['EIO', 'ENOSPC', 'EROFS', 'EMFILE'])(
  '%s at any call loses nothing, and leaves nothing open',
  async code => {
    let isReached = true
    let n = 0
    for (n = 1; isReached; n++) {
      isReached = false
      const { world, disk, failures, journal } = opened()
      const before = disk.calls
      let failed: ChangingCall | null = null
      disk.before = (call, number) => {
        if (number - before !== n) return
        isReached = true
        failed = call
        throw new DiskError(code, call)
      }
      const allowed = await script(journal)
      if (failed === 'flush') expect([n, failures.length]).toEqual([n, 1])
      if (failed !== null && failures.length === 0) {
        // It may be gone on with, whatever it was.
        await journal.append(new Chain(15, journal.at(journal.last.seq) ?? undefined).take(2))
        await journal.truncateAfter(journal.last.seq - 2)
      }
      const after = afterCrash(disk)
      const isAllowed = allowed.some(
        some => JSON.stringify(after.slice(0, some.length)) === JSON.stringify(some),
      )
      expect([n, failed, isAllowed]).toEqual([n, failed, true])
      await journal.close()
      world.remove()
    }
    expect(n).toBeGreaterThan(40)
  },
)

test('an opening that fails at any call leaves nothing open, and the next one finds all', async () => {
  const { world, disk, journal } = opened()
  const entries = new Chain(16).take(40)
  await journal.append(entries)
  await journal.close()
  const name = world.names()[2]!
  world.put(name, world.bytesOf(name).fill(0xff, 4200, 4300))
  const lost = Number(name.slice(0, 16)) - 1
  let isReached = true
  for (let n = 1; isReached; n++) {
    isReached = false
    const copy = memoryWorld(disk.left())
    copy.disk.before = (call, number) => {
      if (number !== n) return
      isReached = true
      throw new DiskError('EIO', call)
    }
    try {
      await openJournal(copy).close()
    } catch (error) {
      expect(error).toBeInstanceOf(DiskError)
    }
    copy.disk.before = () => {}
    const again = openJournal(copy)
    expect([n, told(entriesIn(again))]).toEqual([n, told(entries.slice(0, lost))])
    expect(again.setAside.length).toBeGreaterThan(0)
    await again.close()
    copy.remove()
  }
})

test('what arrives while a flush runs shares the next one', async () => {
  const { disk, journal } = opened(longSegment)
  const chain = new Chain(17)
  await journal.append(chain.take(1))
  let release = () => {}
  disk.gate = new Promise(resolve => {
    release = resolve
  })
  const calls: ChangingCall[] = []
  disk.before = call => calls.push(call)
  const appends = [journal.append(chain.take(1))]
  await Promise.resolve()
  for (let i = 0; i < 7; i++) appends.push(journal.append(chain.take(1)))
  release()
  await Promise.all(appends)
  expect(calls).toEqual(['write', 'flush', 'write', 'flush'])
  await journal.close()
})
