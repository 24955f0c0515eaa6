/** What a journal does when the disk fails: any failed flush is the end. */
import type { ChangingCall } from '../../../fixtures/faulty-disk.ts'
import { Chain, entriesIn, told } from '../../../fixtures/journals.ts'
import {
  afterCrash,
  broken,
  failNext,
  longSegment,
  openInMemory,
} from '../../../fixtures/refused-journals.ts'
import { DiskError } from '../disk.ts'

test.each(['EIO', 'ENOSPC'])(
  'a flush that fails with %s is never made again, and nothing after it',
  async code => {
    const { disk, failures, journal } = openInMemory(longSegment)
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
  const { disk, failures, journal } = openInMemory()
  failNext(disk, 'write', 'EIO')
  await expect(journal.append(new Chain(8).take(1))).rejects.toMatchObject(broken)
  expect(failures.length).toBe(1)
  await expect(journal.append([])).rejects.toMatchObject(broken)
  await journal.close()
})

test('a process without descriptors left is told so, and goes on when it has some', async () => {
  const { disk, failures, journal } = openInMemory()
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
  const { disk, failures, journal } = openInMemory()
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

test('a record that cannot be read is said to be so', async () => {
  const { disk, journal } = openInMemory()
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

test('what arrives while a flush runs shares the next one', async () => {
  const { disk, journal } = openInMemory(longSegment)
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
