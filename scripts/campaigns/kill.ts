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
import { parsePath } from '../../protocol/path.ts'
import { assertTrees, awaitRest, type Campaign, makeFolders, pause, runCampaign } from './campaign.ts'
import { assertLogged } from './log-check.ts'
import type { Nodes } from './nodes.ts'
import { treeBelow } from './trees.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient, Worker } from './worker.ts'

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
    const workers = Array.from({ length: Number(values.workers) }, (_, place) => {
      const servers = nodes.names.map((_, at) =>
        nodes.address(nodes.names[(at + place) % nodes.names.length]!),
      )
      return new Worker(`w${place}`, servers, new SeededChance(seed * 100 + place))
    })
    await makeFolders(nodes, workers)
    await underLoad(workers, () => killAll(nodes, chance))
    await check(campaign, workers)
  },
  { coordinator: options },
)

/** @throws the first that a worker or `act` throws. */
async function underLoad(workers: readonly Worker[], act: () => Promise<void>): Promise<void> {
  let isOver = false
  const working = workers.map(worker => worker.run(() => !isOver))
  const acting = act().finally(() => {
    isOver = true
  })
  await Promise.all([acting, ...working])
}

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

async function check({ nodes, say }: Campaign, workers: readonly Worker[]): Promise<void> {
  const client = newClient([nodes.address('server1')], campaignName)
  const begun = performance.now()
  await awaitRest(client)
  say(
    `at rest after ${Math.round(performance.now() - begun)} ms; slowest start ${Math.round(nodes.slowestStartMs)} ms`,
  )
  const paths = assertTrees(nodes, workers)
  const logged = keep === undefined ? await assertLogged(client, workers) : 'no'
  let agreed = 0
  for (const [path, what] of treeBelow(nodes.root('server1'))) {
    if (what === 'folder') continue
    const { verdict, missing, stale, unreachable } = await client.read(
      parsePath(path),
      { bodies: 'none', deep: true },
      { openVersion: () => ({ write: async () => {} }) },
    )
    if (verdict !== 'SINGLE_FILE' || missing.length + stale.length + unreachable.length > 0)
      throw new Violation(`${path} reads as ${verdict}: ${JSON.stringify({ missing, stale, unreachable })}`)
    agreed++
  }
  client.close()
  const acknowledged = workers.reduce((sum, worker) => sum + worker.acknowledged.length, 0)
  const unanswered = workers.reduce((sum, worker) => sum + worker.unanswered.length, 0)
  const refusals = new Map<string, number>()
  for (const worker of workers)
    for (const [code, count] of worker.refusals) refusals.set(code, (refusals.get(code) ?? 0) + count)
  say(
    `${acknowledged} acknowledged, ${unanswered} unknown, refused ${JSON.stringify(Object.fromEntries(refusals))}`,
  )
  say(
    `${logged} operations in the log, ${paths} paths, ${agreed} files SINGLE_FILE, trees the same; seed ${seed} holds`,
  )
}
