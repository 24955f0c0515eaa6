/** What dropping records must do on every disk. */
import { Chain, type World } from '../../../fixtures/journals.ts'
import { journalsIn } from './opened-journals.suite.ts'

/** Runs the suite. `newWorld` gives a disk without a journal. */
export function describeCuts(newWorld: () => World): void {
  const { open, expectEntries, opened } = journalsIn(newWorld)

  test.each([39, 37, 20, 1, 0])('records behind seq %i are dropped for good', async seq => {
    const journal = open()
    const entries = new Chain(12).take(40)
    await journal.append(entries)
    await journal.truncateAfter(seq)
    expect([journal.last.seq, journal.durableSeq, journal.at(seq + 1)]).toEqual([seq, seq, null])
    await expectEntries(journal, entries.slice(0, seq))
  })

  test('other records take the place of those that were dropped', async () => {
    const journal = open()
    const entries = new Chain(13).take(40)
    await journal.append(entries)
    for (const seq of [35, 34, 3]) {
      await journal.truncateAfter(seq)
      entries.splice(seq, entries.length, ...new Chain(seq, entries[seq - 1]).take(9))
      await journal.append(entries.slice(seq))
    }
    await expectEntries(journal, entries)
    await opened().append(new Chain(14, entries.at(-1)).take(30))
    expect(opened().last.seq).toBe(42)
  })

  test('a journal of which all was dropped begins anew', async () => {
    const journal = open()
    await journal.append(new Chain(15).take(40))
    await journal.truncateAfter(0)
    expect(journal.last).toEqual({ seq: 0, hash: '0'.repeat(64), epoch: null, committedSeq: 0 })
    const entries = new Chain(16).take(40)
    await journal.append(entries)
    await expectEntries(journal, entries)
  })

  test('dropping behind the last record drops nothing', async () => {
    const journal = open()
    const entries = new Chain(17).take(5)
    await journal.append(entries)
    await journal.truncateAfter(5)
    await journal.truncateAfter(500)
    await expectEntries(journal, entries)
  })

  test('dropping waits for what is under way, and nothing is appended meanwhile', async () => {
    const journal = open()
    const entries = new Chain(18).take(30)
    const settled: string[] = []
    const appended = journal.append(entries).then(() => settled.push('append'))
    const dropped = journal.truncateAfter(10).then(() => settled.push('drop'))
    expect(() => journal.append([])).toThrow('records of the journal are being dropped')
    expect(() => journal.truncateAfter(3)).toThrow('the journal is closed, or being cut')
    expect(journal.last.seq).toBe(30)
    await Promise.all([appended, dropped])
    expect(settled).toEqual(['append', 'drop'])
    await expectEntries(journal, entries.slice(0, 10))
  })

  test('a seq that is none cannot be cut after', () => {
    const journal = open()
    for (const seq of [-1, 0.5, Number.NaN])
      expect(() => journal.truncateAfter(seq)).toThrow('no seq to cut after')
  })

  test('closing waits for records that are being dropped', async () => {
    const journal = open()
    await journal.append(new Chain(20).take(30))
    const dropped = journal.truncateAfter(4)
    await journal.close()
    await dropped
    expect(open().last.seq).toBe(4)
  })
}
