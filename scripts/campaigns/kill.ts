/**
 * Nothing acknowledged is lost to kill -9. A coordinator and two replicas as processes; clients write, append, rename,
 * delete and make folders under load, each in a folder of its own, while nodes, one or several at once, are killed at
 * random moments, also while they start, and are started again.
 *
 *     scripts/campaigns/run kill [--kills N] [--workers N] [--seed N] [--journal-keep N]
 *
 * At the end all trees are byte for byte the same and hold what the answers allow; every
 * acknowledged change stands in the log once, and nothing that nobody asked for; every file reads as SINGLE_FILE. The
 * seed decides what is done and who is killed when; the machine decides what that meets.
 */
import { parseArgs } from 'node:util'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { makeFolders, pause, runCampaign } from './campaign.ts'
import { assertAllKept, underLoad, workersOf } from './load-and-rest.ts'
import type { Nodes } from './nodes.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    workers: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** With it the log begins later, and is not held against the answers. */
    'journal-keep': { type: 'string' },
  },
})
const kills = Number(values.kills)
const seed = Number(values.seed)
const keep = values['journal-keep']
const options = keep === undefined ? [] : ['--journal-keep', keep]

/** Who is killed together; the coordinator is server1. */
const victims = [
  ['server1'],
  ['server2'],
  ['server3'],
  ['server1', 'server2'],
  ['server2', 'server3'],
  ['server1', 'server2', 'server3'],
]

await runCampaign(
  'kill',
  3,
  async campaign => {
    const { nodes, say } = campaign
    say(`seed ${seed}, ${kills} kills, ${values.workers} workers`)
    const chance = new SeededChance(seed)
    const workers = workersOf(nodes, Number(values.workers), seed)
    await makeFolders(nodes, workers)
    await underLoad(workers, () => killAll(nodes, chance))
    await assertAllKept(campaign, workers, { isLogWhole: keep === undefined })
    say(`seed ${seed} holds`)
  },
  { coordinator: options },
)

async function killAll(nodes: Nodes, chance: SeededChance): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    await pause(chance.below(700))
    const names = victims[chance.below(victims.length)]!
    await nodes.kill(names)
    await pause(chance.below(250))
    if (chance.below(4) === 0) await killWhileStarting(nodes, names, chance)
    await Promise.all(names.map(name => nodes.start(name)))
  }
}

async function killWhileStarting(
  nodes: Nodes,
  names: readonly string[],
  chance: SeededChance,
): Promise<void> {
  for (const name of names) nodes.launch(name)
  await pause(150 + chance.below(400))
  await nodes.kill(names)
}
