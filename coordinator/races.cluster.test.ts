/**
 * No operation leaves the root, whatever becomes of a folder meanwhile: it is swapped for a link to a folder outside at every
 * moment of each operation, and without end by another process. `scripts/campaigns/run races` does the same for longer.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readingsAreNoted } from '../fixtures/canaries.ts'
import { Moments } from '../fixtures/moments.ts'
import { acts, RacedCluster } from '../fixtures/raced-operations.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'

const racedOperations = 2_000
/** Of most operations that is all; a history that has grown is read in as many more. */
const momentsMax = 70

let raced: RacedCluster
beforeEach(async () => {
  raced = new RacedCluster()
  await raced.start()
})
afterEach(() => raced.close())

test('the system says when a file was read, so that a canary that was read is found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'concur-readings-'))
  try {
    expect(readingsAreNoted(folder)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each(Object.keys(acts))(
  'a folder that becomes a link at any moment of a %s leads nobody outside',
  async name => {
    const moments = new Moments(raced.cluster, { withLooks: true })
    let met = 0
    for (let moment = 1; moment < momentsMax; moment++) {
      await raced.act('put', ['swapped/a', ''], `inside ${moment}\n`)
      await raced.act('put', ['swapped/sub/x', ''], `inside ${moment}\n`)
      let isSwapped = false
      moments.stepInAt(moment, () => {
        raced.swap()
        isSwapped = true
      })
      const told = await raced.act(name, ['swapped/a', 'swapped/b'], 'inside\n')
      expect(told ?? []).toEqual([])
      expect(raced.harm()).toEqual([])
      moments.end()
      if (!isSwapped) break
      met++
      raced.swap()
      await raced.act('delete', ['swapped/b', ''], '')
    }
    expect(met).toBeGreaterThan(0)
  },
)

test('no operation leads outside while a process swaps folder and link without end', async () => {
  await raced.race()
  const { ended, escapes } = await raced.run(racedOperations, new SeededChance(1))
  expect(escapes).toEqual([])
  const { read, put } = ended
  expect(Math.min(read!.answered, put!.answered, put!.refused)).toBeGreaterThan(racedOperations / 150)
})
