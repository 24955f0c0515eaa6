/** A cluster of three nodes with some files, and what lies on each of them: for refusals that must change nothing. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import { ownFiles, treeOf } from '../replica/store/changes.fixture.ts'

/** Everything of a node that a change could leave something in. */
export interface Trace {
  readonly tree: Record<string, string | null>
  readonly staging: Record<string, string>
  readonly exchange: Record<string, string>
  readonly history: Record<string, string>
  readonly journalSeq: number
  readonly settledSeq: number
}

/** @returns a cluster at rest, in which a put has made `x`, `y` and `folder/inside`. */
export async function startTraced(): Promise<Cluster> {
  const cluster = await startCluster({ replicas: 2 })
  try {
    await cluster.settled()
    const client = cluster.client()
    for (const path of ['x', 'y', 'folder/inside']) await client.put(path, path)
    await cluster.atRest()
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

export const nodesOf = ({ coordinator, replicas }: Cluster) => [coordinator, ...replicas]

export function tracesOf(cluster: Cluster): Record<string, Trace> {
  return Object.fromEntries(
    nodesOf(cluster).map(({ name, root, store }) => [
      name,
      {
        tree: treeOf(root),
        staging: ownFiles(root, 'staging'),
        exchange: ownFiles(root, 'exchange'),
        history: ownFiles(root, 'history'),
        journalSeq: store.journal.last.seq,
        settledSeq: store.settler.settledSeq,
      },
    ]),
  )
}

/** Bytes that are on their way on a node. */
export const stagedOn = (cluster: Cluster, name: string): string[] =>
  Object.keys(ownFiles(cluster.node(name).root, 'staging'))

export function untilStagedOn(cluster: Cluster, ...names: string[]): Promise<void> {
  return until(() => names.every(name => stagedOn(cluster, name).length > 0), `bytes on ${names}`)
}

export function untilNothingStaged(cluster: Cluster): Promise<void> {
  const names = nodesOf(cluster).map(({ name }) => name)
  return until(() => names.every(name => stagedOn(cluster, name).length === 0), 'no bytes to be staged')
}
