/** What has to hold of a cluster in which nodes died in the middle of a change, once all of them are there again. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mortal, MortalCluster } from '../fixtures/mortal-cluster.ts'
import type { Done } from '../protocol/change-messages.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { JournalEntry } from '../protocol/record.ts'
import { historyOf, ownFiles, treeOf } from '../replica/store/changes.fixture.ts'
import type { Scenario } from './crash-scenarios.fixture.ts'

function journalOf({ node }: Mortal): readonly JournalEntry[] {
  const { journal } = node.store
  const entries: JournalEntry[] = []
  while (entries.length < journal.durableSeq) entries.push(...journal.readAfter(entries.length, 1024 * 1024))
  return entries
}

/** @returns who was waited for ever since the record `seq`, as far as the node's journal says it durably. */
export function waitedForSince(mortal: Mortal, seq: number): readonly NodeName[] {
  const set = new Set<NodeName>()
  let everSince: NodeName[] | null = null
  for (const { record } of journalOf(mortal)) {
    const { change } = record
    if (change.type === 'begin') {
      set.clear()
      set.add(change.members[0]!.name)
    }
    if (change.type === 'join') set.add(change.node)
    if (change.type === 'leave') set.delete(change.node)
    if (record.seq >= seq) everSince = (everSince ?? [...set]).filter(node => set.has(node))
  }
  return everSince ?? []
}

/** What a client was told. */
export interface Told {
  readonly done: Done
  /** Who was waited for by the coordinator's journal, from the change until the client heard of it; null: it was not there. */
  readonly waitedFor: readonly NodeName[] | null
}

/** The answer: of this change, by every node that was waited for, and with nothing in it that nobody did. */
export function checkAnswer({ done, waitedFor }: Told, mortals: MortalCluster): void {
  const changes = journalOf(mortals.all[0]!).flatMap(({ record }) =>
    record.operation === null ? [] : [record],
  )
  const { seq, change } = changes.at(-1)!
  expect(done).toMatchObject({ error: null, kept: [], of: mortals.all.length })
  expect(done.op?.seq).toBe(seq)
  if ('digest' in change) expect(done.digest).toBe(change.digest)
  expect(done.replaced.filter(({ cause }) => cause !== null)).toEqual([])
  const names = [...done.applied, ...done.behind.map(({ node }) => node)]
  expect(names.sort()).toEqual(mortals.all.map(({ node }) => node.name))
  expect((waitedFor ?? []).filter(node => !done.applied.includes(node))).toEqual([])
}

/** So many changes were made, each once, and every node has them, and says the same of them. */
export async function checkNodes(
  mortals: MortalCluster,
  { changes, after }: { changes: number; after: Scenario['after'] },
): Promise<void> {
  const [hashes, ...others] = mortals.all.map(mortal => journalOf(mortal).map(({ hash }) => hash))
  for (const other of others) expect(other).toEqual(hashes)
  const [log, ...otherLogs] = mortals.all.map(({ node }) => logOf(node.root))
  for (const other of otherLogs) expect(other).toEqual(log)
  const operations = journalOf(mortals.all[0]!).filter(({ record }) => record.operation !== null)
  expect(operations).toHaveLength(changes)
  for (const { node } of mortals.all) {
    expect(treeOf(node.root)).toEqual(after)
    expect(leftIn(node.root)).toEqual([])
    expect(logOf(node.root).map(line => JSON.parse(line).seq)).toEqual(
      operations.map(({ record }) => record.seq),
    )
    node.lookout.scanNow()
    await mortals.drive(node.lookout.atRest(), 'a scan')
    expect(node.lookout.report()).toMatchObject({ marks: 0, held: null })
  }
  const { coordinator, replicas } = await mortals.drive(mortals.client.status(), 'the status')
  expect(coordinator).toMatchObject({ state: 'serving', reason: null })
  for (const replica of replicas)
    expect(replica).toMatchObject({ state: 'up', reason: null, rolledBack: false, fenced: null })
  const verified = await mortals.drive(mortals.client.verify('', { deep: true }), 'all to be compared')
  expect(verified).toMatchObject({
    rows: [],
    unreachable: [],
    nodes: mortals.all.map(({ node }) => node.name),
  })
}

/** Each content that gave way is in history: of every node, and nothing else is, or, where power was lost, of some node. */
export function checkHistory(mortals: MortalCluster, scenario: Scenario, isWhole: boolean): void {
  const { replaced = [], extended = [] } = scenario
  const found = mortals.all.map(({ node }) => Object.values(historyOf(node.root)))
  expect(replaced.filter(content => !found.flat().includes(content))).toEqual([])
  if (!isWhole) return
  for (const contents of found)
    expect(contents.filter(content => !extended.includes(content)).sort()).toEqual([...replaced].sort())
}

function logOf(root: string): readonly string[] {
  return readFileSync(join(root, '.concur/log.json'), 'utf8').trim().split('\n')
}

/** What lies in the server's own folder of the tree's bytes, or is only half made. */
function leftIn(root: string): string[] {
  const own = readdirSync(join(root, '.concur'))
  const begun = own.filter(name => name.endsWith('.new') || name === 'fence' || name === 'fork')
  return [...begun, ...['staging', 'exchange'].flatMap(name => Object.keys(ownFiles(root, name)))]
}
