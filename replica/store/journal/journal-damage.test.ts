/** What an opening makes of a journal of which a file is cut short, has a sector zeroed or a bit flipped. */
import {
  type Copied,
  expectDamage,
  type Written,
  writeJournal,
  writeJournals,
} from '../../../fixtures/damaged-journals.ts'
import { bitsFlipped, cutShort, type Damaged, sectorsZeroed } from '../../../fixtures/journal-damages.ts'
import { temporaryWorld, type World } from '../../../fixtures/journals.ts'
import { SeededChance } from '../../../fixtures/seeded-chance.ts'

let written: readonly Copied[]

beforeAll(async () => {
  written = await writeJournals(200)
})

/** Expects what must be of each, on a fresh copy. */
async function expectEach(written: Written, newWorld: () => World, each: Iterable<Damaged>): Promise<void> {
  for (const { name, bytes } of each) {
    const world = newWorld()
    await expectDamage(written, world, name, bytes)
    world.remove()
  }
}

test('a journal with a segment cut short or with a bit flipped opens with all that was before', async () => {
  for (const [i, { journal, copy }] of written.entries()) {
    const chance = new SeededChance(i)
    await expectEach(journal, copy, cutShort(journal, chance))
    await expectEach(journal, copy, bitsFlipped(journal, chance, 3))
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
