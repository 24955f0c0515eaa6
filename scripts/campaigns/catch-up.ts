/**
 * A replica that was away goes on from where it was. Thousands of changes are made without it; then it is started, and
 * killed with -9 again and again on its way.
 *
 *     scripts/campaigns/run catch-up [--operations N] [--kills N] [--workers N] [--seed N] [--journal-keep N]
 *
 * Its applied position never goes back, over no kill either; at the end both trees are byte for byte the same and hold
 * what the answers allow. The kills come at even distances of the way.
 */
import { parseArgs } from 'node:util'
import type { ConcurClient } from '../../client/concur-client.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { assertTrees, awaitRest, type Campaign, makeFolders, pause, runCampaign } from './campaign.ts'
import { assertLogged } from './log-check.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient, Worker } from './worker.ts'

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '10' },
    workers: { type: 'string', default: '16' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** With it the log begins later, and is not held against the answers. */
    'journal-keep': { type: 'string' },
  },
})
const operations = Number(values.operations)
const kills = Number(values.kills)
const seed = Number(values.seed)
const keep = values['journal-keep']
const options = keep === undefined ? [] : ['--journal-keep', keep]

const replica = 'server2'

/** Milliseconds in which a replica that runs has to get on. */
const progressWithinMs = 30_000

await runCampaign(
  'catch-up',
  2,
  async campaign => {
    const { nodes, say } = campaign
    say(`seed ${seed}, ${operations} operations, ${kills} kills`)
    const workers = Array.from(
      { length: Number(values.workers) },
      (_, place) => new Worker(`w${place}`, [nodes.address('server1')], new SeededChance(seed * 100 + place)),
    )
    await makeFolders(nodes, workers)
    const client = newClient([nodes.address('server1')], campaignName)
    const from = await appliedSeq(client)
    await nodes.kill([replica])
    await makeChanges(campaign, workers)
    await catchUp(campaign, client, from!)
    const paths = assertTrees(nodes, workers)
    const logged = keep === undefined ? await assertLogged(client, workers) : 'no'
    client.close()
    say(`${logged} operations in the log, ${paths} paths, trees the same; seed ${seed} holds`)
  },
  { coordinator: options },
)

async function makeChanges({ say }: Campaign, workers: readonly Worker[]): Promise<void> {
  const begun = performance.now()
  const made = (): number => workers.reduce((sum, worker) => sum + worker.acknowledged.length, 0)
  await Promise.all(workers.map(worker => worker.run(() => made() < operations)))
  say(`${made()} changes without ${replica} in ${seconds(begun)} s`)
}

/** @throws Violation when the replica's position goes back, or stands still. */
async function catchUp({ nodes, say }: Campaign, client: ConcurClient, from: number): Promise<void> {
  const { coordinator } = await client.status()
  const to = coordinator.seq!
  const begun = performance.now()
  let position = from
  let wentOn = 0
  let memory = 0
  for (let kill = 0; kill <= kills; kill++) {
    await nodes.start(replica)
    const goal = from + Math.floor(((to - from) * (kill + 1)) / (kills + 1))
    const first = await awaitPosition(client, position, 0)
    if (kill > 0 && first > from) wentOn++
    position = await awaitPosition(client, first, goal)
    memory = Math.max(memory, nodes.peakMemoryMiB(replica))
    if (kill < kills) await nodes.kill([replica])
  }
  await awaitRest(client)
  say(
    `caught up from ${from} to ${to} in ${seconds(begun)} s over ${kills} kills, went on from its position ${wentOn} times`,
  )
  say(`most memory of ${replica} ${memory} MiB; slowest start ${Math.round(nodes.slowestStartMs)} ms`)
}

/** @returns the first position at `goal` or behind it. @throws Violation when it is before `position`. */
async function awaitPosition(client: ConcurClient, position: number, goal: number): Promise<number> {
  let last = position
  let giveUpAt = performance.now() + progressWithinMs
  while (performance.now() < giveUpAt) {
    const applied = await appliedSeq(client)
    if (applied !== null && applied < last)
      throw new Violation(`${replica} had applied ${last} operations, and now ${applied}`)
    if (applied !== null && applied >= goal) return applied
    if (applied !== null && applied > last) giveUpAt = performance.now() + progressWithinMs
    last = applied ?? last
    await pause(10)
  }
  throw new Violation(`${replica} stands still at ${last} on its way to ${goal}`)
}

/** @returns null as long as the replica is not there. */
async function appliedSeq(client: ConcurClient): Promise<number | null> {
  const { replicas } = await client.status()
  const { state, appliedSeq } = replicas[0]!
  return state === 'down' ? null : appliedSeq
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
