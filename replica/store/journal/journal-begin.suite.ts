/** What a journal that does not begin with the first record must do on every disk. */
import { Chain, entriesIn, told, type World } from '../../../fixtures/journals.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import { lastOf } from './group-commit.ts'
import { journalsIn } from './opened-journals.suite.ts'

/** Runs the suite. `newWorld` gives a disk without a journal. */
export function describeBegins(newWorld: () => World): void {
  const { open, reopened, opened, world } = journalsIn(newWorld)

  async function filled(seed: number): Promise<JournalEntry[]> {
    const entries = new Chain(seed).take(60)
    await open().append(entries)
    return entries
  }

  test('old segments are released as a whole, and never a record behind the one that was named', async () => {
    const entries = await filled(30)
    const before = world().names().length
    await opened().releaseUpTo(40)
    const { begin, last } = opened()
    expect([begin.seq > 0, begin.seq <= 40, last.seq]).toEqual([true, true, 60])
    expect(world().names().length).toBeLessThan(before)
    expect(told(entriesIn(opened()))).toEqual(told(entries.slice(begin.seq)))
    expect([opened().at(begin.seq), opened().at(begin.seq + 1)?.hash]).toEqual([
      null,
      entries[begin.seq]!.hash,
    ])
  })

  test('a journal that begins later is the same after a restart, and goes on', async () => {
    const entries = await filled(31)
    await opened().releaseUpTo(40)
    const { begin } = opened()
    expect(begin).toEqual(lastOf(entries[begin.seq - 1]!))
    const again = await reopened()
    expect([again.begin, again.cut]).toEqual([begin, null])
    const more = new Chain(32, entries.at(-1)).take(30)
    await again.append(more)
    await again.releaseUpTo(70)
    expect(again.begin.seq).toBeGreaterThan(begin.seq)
    const last = await reopened()
    expect(told(entriesIn(last))).toEqual(told([...entries, ...more].slice(last.begin.seq)))
  })

  test('the last segment stays, whatever is released', async () => {
    const entries = await filled(33)
    await opened().releaseUpTo(1000)
    expect(told([opened().at(60)!])).toEqual(told(entries.slice(59)))
    expect((await reopened()).last.seq).toBe(60)
  })

  test('records can be dropped back to where the journal begins, and not further', async () => {
    await filled(34)
    await opened().releaseUpTo(40)
    const { begin } = opened()
    expect(() => opened().truncateAfter(begin.seq - 1)).toThrow('no seq to cut after')
    await opened().truncateAfter(begin.seq)
    expect(opened().last).toEqual(begin)
    expect((await reopened()).last).toEqual(begin)
  })

  test('what an interrupted release left of old segments goes when the journal is opened', async () => {
    const entries = await filled(35)
    const [oldest] = world()
      .names()
      .filter(name => name.endsWith('.segment'))
    const bytes = world().bytesOf(oldest!)
    await opened().releaseUpTo(40)
    await opened().close()
    world().put(oldest!, bytes)
    const again = open()
    expect([world().names().includes(oldest!), again.cut]).toEqual([false, null])
    expect(told(entriesIn(again))).toEqual(told(entries.slice(again.begin.seq)))
  })

  test('a journal whose mark was damaged begins where its first segment says', async () => {
    const entries = await filled(36)
    await opened().releaseUpTo(40)
    const { begin } = opened()
    await opened().close()
    world().put('begin', Buffer.alloc(76, 1))
    const again = open()
    expect(again.begin).toEqual({ ...begin, epoch: null, committedSeq: begin.seq })
    expect(told(entriesIn(again))).toEqual(told(entries.slice(begin.seq)))
  })

  test('a journal begins anew behind any record, and has nothing of what was before', async () => {
    await filled(37)
    const elsewhere = new Chain(38).take(100)
    const begin = lastOf(elsewhere[89]!)
    await opened().beginAt(begin)
    expect([opened().last, opened().begin, opened().readAfter(0, 1000)]).toEqual([begin, begin, []])
    expect((await reopened()).last).toEqual(begin)
    await opened().append(elsewhere.slice(90))
    expect(told(entriesIn(await reopened()))).toEqual(told(elsewhere.slice(90)))
  })

  test('a journal can go back to having nothing', async () => {
    await filled(39)
    await opened().beginAt({ seq: 0, hash: '0'.repeat(64) as never, epoch: null, committedSeq: 0 })
    const entries = new Chain(40).take(5)
    await opened().append(entries)
    expect(told(entriesIn(await reopened()))).toEqual(told(entries))
  })
}
