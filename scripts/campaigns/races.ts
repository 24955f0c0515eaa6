/**
 * No race leaves the root: a process swaps a folder and a link to a folder outside, as fast as it can, while clients do
 * everything that they can do on paths in that folder. Production code in one process, on a real disk, without flushes.
 *
 *     scripts/campaigns/run races [--operations N] [--seed N]
 *
 * What lies outside is neither told, nor read, nor changed.
 */
import { parseArgs } from 'node:util'
import { RacedCluster } from '../../fixtures/raced-operations.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '200000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const operations = Number(values.operations)
const chance = new SeededChance(Number(values.seed))
/** Of one root; then what lies outside is looked at. */
const stepMax = 4_000

const say = (line: string): void => void process.stdout.write(`races: ${line}\n`)
say(`seed ${values.seed}, ${operations} operations`)

const escapes: string[] = []
const sums = { answered: 0, refused: 0 }
const begun = performance.now()

/** In a root of its own: a history of many thousands would only be slow. */
async function step(count: number): Promise<void> {
  const raced = new RacedCluster()
  try {
    await raced.start()
    await raced.race()
    const found = await raced.run(count, chance)
    for (const { answered, refused } of Object.values(found.ended)) {
      sums.answered += answered
      sums.refused += refused
    }
    escapes.push(...found.escapes)
  } finally {
    await raced.close()
  }
}

for (let done = 0; done < operations && escapes.length === 0; done += stepMax)
  await step(Math.min(stepMax, operations - done))
if (sums.answered < operations / 4) escapes.push(`only ${sums.answered} were answered: they met no folder`)
for (const one of escapes) say(`VIOLATION ${one}`)
const seconds = ((performance.now() - begun) / 1000).toFixed(0)
say(`${sums.answered} answered, ${sums.refused} refused in ${seconds} s, ${escapes.length} escapes`)
process.exit(escapes.length === 0 ? 0 : 1)
