/** What travels over a link when a node catches up: blocks that it has not, each once. */
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import type { NodeName } from '../protocol/ids.ts'
import { parsePath } from '../protocol/path.ts'

const MiB = 1024 * 1024

let cluster: Cluster

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster(options)
  await cluster.settled()
}

afterEach(() => cluster.close())

/** @returns bytes of which no two blocks are the same. */
function contentOf(size: number, salt = 0): Buffer {
  const content = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4096) content.writeUInt32LE(at + salt, at)
  return content
}

const holds = (name: string, path: string, content: Buffer): boolean =>
  readFileSync(join(cluster.node(name).root, path)).equals(content)
const sent = (): number => cluster.network.bytesSent('server1', 'server2')

async function away(name: string): Promise<void> {
  cluster.cut(name)
  await cluster.untilState([name], 'down')
}

async function back(name: string): Promise<void> {
  cluster.mend(name)
  await cluster.atRest()
}

describe('a replica that was away', () => {
  test('gets the blocks that differ, and no others', async () => {
    await start()
    const content = contentOf(16 * MiB)
    await cluster.client().put('a', content)
    await away('server2')
    content[9 * MiB + 5]! ^= 1
    await cluster.client().put('a', content)
    const before = sent()
    await back('server2')
    expect(holds('server2', 'a', content)).toBe(true)
    expect(sent() - before).toBeLessThan(1.1 * MiB)
  })

  test('gets of what was added to a file only that, and what it shares a block with', async () => {
    await start()
    const content = contentOf(8 * MiB + 1000)
    const added = [contentOf(300_000, 1), contentOf(MiB, 2)]
    await cluster.client().put('a', content)
    await away('server2')
    for (const bytes of added) await cluster.client().append('a', bytes)
    const before = sent()
    await back('server2')
    expect(holds('server2', 'a', Buffer.concat([content, ...added]))).toBe(true)
    expect(sent() - before).toBeLessThan(2.5 * MiB)
  })

  test('gets what was renamed and changed by the blocks that differ', async () => {
    await start()
    const content = contentOf(8 * MiB)
    await cluster.client().put('a', content)
    await away('server2')
    await cluster.client().change({ type: 'rename', from: parsePath('a'), to: parsePath('b'), force: false })
    content[5] = 7
    await cluster.client().put('b', content)
    const before = sent()
    await back('server2')
    expect(holds('server2', 'b', content)).toBe(true)
    expect(sent() - before).toBeLessThan(1.1 * MiB)
  })
})

describe('what has come of a content before something broke off comes no second time', () => {
  const content = contentOf(24 * MiB)
  const half = 12 * MiB

  /** A replica is away while the content is put, and comes back until half of it was sent. */
  async function halfSent(): Promise<number> {
    await start()
    await away('server2')
    await cluster.client().put('a', content)
    const before = sent()
    cluster.mend('server2')
    await until(() => sent() - before > half, 'half of the content')
    return before
  }

  async function arrivesOnce(before: number): Promise<void> {
    await cluster.atRest()
    expect(holds('server2', 'a', content)).toBe(true)
    expect(sent() - before).toBeLessThan(content.length * 1.02 + 2.5 * MiB)
  }

  test('when the link is lost', async () => {
    const before = await halfSent()
    await away('server2')
    cluster.mend('server2')
    await arrivesOnce(before)
  })

  test('when the replica starts again', async () => {
    const before = await halfSent()
    await cluster.stop('server2')
    await cluster.restart('server2')
    await arrivesOnce(before)
  })

  test('when the coordinator starts again', async () => {
    const before = await halfSent()
    await cluster.stop('server1')
    await cluster.restart('server1')
    await arrivesOnce(before)
  })
})

test('a coordinator that takes over a journal fetches the blocks that it has not', async () => {
  const config: { acceptJournal?: NodeName } = {}
  await start({ coordinator: config })
  const { root } = cluster.coordinator
  const content = contentOf(8 * MiB)
  await cluster.client().put('a', content)
  await cluster.stop('server1')
  cpSync(root, `${root}.copy`, { recursive: true, preserveTimestamps: true })
  await cluster.restart('server1')
  await cluster.settled()
  content[3 * MiB] = 9
  await cluster.client().put('a', content)
  await cluster.stop('server1')
  rmSync(root, { recursive: true })
  renameSync(`${root}.copy`, root)
  config.acceptJournal = 'server2' as NodeName
  const before = cluster.network.bytesSent('server2', 'server1')
  await cluster.restart('server1')
  await cluster.atRest()
  expect(holds('server1', 'a', content)).toBe(true)
  expect(cluster.network.bytesSent('server2', 'server1') - before).toBeLessThan(1.1 * MiB)
})
