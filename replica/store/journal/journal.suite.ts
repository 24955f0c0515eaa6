/** What a journal must do on every disk. */

import { Chain, entriesIn, told, type World } from '../../../fixtures/journals.ts'
import { inlineBytesMax } from '../../../protocol/limits.ts'
import { journalsIn } from './opened-journals.suite.ts'

/** Runs the suite. `newWorld` gives a disk without a journal. */
export function describeJournal(newWorld: () => World): void {
  const { open, reopened, expectEntries, opened, world } = journalsIn(newWorld)

  test('a new journal is empty', async () => {
    const journal = open()
    expect(journal.last).toEqual({ seq: 0, hash: '0'.repeat(64), epoch: null, committedSeq: 0 })
    expect([journal.durableSeq, journal.cut, journal.setAside]).toEqual([0, null, []])
    expect([journal.at(0), journal.at(1), journal.readAfter(0, 1000)]).toEqual([null, null, []])
    await expectEntries(journal, [])
  })

  test('what was appended is there, byte for byte, also after a restart', async () => {
    const journal = open()
    const entries = new Chain(1).take(40)
    await journal.append(entries.slice(0, 1))
    await journal.append(entries.slice(1, 9))
    await journal.append(entries.slice(9))
    expect(
      world()
        .names()
        .filter(name => name.endsWith('.segment')).length,
    ).toBeGreaterThan(2)
    await expectEntries(journal, entries)
  })

  test('a body that is empty is told from none', async () => {
    const chain = new Chain(2)
    const entries = [chain.next(null), chain.next(Buffer.alloc(0)), chain.next(Buffer.of(0))]
    const journal = open()
    await journal.append(entries)
    expect(entriesIn(journal).map(({ body }) => body?.length ?? null)).toEqual([null, 0, 1])
    await expectEntries(journal, entries)
  })

  test('the end is told with epoch and committed seq of the last record, also after a restart', async () => {
    const journal = open()
    const entries = new Chain(3).take(20)
    await journal.append(entries)
    const { record, hash } = entries.at(-1)!
    const last = { seq: 20, hash, epoch: record.epoch, committedSeq: record.committedSeq }
    expect([journal.last, (await reopened()).last]).toEqual([last, last])
  })

  test('records are part of the journal when they are appended, and durable when the promise resolves', async () => {
    const journal = open()
    const entries = new Chain(4).take(6)
    const first = journal.append(entries.slice(0, 3))
    const second = journal.append(entries.slice(3))
    expect([journal.last.seq, journal.durableSeq]).toEqual([6, 0])
    expect(told(entriesIn(journal))).toEqual(told(entries))
    expect(told([journal.at(5)!])).toEqual(told([entries[4]!]))
    await first
    expect(journal.durableSeq).toBeGreaterThanOrEqual(3)
    await second
    expect(journal.durableSeq).toBe(6)
  })

  test('appends resolve in the order in which they were made', async () => {
    const journal = open()
    const entries = new Chain(5).take(50)
    const resolved: number[] = []
    await Promise.all(
      entries.map(entry => journal.append([entry]).then(() => resolved.push(entry.record.seq))),
    )
    expect(resolved).toEqual(entries.map(({ record }) => record.seq))
    await expectEntries(journal, entries)
  })

  test('an append of nothing resolves when all before it is durable', async () => {
    const journal = open()
    await journal.append([])
    const [entry] = new Chain(6).take(1)
    void journal.append([entry!])
    await journal.append([])
    expect(journal.durableSeq).toBe(1)
  })

  test('an entry that is longer than a segment gets one of its own', async () => {
    const chain = new Chain(7)
    const entries = [chain.next(), chain.next(Buffer.alloc(inlineBytesMax, 0xee)), chain.next()]
    const journal = open()
    await journal.append(entries)
    await expectEntries(journal, entries)
  })

  test('many records are one append, of several batches', async () => {
    const journal = open(1024 * 1024)
    const entries = new Chain(8).take(700)
    await journal.append(entries)
    await expectEntries(journal, entries)
  })

  test('reading gives as many as fit, one at least, and ends before the last', async () => {
    const journal = open()
    const entries = new Chain(9).take(30)
    await journal.append(entries)
    expect(told(journal.readAfter(3, 0))).toEqual(told(entries.slice(3, 4)))
    const some = journal.readAfter(3, 2000)
    expect(some.length).toBeGreaterThan(1)
    expect(told(some)).toEqual(told(entries.slice(3, 3 + some.length)))
    expect(some.reduce((sum, { bytes, body }) => sum + bytes.length + (body?.length ?? 0), 0)).toBeLessThan(
      2000,
    )
    expect([journal.readAfter(30, 1000), journal.readAfter(31, 1000), journal.at(31)]).toEqual([[], [], null])
  })

  test('records that do not follow are our own mistake', async () => {
    const journal = open()
    const chain = new Chain(10)
    const [first, second, third] = chain.take(3)
    expect(() => journal.append([second!])).toThrow('record 2 is appended behind 0')
    expect(() => journal.append([first!, third!])).toThrow('record 3 is appended behind 1')
    await journal.append([first!])
    const [, foreign] = new Chain(11).take(2)
    expect(() => journal.append([foreign!])).toThrow('record 2 follows from another than is before it')
    const tooLong = new Chain(10, first).next(Buffer.alloc(inlineBytesMax + 1))
    expect(() => journal.append([tooLong])).toThrow('the body of record 2 has 65537 bytes')
    await expectEntries(journal, [first!])
  })

  test('closing waits for what is under way, and a closed journal takes nothing', async () => {
    const journal = open()
    const entries = new Chain(19).take(30)
    const appended = journal.append(entries)
    const closed = journal.close()
    expect(() => journal.append([])).toThrow('the journal is closed')
    expect(() => journal.truncateAfter(0)).toThrow('the journal is closed')
    await closed
    await appended
    await journal.close()
    expect(told(entriesIn(open()))).toEqual(told(entries))
  })

  test('what a crash left half made is removed, and what is not ours stays', async () => {
    await open().append(new Chain(21).take(3))
    await opened().close()
    for (const name of ['prepared', 'cut.new', 'damaged.new', 'notes.txt', '0.segment', 'damaged-1-x'])
      world().put(name, Buffer.from('left'))
    const journal = open()
    expect([journal.last.seq, journal.cut, journal.setAside]).toEqual([3, null, []])
    expect(world().names()).toEqual(['0.segment', '0000000000000001.segment', 'damaged-1-x', 'notes.txt'])
  })

  test('a journal of a newer version is refused and left as it is', async () => {
    await open().append(new Chain(22).take(40))
    await opened().close()
    const name = world().names()[1]!
    const bytes = world().bytesOf(name)
    bytes.writeUInt32BE(2, 8)
    // CRC-32 of a header that says version 2.
    const { crc32 } = await import('node:zlib')
    bytes.writeUInt32BE(crc32(bytes.subarray(16, 64), crc32(bytes.subarray(0, 12))), 12)
    world().put(name, bytes)
    const before = world().names()
    expect(() => open()).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'the journal has version 2; this program reads version 1',
      }),
    )
    expect(world().names()).toEqual(before)
  })

  test('a record that changes on the disk while the journal is open is not read as good', async () => {
    const journal = open()
    const entries = new Chain(23).take(3)
    await journal.append(entries)
    const name = world().names()[0]!
    const at = world().bytesOf(name).indexOf(entries[1]!.bytes) + 20
    const folder = world().disk.openBeneath(world().folder, 'journal', 'folder')
    const file = world().disk.openOwn(folder, name)
    world().disk.write(file, Buffer.of(world().bytesOf(name)[at]! ^ 1), at)
    world().disk.close(file)
    world().disk.close(folder)
    const damaged = { code: 'IO_ERROR', message: 'record 2 of the journal is damaged on the disk' }
    expect(() => journal.at(2)).toThrow(expect.objectContaining(damaged))
    expect(() => journal.readAfter(0, 5000)).toThrow(expect.objectContaining(damaged))
    expect(told([journal.at(1)!, journal.at(3)!])).toEqual(told([entries[0]!, entries[2]!]))
  })
}
