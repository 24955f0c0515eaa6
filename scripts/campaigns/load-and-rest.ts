/**
 * What the campaigns of changes have in common: workers that go on while something is done to the nodes, and what has to
 * hold once all is at rest.
 */
import type { ConcurClient } from '../../client/concur-client.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { parsePath } from '../../protocol/path.ts'
import { assertTrees, awaitRest, type Campaign } from './campaign.ts'
import { assertLogged } from './log-check.ts'
import type { Nodes } from './nodes.ts'
import { treeBelow } from './trees.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient, Worker } from './worker.ts'

/** @returns workers each of which asks another node first. */
export function workersOf(nodes: Nodes, count: number, seed: number): Worker[] {
  return Array.from({ length: count }, (_, place) => {
    const servers = nodes.names.map((_, at) => nodes.address(nodes.names[(at + place) % nodes.names.length]!))
    return new Worker(`w${place}`, servers, new SeededChance(seed * 100 + place))
  })
}

/** @throws the first that a worker or `act` throws. */
export async function underLoad(workers: readonly Worker[], act: () => Promise<void>): Promise<void> {
  let isOver = false
  const working = workers.map(worker => worker.run(() => !isOver))
  const acting = act().finally(() => {
    isOver = true
  })
  await Promise.all([acting, ...working])
}

/**
 * All trees are byte for byte the same and hold what the answers allow; every acknowledged change stands in the log once,
 * and nothing that nobody asked for; every file reads as SINGLE_FILE. `isLogWhole`: the log goes back to the beginning.
 * @throws Violation.
 */
export async function assertAllKept(
  { nodes, say }: Campaign,
  workers: readonly Worker[],
  { isLogWhole }: { readonly isLogWhole: boolean },
): Promise<void> {
  const client = newClient([nodes.address('server1')], campaignName)
  const begun = performance.now()
  await awaitRest(client)
  say(
    `at rest after ${Math.round(performance.now() - begun)} ms; slowest start ${Math.round(nodes.slowestStartMs)} ms`,
  )
  const paths = assertTrees(nodes, workers)
  const logged = isLogWhole ? await assertLogged(client, workers) : 'no'
  const agreed = await assertAgreed(client, nodes)
  client.close()
  say(answersOf(workers))
  say(`${logged} operations in the log, ${paths} paths, ${agreed} files SINGLE_FILE, trees the same`)
}

/** @returns how many files there are. @throws Violation when a copy of one is not like the others. */
async function assertAgreed(client: ConcurClient, nodes: Nodes): Promise<number> {
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
  return agreed
}

function answersOf(workers: readonly Worker[]): string {
  const acknowledged = workers.reduce((sum, worker) => sum + worker.acknowledged.length, 0)
  const unanswered = workers.reduce((sum, worker) => sum + worker.unanswered.length, 0)
  const refusals = new Map<string, number>()
  for (const worker of workers)
    for (const [code, count] of worker.refusals) refusals.set(code, (refusals.get(code) ?? 0) + count)
  return `${acknowledged} acknowledged, ${unanswered} unknown, refused ${JSON.stringify(Object.fromEntries(refusals))}`
}
