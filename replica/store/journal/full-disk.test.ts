import { Chain, entriesIn, openJournal, told } from '../../../fixtures/journals.ts'
import { afterCrash, broken, failNext, full, openInMemory } from '../../../fixtures/refused-journals.ts'
import { DiskError } from '../disk.ts'

test('what is written in part on a full disk is taken back before anything else is acknowledged', async () => {
  const { disk, failures, journal } = openInMemory()
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
  const { disk, journal } = openInMemory()
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
  const { world, disk, journal } = openInMemory()
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

test('what was written in part and cannot be taken back is the end', async () => {
  const { disk, failures, journal } = openInMemory()
  const chain = new Chain(9)
  await journal.append(chain.take(2))
  disk.before = call => {
    if (call !== 'openOwn') throw new DiskError('ENOSPC', call)
  }
  await expect(journal.append(chain.take(1))).rejects.toMatchObject(broken)
  expect(failures.length).toBe(1)
  await journal.close()
})

test('records cannot be dropped on a full disk, and none is', async () => {
  const { world, disk, failures, journal } = openInMemory()
  const entries = new Chain(12).take(5)
  await journal.append(entries)
  failNext(disk, 'write', 'ENOSPC')
  await expect(journal.truncateAfter(2)).rejects.toMatchObject(full)
  expect([journal.last.seq, failures, world.names().includes('cut.new')]).toEqual([5, [], false])
  await journal.truncateAfter(2)
  expect(afterCrash(disk)).toEqual(told(entries.slice(0, 2)))
  await journal.close()
})

test('a segment is as long as all before it, and leaves most of what is free to others', async () => {
  const { world, disk, journal } = openInMemory(4 * 1024 * 1024)
  disk.capacityBytes = 20 * 1024 * 1024 + 12_345
  const chain = new Chain(13)
  while (journal.last.seq < 160) await journal.append([chain.next(Buffer.alloc(60_000))])
  await journal.close()
  const sizes = world.names().map(name => world.bytesOf(name).length / 1024)
  expect(sizes).toEqual([1024, 1024, 2048, 2048, 1792, 1568, 1372])
})

test('a disk that does not say what is free is taken to have enough', async () => {
  const { disk, journal } = openInMemory()
  disk.freeBytes = () => {
    throw new DiskError('EIO', 'statfs')
  }
  await journal.append(new Chain(14).take(30))
  expect([journal.durableSeq, journal.failure]).toEqual([30, null])
  await journal.close()
})

describe('a segment of 1 MiB that there is no room for', () => {
  const MiB = 1024 * 1024
  const sizes = (world: { names(): string[]; bytesOf(name: string): Buffer }): number[] =>
    world.names().map(name => world.bytesOf(name).length / 1024)

  /** A journal whose one segment takes no more records of 60,000 bytes, on a disk with `free` bytes left. */
  async function filled(free: number, makeRoom?: () => boolean) {
    const opened = openInMemory(MiB, makeRoom)
    const { disk, journal } = opened
    const chain = new Chain(15)
    disk.capacityBytes = MiB
    const seq = 17
    for (let n = 0; n < seq; n++) await journal.append([chain.next(Buffer.alloc(60_000))])
    disk.capacityBytes = MiB + free
    return { ...opened, seq, next: () => chain.next(Buffer.alloc(60_000)) }
  }

  test('takes nothing of what is left while that is found out', async () => {
    const { disk, journal, next, world } = await filled(60_000)
    const free: number[] = []
    disk.before = () => free.push(disk.freeBytes())
    await expect(journal.append([next()])).rejects.toMatchObject(full)
    expect([Math.min(...free), sizes(world)]).toEqual([60_000, [1024]])
    await journal.close()
  })

  test('is as short as it may be, with room for a few more', async () => {
    const { disk, journal, next, world, seq } = await filled(200_000)
    for (let n = 0; n < 2; n++) await journal.append([next()])
    expect([journal.last.seq, sizes(world)]).toEqual([seq + 2, [1024, 128]])
    disk.capacityBytes = 10 * MiB
    for (let n = 0; n < 2; n++) await journal.append([next()])
    expect(sizes(world)).toEqual([1024, 128, 1024])
    await journal.close()
    const again = openJournal(world)
    expect(again.last.seq).toBe(seq + 4)
    await again.close()
  })

  test('has the room that was kept for it', async () => {
    const asked: number[] = []
    const { disk, journal, next, seq } = await filled(0, () => {
      asked.push(disk.freeBytes())
      disk.capacityBytes += 200_000
      return true
    })
    await journal.append([next()])
    expect([journal.last.seq, asked]).toEqual([seq + 1, [0]])
    await journal.close()
  })
})
