/**
 * Nothing that anybody wrote is lost, and copies that differ are never said to agree. Clusters of production code in this
 * process; clients change files through any server while people edit the same files on any node's disk, nodes are cut off,
 * stopped and started again.
 *
 *     scripts/campaigns/run histories [--histories N] [--steps N] [--seed N]
 *
 * At the end, after the last fault: every content that was acknowledged or written by hand is on some node, in its tree or
 * in its history, unless a person wrote over it there; what was refused is nowhere; what only clients changed is the same
 * everywhere, and the last that was acknowledged; every read says what the disks hold; nothing lies in staging.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { type Cluster, startCluster } from '../../fixtures/cluster.ts'
import type { ClusterClient } from '../../fixtures/cluster-client.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import type { Verdict } from '../../protocol/messages.ts'
import { pause } from './campaign.ts'
import { History } from './history.ts'
import { callBetween } from './in-between.ts'
import { Violation } from './violation.ts'

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '10000' },
    steps: { type: 'string', default: '6' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const wanted = Number(values.histories)
const steps = Number(values.steps)
const seed = Number(values.seed)
const perCluster = 250
/** Of so many calls of the disk one is met by a person who saves the file. */
const saveOneIn = 12
/** They wait for time-outs most of the time. */
const clustersAtOnce = 4
/** Of a wait: four seconds each. */
const triesMax = 15

let changes = 0
let edits = 0
let differing = 0

/** All histories of one cluster, a step of each at a time, with a fault between two steps. */
async function runCluster(clusterSeed: number, count: number): Promise<void> {
  const chance = new SeededChance(clusterSeed)
  const cluster = await startCluster({ replicas: 1 + chance.below(2), replica: { heartbeatMs: 200 } })
  try {
    await patiently(() => cluster.settled())
    const nodes = [cluster.coordinator, ...cluster.replicas]
    const clients = nodes.map(({ name }) => cluster.client(name))
    const histories = Array.from(
      { length: count },
      (_, at) =>
        new History({
          folder: `h${at}`,
          chance: new SeededChance(clusterSeed * 1000 + at),
          clients,
          roots: nodes.map(({ root }) => root),
        }),
    )
    for (const { disk, root } of nodes)
      callBetween(disk, root, file => {
        if (chance.below(saveOneIn) > 0) return
        const at = Number(/^h(\d+)\//.exec(relative(root, file))?.[1] ?? -1)
        histories[at]?.saveInBetween(file)
      })
    for (let step = 0; step < steps; step++) {
      const { away, heal } = await fault(cluster, chance)
      await Promise.all(histories.map(history => history.step(away)))
      await heal()
    }
    await patiently(() => cluster.atRest())
    const reader = cluster.client()
    for (const history of histories) await check(cluster, history, { reader, clusterSeed })
  } finally {
    await cluster.close()
  }
}

/** Waits for as long as a machine may take that other clusters keep busy. */
async function patiently(wait: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await wait()
    } catch (error) {
      if (tries === triesMax) throw error
    }
  }
}

interface Fault {
  /** The place of the node that cannot be asked meanwhile. */
  readonly away: number | null
  readonly heal: () => Promise<void>
}

async function fault(cluster: Cluster, chance: SeededChance): Promise<Fault> {
  const place = chance.below(cluster.replicas.length)
  const { name } = cluster.replicas[place]!
  const away = place + 1
  switch (chance.below(5)) {
    case 0:
      cluster.cut(name)
      return { away, heal: async () => cluster.mend(name) }
    case 1:
      await cluster.stop(name)
      return { away, heal: () => cluster.restart(name) }
    case 2:
      await cluster.stop('server1')
      await cluster.restart('server1')
      return { away: null, heal: async () => {} }
    default:
      return { away: null, heal: async () => {} }
  }
}

/** @throws Violation. */
async function check(
  cluster: Cluster,
  history: History,
  { reader, clusterSeed }: { reader: ClusterClient; clusterSeed: number },
): Promise<void> {
  const nodes = [cluster.coordinator, ...cluster.replicas]
  const fail = (message: string): never => {
    const replay = `--seed ${seed} (cluster ${clusterSeed})`
    throw new Violation(`${history.folder}: ${message}; ${replay}\n  ${history.did.join('\n  ')}`)
  }
  const trees = nodes.map(({ root }) => textBelow(join(root, history.folder)))
  const kept = nodes.map(({ root }) => historyOf(root, history.folder))
  const everything = [...trees, ...kept].join('\n')
  for (const piece of history.owed) if (!everything.includes(piece)) fail(`${piece} is nowhere any more`)
  for (const piece of history.refused)
    if (everything.includes(piece)) fail(`${piece} was refused, and is there`)
  for (const path of history.paths) {
    const held = nodes.map(({ root }) => contentAt(join(root, path)))
    const expected = history.expected(path)
    if (expected !== undefined && held.some(one => one !== expected))
      fail(`${path} should be ${expected}, and is ${JSON.stringify(held)}`)
    await checkRead(reader, path, held, fail)
  }
  changes += history.did.filter(one => one.endsWith(': done')).length
  edits += history.did.filter(one => / on \d$|^save /.test(one)).length
}

/** A busy machine may need more than one try to hear every node. */
async function verdictOf(reader: ClusterClient, path: string): Promise<Verdict> {
  for (let tries = 1; ; tries++) {
    try {
      const { verdict } = await reader.get(path)
      if (tries === triesMax || verdict.unreachable.length + verdict.stale.length === 0) return verdict
    } catch (error) {
      if (tries === triesMax) throw error
    }
    await pause(1000)
  }
}

async function checkRead(
  reader: ClusterClient,
  path: string,
  held: readonly (string | null)[],
  fail: (message: string) => never,
): Promise<void> {
  const verdict = await verdictOf(reader, path)
  const contents = new Set(held.filter(one => one !== null))
  const says = `${path} reads as ${verdict.verdict} ${JSON.stringify(verdict.error)}, and is ${JSON.stringify(held)}`
  if (verdict.unreachable.length > 0 || verdict.stale.length > 0) fail(`${says}: ${JSON.stringify(verdict)}`)
  if (contents.size === 0 && verdict.error?.code !== 'NOT_FOUND') fail(says)
  if (contents.size > 1 && verdict.verdict !== 'DIFFERENT_FILES') fail(says)
  if (contents.size > 1) differing++
  if (contents.size === 1 && verdict.verdict === 'ERROR') fail(says)
  const isEverywhere = contents.size === 1 && !held.includes(null)
  if (isEverywhere && verdict.verdict !== 'SINGLE_FILE') fail(says)
  if (!isEverywhere && verdict.verdict === 'SINGLE_FILE' && verdict.missing.length === 0) fail(says)
}

/** @returns the bytes at a path; null when nothing is there. */
function contentAt(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/** @returns everything below a folder, in one text. */
function textBelow(folder: string): string {
  if (!existsSync(folder)) return ''
  if (!lstatSync(folder).isDirectory()) return readFileSync(folder, 'utf8')
  return readdirSync(folder)
    .map(name => textBelow(join(folder, name)))
    .join('\n')
}

function historyOf(root: string, folder: string): string {
  const own = join(root, '.concur/history')
  return readdirSync(own)
    .map(seq => textBelow(join(own, seq, folder)))
    .join('\n')
}

try {
  const beganMs = performance.now()
  const counts: number[] = []
  for (let left = wanted; left > 0; left -= perCluster) counts.push(Math.min(perCluster, left))
  const ahead = counts.map((count, at) => () => runCluster(seed + at * 1_000_003, count))
  const lane = async (): Promise<void> => {
    for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) await next()
  }
  await Promise.all(Array.from({ length: clustersAtOnce }, lane))
  const took = Math.round((performance.now() - beganMs) / 1000)
  console.log(
    `histories: ${wanted} of ${steps} steps, ${changes} changes, ${edits} edits, ${differing} paths that differ: nothing lost; seed ${seed} holds, ${took} s`,
  )
  process.exit(0)
} catch (error) {
  console.log(
    `histories: ${error instanceof Violation ? `VIOLATION ${error.message}` : `FAILED ${(error as Error).stack}`}`,
  )
  process.exit(1)
}
