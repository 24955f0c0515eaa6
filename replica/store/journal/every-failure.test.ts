/** Each call that a journal makes fails once, at work and at its opening. */
import type { ChangingCall } from '../../../fixtures/faulty-disk.ts'
import { Chain, entriesIn, memoryWorld, openJournal, told } from '../../../fixtures/journals.ts'
import { afterCrash, openInMemory } from '../../../fixtures/refused-journals.ts'
import type { ConcurError } from '../../../protocol/errors.ts'
import { DiskError } from '../disk.ts'
import type { Journal } from './journal.ts'

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
      const { world, disk, failures, journal } = openInMemory()
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
  const { world, disk, journal } = openInMemory()
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
