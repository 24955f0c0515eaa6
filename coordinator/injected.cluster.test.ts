/**
 * A thousand differences of every kind, made behind the cluster's back by a seed: nearly all are named as what they are,
 * and no two copies that differ are ever told as one.
 */
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { InjectionsBehind } from '../fixtures/injected-behind.ts'
import type { Injected } from '../fixtures/injected-differences.ts'
import { until } from '../fixtures/until.ts'
import type { Verdict } from '../protocol/messages.ts'

const seed = 20_260_101
const rounds = 62
const roundsBehind = 12
const atOnce = 8

let cluster: Cluster
let injections: InjectionsBehind

beforeAll(async () => {
  cluster = await startCluster({
    replicas: 2,
    coordinator: { heartbeatTimeoutMs: 1_500 },
    replica: { heartbeatMs: 300 },
  })
  await cluster.settled()
  injections = new InjectionsBehind(cluster, seed)
})

afterAll(() => cluster.close())

/** What was said of a node's copy, in the words of the injection. */
function saidOf({ versions, missing, details }: Verdict, name: string): string {
  if (missing.some(node => node === name))
    return `missing, ${details.find(({ node }) => node === name)!.reason}`
  const version = versions.find(({ copies }) => copies.some(({ node }) => node === name))
  return version === undefined
    ? 'not said'
    : [version.cause, version.note].filter(word => word !== null).join(', ')
}

function isNamed({ on, verdict }: Injected, said: Verdict): boolean {
  const isVerdict = (said.error?.code ?? said.verdict) === verdict
  // Times, and how many operations, are the cluster's to say.
  const isSaid = (label: string, words: string) =>
    words === label || (/ by( \S+@here)?$/.test(label) && words.startsWith(label))
  return isVerdict && Object.entries(on).every(([name, label]) => isSaid(label, saidOf(said, name)))
}

/** What lies on a node's disk, as a reading gives it. */
function contentOn(name: string, path: string): string {
  const { root, disk } = cluster.node(name)
  const place = join(root, path)
  const stat = lstatSync(place)
  return stat.isFile() ? disk.bytesOf(place).toString('latin1') : `no file: ${stat.mode}`
}

/** Whether copies are told as one that are not. */
function agreesWrongly({ path }: Injected, { verdict, versions }: Verdict): boolean {
  if (verdict !== 'SINGLE_FILE') return false
  const contents = versions[0]!.copies.map(({ node }) => contentOn(node, path))
  return contents.some(content => content !== contents[0])
}

async function readAll(injected: readonly Injected[]): Promise<void> {
  const client = cluster.client()
  const misnamed: string[] = []
  const agreeing: string[] = []
  const read = async (one: Injected): Promise<void> => {
    const { verdict } = await client.get(one.path, { deep: one.deep })
    const told = `${one.kind}: ${one.path} ${JSON.stringify(one.on)}, said ${JSON.stringify(verdict)}`
    if (!isNamed(one, verdict)) misnamed.push(told)
    if (agreesWrongly(one, verdict)) agreeing.push(told)
  }
  for (let at = 0; at < injected.length; at += atOnce)
    await Promise.all(injected.slice(at, at + atOnce).map(read))
  expect(agreeing).toEqual([])
  if (misnamed.length > injected.length / 100)
    throw new Error(
      `${misnamed.length} of ${injected.length} misnamed, seed ${seed}:\n${misnamed.join('\n')}`,
    )
}

let injectedCount = 0

test('differences made where every node takes part are named', async () => {
  const kinds = Object.keys(injections.kinds)
  const injected: Injected[] = []
  for (let round = 0; round < rounds; round++)
    injected.push(...(await Promise.all(kinds.map(kind => injections.inject(kind)))))
  await readAll(injected)
  injectedCount += injected.length
}, 180_000)

test('differences with a node that is behind are named', async () => {
  const kinds = Object.keys(injections.kindsBehind)
  const prepared = []
  for (let round = 0; round < roundsBehind; round++)
    prepared.push(...(await Promise.all(kinds.map(kind => injections.prepare(kind)))))
  // It journals what comes and settles nothing of it any more.
  cluster.node('server3').store.settler.commit = () => {}
  cluster.cut('server3')
  await cluster.untilState(['server3'], 'down')
  const injected: Injected[] = []
  for (const { path, change } of prepared) injected.push({ path, ...(await change()) })
  cluster.mend('server3')
  await cluster.untilState(['server3'], 'catching-up')
  const older = injected.find(({ kind }) => kind === 'an older content of a node that is behind')!
  // One connection for all that are made meanwhile: a coordinator takes so many of one address.
  const client = cluster.client()
  const isStill = async () => (await client.get(older.path)).verdict.stale.length === 0
  await until(isStill, 'server3 to be seen as standing still')
  await readAll(injected)
  injectedCount += injected.length
}, 180_000)

test('they were more than a thousand', () => {
  expect(injectedCount).toBeGreaterThanOrEqual(1_000)
})
