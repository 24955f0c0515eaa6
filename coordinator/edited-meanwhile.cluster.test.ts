/**
 * A person edits a node's disk in the middle of a change: at every moment from the request to the last install, on either
 * node, in several ways. Whatever the change becomes: what the person wrote is on that disk, at its path or in history; the
 * other node has the change as if nobody had edited, or nothing of one that was refused; what gave way is in history; and
 * reads say what the disks hold.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import type { ClusterClient } from '../fixtures/cluster-client.ts'
import { Moments } from '../fixtures/moments.ts'
import { until } from '../fixtures/until.ts'
import { asConcurError } from '../protocol/errors.ts'
import { parsePath } from '../protocol/path.ts'
import { seqName } from '../replica/store/history.ts'
import { edit, edits, isFolder, type Operation, operations } from './edited-meanwhile.fixture.ts'

let cluster: Cluster
let moments: Moments
let client: ClusterClient
let runs = 0

beforeAll(async () => {
  cluster = await startCluster()
  await cluster.atRest()
  moments = new Moments(cluster)
  client = cluster.client()
})

afterAll(() => cluster.close())

/** One change with one edit at one moment, in a folder of its own. */
class Run {
  private readonly operation: Operation
  private readonly editedNode: string
  private readonly folder = `run-${++runs}`
  /** Nodes of which the change said that they kept something. */
  private kept: readonly string[] = []
  private readonly firstSeq = cluster.coordinator.store.journal.last.seq

  constructor(operation: Operation, editedNode: string) {
    this.operation = operation
    this.editedNode = editedNode
  }

  /** @returns whether there was such a moment. */
  async at(moment: number, name: string, act: (file: string) => boolean): Promise<boolean> {
    const { operation, editedNode } = this
    for (const [path, content] of Object.entries(operation.before)) await client.put(this.path(path), content)
    await settled()
    let wrote = false
    moments.stepInAt(moment, () => {
      wrote = act(join(this.folderOn(editedNode), name))
    })
    const refusal = await this.change()
    await settled()
    if (moments.end()) return false
    try {
      this.checkOtherNode(refusal)
      if (wrote) expect(this.everythingOn(editedNode)).toContain(edit)
      this.checkWhole()
      await this.checkReads()
      for (const node of ['server1', 'server2']) expect(leftOversOn(node)).toEqual([])
    } catch (error) {
      throw new Error(`at the moment ${moment}, ${name} in ${this.folder} (${refusal})`, { cause: error })
    }
    return true
  }

  private async change(): Promise<string | null> {
    const { change, content } = this.operation
    try {
      const { error, kept } = await client.change(
        change(name => parsePath(this.path(name))),
        content,
      )
      this.kept = kept.map(({ node }) => node)
      return error === null ? null : `${error.code} behind the commit`
    } catch (error) {
      return asConcurError(error).code
    }
  }

  /** Nobody edits there. */
  private checkOtherNode(refusal: string | null): void {
    const { before, after, afterMixed = after } = this.operation
    const other = this.editedNode === 'server1' ? 'server2' : 'server1'
    const possible = refusal === null ? [after, afterMixed] : [before]
    expect(possible).toContainEqual(treeIn(this.folderOn(other)))
    const everything = this.everythingOn(other)
    for (const content of Object.values(before)) expect(everything).toContain(content)
  }

  /**
   * No file is a mixture of what somebody wrote and what the change made, but where a person added to what was there; or
   * where they wrote in the instant before bytes were appended: that is told, and the result is in history.
   */
  private checkWhole(): void {
    const { before, after } = this.operation
    const contents = [...Object.values(before), ...Object.values(after)]
    const whole = [...contents, ...contents.map(content => `${content}${edit}`), edit]
    for (const content of Object.values(treeIn(this.folderOn(this.editedNode)))) {
      if (whole.includes(content)) continue
      expect([`${edit}new`, `old${edit}new`]).toContain(content)
      expect(this.kept).toContain(this.editedNode)
      expect(this.everythingOn(this.editedNode).split('\n')).toContain('oldnew')
    }
  }

  private async checkReads(): Promise<void> {
    const trees = ['server1', 'server2'].map(node => treeIn(this.folderOn(node)))
    for (const name of new Set(trees.flatMap(tree => Object.keys(tree)))) {
      const { verdict } = await client.get(this.path(name))
      const contents = trees.map(tree => tree[name])
      const differ = contents[0] !== undefined && contents[1] !== undefined && contents[0] !== contents[1]
      const isSingle = verdict.verdict === 'SINGLE_FILE'
      expect({ name, isSingle, found: verdict.verdict }).toEqual({
        name,
        isSingle: isSingle && !differ,
        found: verdict.verdict,
      })
      expect(verdict.unreachable).toEqual([])
      if (contents[0] === contents[1]) expect(verdict).toMatchObject({ verdict: 'SINGLE_FILE', missing: [] })
    }
  }

  private path(name: string): string {
    return `${this.folder}/${name}`
  }

  private folderOn(node: string): string {
    return join(cluster.node(node).root, this.folder)
  }

  /** Contents in the tree and in the history of this run's records, one after the other. */
  private everythingOn(node: string): string {
    const own = join(cluster.node(node).root, '.concur/history')
    const folders: string[] = []
    for (let seq = this.firstSeq + 1; seq <= cluster.coordinator.store.journal.last.seq; seq++)
      for (const more of ['', '.1', '.2']) folders.push(join(own, `${seqName(seq)}${more}`))
    const kept = folders.flatMap(folder => Object.values(treeIn(folder)))
    return [...Object.values(treeIn(this.folderOn(node))), ...kept].join('\n')
  }
}

async function settled(): Promise<void> {
  const { seq } = cluster.coordinator.store.journal.last
  const nodes = [cluster.coordinator, ...cluster.replicas]
  await until(
    () => nodes.every(({ store }) => store.settler.settledSeq >= seq),
    `every node to settle ${seq}`,
  )
}

/** @returns every file below a folder. */
function treeIn(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {}
  if (!isFolder(folder)) return { '': readFileSync(folder, 'utf8') }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const file = join(parentPath, name)
      return [relative(folder, file), readFileSync(file, 'utf8')]
    }),
  )
}

function leftOversOn(node: string): string[] {
  const own = join(cluster.node(node).root, '.concur')
  return ['staging', 'exchange'].flatMap(name => Object.keys(treeIn(join(own, name))))
}

describe.each(['server1', 'server2'])('on %s somebody', node => {
  describe.each(Object.keys(edits).map((how, nth) => [how, nth] as const))('%s', (how, nth) => {
    test.each(Object.keys(operations))('in the middle of: %s', async name => {
      const operation = operations[name]!
      for (const path of operation.edited) {
        // Of two ways one takes the odd moments, the other the even ones.
        let moment = 1 + (nth % 2)
        while (await new Run(operation, node).at(moment, path, edits[how]!)) moment += 2
        expect(moment).toBeGreaterThan(8)
      }
    })
  })
})
