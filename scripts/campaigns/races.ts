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
/** Between two looks at what lies outside. */
const stepMax = 10_000

const say = (line: string): void => void process.stdout.write(`races: ${line}\n`)
say(`seed ${values.seed}, ${operations} operations`)

const raced = new RacedCluster()
const escapes: string[] = []
const sums = { answered: 0, refused: 0 }
const begun = performance.now()
try {
  await raced.start()
  await raced.race()
  for (let done = 0; done < operations && escapes.length === 0; done += stepMax) {
    const found = await raced.run(Math.min(stepMax, operations - done), chance)
    for (const [name, { answered, refused }] of Object.entries(found.ended)) {
      if (answered === 0) escapes.push(`${name} was never answered: it met no folder`)
      sums.answered += answered
      sums.refused += refused
    }
    escapes.push(...found.escapes)
  }
} finally {
  await raced.close()
}
for (const escape of escapes) say(`VIOLATION ${escape}`)
const seconds = ((performance.now() - begun) / 1000).toFixed(0)
say(`${sums.answered} answered, ${sums.refused} refused in ${seconds} s, ${escapes.length} escapes`)
process.exit(escapes.length === 0 ? 0 : 1)
