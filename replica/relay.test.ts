import { jest } from '@jest/globals'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { RawPeer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { Connection } from '../protocol/connection.ts'
import { idleWithinMsMax, streamCreditBytes, streamsPerConnectionMax } from '../protocol/limits.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'

const MiB = 1024 * 1024
const large = Buffer.alloc(8 * MiB, 'large')
const read = { path: 'a.txt' as FilePath, deep: false, bodies: 'all', from: null, lastOp: false } as const
const readBig = { ...read, path: 'big' as FilePath }
const trees = { server1: { 'a.txt': 'one', big: large }, server2: { 'a.txt': 'two' } }

let cluster: Cluster
let time: FakeTime

async function start(options: ClusterOptions = {}): Promise<RawPeer> {
  time = new FakeTime()
  cluster = await startCluster({ time, trees, ...options })
  await until(() => cluster.node('server2').log.all('link').length === 1, 'the link')
  return cluster.dial('server2')
}

afterEach(() => cluster.close())

describe('while the coordinator is there', () => {
  test('a client of a replica gets the coordinator’s answers', async () => {
    await start()
    await cluster.atRest()
    const [direct, relayed] = [cluster.client('server1'), cluster.client('server2')]
    for (const path of ['a.txt', 'big', 'nowhere']) {
      const [one, other] = [await direct.get(path), await relayed.get(path)]
      const timeless = (text: string) => text.replace(/"checkedAtMs":\d+/g, '')
      expect(timeless(JSON.stringify(other.verdict))).toBe(timeless(JSON.stringify(one.verdict)))
      expect(other.texts).toEqual(one.texts)
    }
    expect(await relayed.ls()).toEqual(await direct.ls())
    expect((await relayed.status()).coordinator.state).toBe('serving')
  })

  test('a client that follows the log through a replica is not idle; one that asks for nothing more is', async () => {
    const peer = await start()
    const log = { path: wholeTree, sinceSeq: null, last: 1, follow: true } as const
    const following = peer.ask('LOG', log)
    await until(() => cluster.network.dials.includes('server2 to server1'), 'the relay')
    await turns(20)
    for (let i = 0; i < 3; i++) await time.pass(idleWithinMsMax)
    expect([following.error, peer.closed]).toEqual([null, null])
    following.stream.cancel()
    for (let i = 0; i < 2; i++) await time.pass(idleWithinMsMax)
    expect(peer.closed).toMatchObject({ message: 'nothing was asked for a long time' })
  })

  test('the coordinator knows who asks', async () => {
    await start()
    await cluster.client('server2', 'anna@home').get('a.txt')
    await cluster.client('server2', 'bert@work').get('a.txt')
    expect(cluster.coordinator.log.all('request').map(({ client }) => client)).toEqual([
      'anna@home',
      'bert@work',
    ])
    expect(cluster.node('server2').log.all('request')).toEqual([])
  })

  test('requests that come before it is reached are answered in their order', async () => {
    const peer = await start()
    const finished: number[] = []
    const answers = Array.from({ length: 50 }, (_, at) => {
      const answer = peer.ask('READ', { ...read, path: `file${at}` as FilePath })
      void answer.ended().then(() => finished.push(at))
      return answer
    })
    await until(() => finished.length === 50, 'every answer')
    expect(finished).toEqual([...answers.keys()])
    expect(answers.every(answer => answer.only('VERDICT').error?.code === 'NOT_FOUND')).toBe(true)
    expect(cluster.coordinator.log.all('request').map(({ path }) => path)).toEqual(
      answers.map((_, at) => `file${at}`),
    )
  })

  test('requests beyond the limit are BUSY, and those within it are answered', async () => {
    const peer = await start()
    const forEver = { path: wholeTree, sinceSeq: null, last: null, follow: true }
    const answers = Array.from({ length: streamsPerConnectionMax + 20 }, () => peer.ask('LOG', forEver))
    const within = answers.slice(0, streamsPerConnectionMax)
    const beyond = answers.slice(streamsPerConnectionMax)
    for (const answer of beyond) expect((await answer.ended()).error?.code).toBe('BUSY')
    expect(within.every(({ error }) => error === null)).toBe(true)
    within[0]!.stream.cancel()
    expect((await peer.ask('STATUS', {}).ended()).error).toBe(null)
  })

  test('a path that is none, and a question that clients may not ask, are refused, and the next request is answered', async () => {
    const peer = await start()
    expect((await peer.ask('READ', { ...read, path: '../x' as FilePath }).ended()).error?.code).toBe(
      'BAD_PATH',
    )
    expect(
      (await peer.ask('WALK', { path: wholeTree, recursive: true, buckets: null }).ended()).error?.code,
    ).toBe('FORBIDDEN')
    expect((await peer.ask('READ', read).ended()).only('VERDICT').verdict).toBe('DIFFERENT_FILES')
  })

  test('two large versions come whole', async () => {
    const other = Buffer.alloc(3 * MiB, 'other')
    await start({ trees: { server1: { big: large }, server2: { big: other } }, pieceBytes: 5_000 })
    const { contents } = await cluster.client('server2').get('big')
    expect([contents.server1!.equals(large), contents.server2!.equals(other)]).toEqual([true, true])
  })

  test('a slow client’s slowness is felt by the coordinator: no more than its credit is on the way', async () => {
    const peer = await start()
    const { disk } = cluster.coordinator
    const readSoon = disk.readSoon.bind(disk)
    let bytesRead = 0
    disk.readSoon = (...asked) => {
      bytesRead += asked[1].length
      return readSoon(...asked)
    }
    const answer = peer.ask('READ', readBig, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    await turns(300)
    expect(answer.bytesHeard).toBeLessThanOrEqual(streamCreditBytes)
    expect(bytesRead).toBeLessThanOrEqual(streamCreditBytes + 2 * MiB)
    answer.read()
    expect((await answer.ended()).text()).toBe(large.toString())
  })

  test('while a client takes nothing at all, no more is read from the coordinator, and all comes once it does', async () => {
    const peer = await start()
    const before = await peer.ask('READ', read).ended()
    expect(before.text()).toBe('one')
    const paused = jest.spyOn(Connection.prototype, 'pauseReading')
    const resumed = jest.spyOn(Connection.prototype, 'resumeReading')
    peer.connection.pauseReading()
    const answers = [1, 2, 3, 4, 5, 6].map(() => peer.ask('READ', readBig))
    await until(
      () => paused.mock.contexts.some(one => one !== peer.connection),
      'the pause of the coordinator',
    )
    peer.connection.resumeReading()
    for (const answer of answers) expect((await answer.ended()).text()).toBe(large.toString())
    expect(resumed.mock.contexts.some(one => one !== peer.connection)).toBe(true)
    jest.restoreAllMocks()
  })

  test.each(['cancels', 'is gone'])('a client that %s stops the coordinator', async how => {
    const peer = await start()
    await cluster.atRest()
    const before = cluster.coordinator.disk.open.size
    const atRest = cluster.coordinator.streamCount
    const answer = peer.ask('READ', readBig, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    expect(cluster.coordinator.streamCount).toBe(atRest + 1)
    if (how === 'cancels') answer.stream.cancel()
    else cluster.network.cut('client')
    await until(() => cluster.coordinator.streamCount === atRest, 'the end of the stream')
    await until(() => cluster.coordinator.disk.open.size === before, 'the file to be closed')
  })

  test('a client that is gone takes its connection to the coordinator with it', async () => {
    const peer = await start()
    const before = cluster.network.connectionCount
    await peer.ask('READ', read).ended()
    expect(cluster.network.connectionCount).toBe(before + 1)
    peer.close()
    await until(() => cluster.network.connectionCount === before - 1, 'both connections to be closed')
  })
})

describe('where the coordinator is', () => {
  test('an option says, over what the link has announced', async () => {
    await start({ replica: { coordinator: { host: '127.0.0.1', port: 9999 } } })
    expect((await cluster.client('server2').get('a.txt')).verdict.unreachable).toEqual(['server1'])
  })

  test('a replica that is taken for one refuses, and the request is answered from this copy', async () => {
    await start({ replicas: 2, replica: { coordinator: { host: '127.0.0.1', port: 6003 } } })
    expect((await cluster.client('server2').get('a.txt')).verdict.unreachable).toEqual(['server1', 'server3'])
  })

  test('nobody knows before the first link', async () => {
    time = new FakeTime()
    cluster = await startCluster({ time, trees, coordinator: { replicas: [] } })
    const { verdict } = await cluster.client('server2').get('a.txt')
    expect(verdict).toMatchObject({ verdict: 'SINGLE_FILE', unreachable: ['coordinator'] })
  })
})
