/**
 * What every campaign stands on: a folder of its own, its processes, and an end. A campaign that holds leaves nothing
 * behind; one that does not leaves its folders, and says where they lie.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConcurClient } from '../../client/concur-client.ts'
import { parsePath, wholeTree } from '../../protocol/path.ts'
import { Children } from '../bench/children.ts'
import { type NodeOptions, Nodes } from './nodes.ts'
import { assertSameTrees, onDisk } from './trees.ts'
import { Violation } from './violation.ts'
import { campaignName, newClient, type Worker } from './worker.ts'

/** Milliseconds until all nodes are up and have everything. */
const restWithinMs = 60_000

export interface Campaign {
  readonly nodes: Nodes
  readonly children: Children
  readonly say: (line: string) => void
}

/** Runs it to its end, and ends the process: 0 when it held, 1 otherwise. */
export async function runCampaign(
  name: string,
  nodeCount: number,
  run: (campaign: Campaign) => Promise<void>,
  options: NodeOptions = {},
): Promise<never> {
  const folder = mkdtempSync(join(tmpdir(), `concur-${name}-`))
  const children = new Children()
  const end = async (status: number): Promise<never> => {
    await children.endForGood()
    if (status === 0) rmSync(folder, { recursive: true, force: true })
    else say(`what it left lies in ${folder}`)
    process.exit(status)
  }
  const say = (line: string): void => void process.stdout.write(`${name}: ${line}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end(1))
  process.once('uncaughtException', error => {
    say(`FAILED ${error.stack}`)
    void end(1)
  })
  try {
    const nodes = new Nodes(folder, nodeCount, children, options)
    await nodes.startAll()
    await run({ nodes, children, say })
    return await end(0)
  } catch (error) {
    say(error instanceof Violation ? `VIOLATION ${error.message}` : `FAILED ${(error as Error).stack}`)
    return end(1)
  }
}

/** @returns when every replica is up and has settled everything. @throws Violation when that takes too long. */
export async function awaitRest(client: ConcurClient): Promise<void> {
  const giveUpAt = performance.now() + restWithinMs
  let last = 'nothing'
  while (performance.now() < giveUpAt) {
    try {
      const { behind } = await client.wait(wholeTree, 5_000)
      const { replicas } = await client.status()
      if (behind.length === 0 && replicas.every(({ state }) => state === 'up')) return
      last = JSON.stringify({ behind, replicas })
    } catch (error) {
      last = (error as Error).message
    }
    await pause(50)
  }
  throw new Violation(`not all nodes came to rest within ${restWithinMs / 1000} s: ${last}`)
}

/** Makes the workers' folders, so that they have somewhere to begin. */
export async function makeFolders(nodes: Nodes, workers: readonly Worker[]): Promise<void> {
  const client = newClient([nodes.address(nodes.names[0]!)], campaignName)
  await awaitRest(client)
  for (const { folder } of workers)
    await client.change({ what: { type: 'mkdir', path: parsePath(folder), parents: false } }, null)
  client.close()
}

/** All trees are the same, and hold what the workers' answers allow. @returns how many paths there are. */
export function assertTrees(nodes: Nodes, workers: readonly Worker[]): number {
  const tree = assertSameTrees(nodes.names.map(name => nodes.root(name)))
  let allowed = 0
  for (const { folder, possible } of workers) {
    const seen = [...tree].filter(([path]) => path.startsWith(`${folder}/`))
    const isSeen = (paths: Map<string, string>): boolean =>
      paths.size === seen.length && seen.every(([path, hash]) => paths.get(path) === hash)
    const before = possible.trees.map(one => JSON.stringify([...one]))
    if (!possible.seen(one => isSeen(onDisk(folder, one))))
      throw new Violation(`${folder} holds ${JSON.stringify(seen)}, allowed is one of ${before.join(' or ')}`)
    allowed += seen.length + 1
  }
  if (allowed !== tree.size) throw new Violation(`there are ${tree.size} paths, and ${allowed} were made`)
  return tree.size
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
