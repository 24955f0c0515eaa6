/** Reads in a cluster whose nodes fail, fall silent or change their files in the middle; on a time of the test's own. */
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { streamCreditBytes } from '../protocol/limits.ts'
import type { FilePath } from '../protocol/path.ts'

const path = 'big' as FilePath
const MiB = 1024 * 1024
/** Large enough that its bytes are hashed outside the call that asks. */
const large = Buffer.alloc(8 * MiB, 'large')
const readTimeoutMs = 2_000
/** The timeout, and the tick in which it is noticed. */
const noticedMs = readTimeoutMs * (9 / 8)

let cluster: Cluster
let time: FakeTime
/** At rest: files, and streams with the one on which each replica follows. */
let atRest: { files: number[]; streams: number[] }

async function start(options: ClusterOptions): Promise<void> {
  time = new FakeTime()
  cluster = await startCluster({ time, ...options })
  await cluster.atRest()
  atRest = { files: openFiles(), streams: streams() }
}

const openFiles = (): number[] => [cluster.coordinator, ...cluster.replicas].map(({ disk }) => disk.open.size)
const streams = (): number[] =>
  [cluster.coordinator, ...cluster.replicas].map(({ streamCount }) => streamCount)

/** Everything that reads opened is closed again, on every node. */
async function untilAtRest(): Promise<void> {
  const noMore = (now: number[], before: number[]) => now.every((count, at) => count <= before[at]!)
  await until(
    () => noMore(openFiles(), atRest.files),
    `files to be closed: ${atRest.files}, ${openFiles()} now`,
  )
  await until(() => noMore(streams(), atRest.streams), `streams to end: ${atRest.streams}, ${streams()} now`)
}

async function readBig({ isReading = true } = {}): Promise<Answer> {
  const peer = await cluster.dial('server1')
  return peer.ask('READ', { path, deep: false, bodies: 'all', from: null, lastOp: false }, { isReading })
}

/** Holds up what a node hashes. @returns what lets it go on. */
function holdHashing(name: string): () => void {
  let goOn: () => void = () => {}
  const held = new Promise<void>(resolve => {
    goOn = resolve
  })
  cluster.node(name).hasher.before = () => held
  return goOn
}

const hashing = (name: string): Promise<void> =>
  until(() => cluster.node(name).hasher.hashed === 1, `${name} to begin with the hash`)

afterEach(async () => {
  await untilAtRest()
  await cluster.close()
})

describe('a replica that hashes', () => {
  beforeEach(() => start({ trees: { server1: { big: large }, server2: { big: large } } }))

  test('says so and is waited for, however long it takes', async () => {
    const goOn = holdHashing('server2')
    const answer = await readBig()
    await hashing('server2')
    await time.pass(5 * readTimeoutMs)
    expect(answer.all('VERDICT')).toEqual([])
    expect(answer.all('PROGRESS').length).toBeGreaterThan(8)
    goOn()
    await answer.ended()
    expect(answer.only('VERDICT')).toMatchObject({ verdict: 'SINGLE_FILE', unreachable: [] })
    expect(answer.text()).toBe(large.toString())
  })

  test('and is lost meanwhile is unreachable at once, and the others say the verdict', async () => {
    const goOn = holdHashing('server2')
    const answer = await readBig()
    await hashing('server2')
    cluster.cut('server2')
    await answer.ended()
    expect(answer.only('VERDICT')).toMatchObject({
      verdict: 'SINGLE_FILE',
      unreachable: ['server2'],
      details: [{ node: 'server2', reason: 'could not say: the connection broke' }],
    })
    expect(answer.text()).toBe(large.toString())
    goOn()
  })

  test('and falls silent is unreachable after the read timeout, and not before', async () => {
    const goOn = holdHashing('server2')
    const answer = await readBig()
    await hashing('server2')
    await time.pass(readTimeoutMs)
    cluster.silence('server2')
    await time.pass(readTimeoutMs - 500)
    expect(answer.all('VERDICT')).toEqual([])
    await time.pass(noticedMs - readTimeoutMs + 500)
    await answer.ended()
    expect(answer.only('VERDICT')).toMatchObject({
      verdict: 'SINGLE_FILE',
      unreachable: ['server2'],
      details: [{ node: 'server2', reason: 'did not answer within 2 s' }],
    })
    cluster.wake('server2')
    goOn()
  })
})

describe('a replica that is silent before it has said anything', () => {
  test('is waited for as long as the read timeout, and not asked in vain any longer', async () => {
    await start({ trees: { server1: { big: 'x' }, server2: { big: 'y' } } })
    cluster.silence('server2')
    const answer = await readBig()
    await time.pass(readTimeoutMs)
    expect(answer.messages.map(({ opcode }) => opcode)).not.toContain('VERDICT')
    await time.pass(noticedMs - readTimeoutMs)
    await answer.ended()
    expect(answer.only('VERDICT')).toMatchObject({ verdict: 'SINGLE_FILE', unreachable: ['server2'] })
    cluster.wake('server2')
  })

  test('holds up nobody who asks for something else once its link is given up', async () => {
    await start({
      trees: { server1: { big: 'x' }, server2: { big: 'x' } },
      coordinator: { heartbeatTimeoutMs: 500 },
    })
    cluster.silence('server2')
    await time.pass(4 * 500)
    const answer = await (await readBig()).ended()
    expect(answer.only('VERDICT')).toMatchObject({ verdict: 'SINGLE_FILE', unreachable: ['server2'] })
    cluster.wake('server2')
  })
})

describe('in the middle of a body that only a replica holds', () => {
  let answer: Answer
  let bytesRead: number
  let readsUnderWay: number

  /** The disk is not on the test's time: waits until everything is sent that may be. */
  async function untilStalled(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      await until(() => readsUnderWay === 0, 'the disk')
      await turns(30)
    }
  }

  beforeEach(async () => {
    await start({ trees: { server2: { big: large } } })
    const { disk } = cluster.node('server2')
    const readSoon = disk.readSoon.bind(disk)
    bytesRead = readsUnderWay = 0
    disk.readSoon = async (...read) => {
      readsUnderWay++
      const bytes = await readSoon(...read)
      readsUnderWay--
      bytesRead += bytes
      return bytes
    }
    answer = await readBig({ isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    await untilStalled()
  })

  test('a lost replica ends the answer as unreachable', async () => {
    cluster.cut('server2')
    answer.read()
    await answer.ended()
    expect(answer.error).toMatchObject({ code: 'UNREACHABLE', message: 'server2: the connection broke' })
    expect(cluster.coordinator.log.all('broken off')).toMatchObject([{ path, code: 'UNREACHABLE' }])
  })

  test('a silent replica ends the answer after the read timeout, and not before', async () => {
    cluster.silence('server2')
    answer.read()
    await time.pass(readTimeoutMs)
    expect(answer.error).toBe(null)
    await time.pass(noticedMs)
    await answer.ended()
    expect(answer.error).toMatchObject({ code: 'UNREACHABLE', message: 'server2 did not answer within 2 s' })
    cluster.wake('server2')
  })

  test('a slow client makes nobody hold more than the credits, and is not taken for a silent replica', async () => {
    await time.pass(10 * readTimeoutMs)
    expect(answer.error).toBe(null)
    expect(answer.bytesHeard).toBeLessThanOrEqual(streamCreditBytes)
    expect(bytesRead).toBeLessThanOrEqual(3 * MiB)
    answer.read()
    await answer.ended()
    expect(answer.error).toBe(null)
    expect(answer.text()).toBe(large.toString())
  })

  test('a client that takes one chunk in a long while is not taken for a silent replica either', async () => {
    for (let taken = 0; taken < 4; taken++) {
      answer.stream.consumed(300 * 1024)
      await untilStalled()
      await time.pass(3 * readTimeoutMs)
      expect(answer.error).toBe(null)
    }
    answer.stream.cancel()
  })

  test('a client that cancels stops the replica, and everything is let go', async () => {
    answer.stream.cancel()
    await untilAtRest()
  })

  test('a client that is gone stops the replica, and everything is let go', async () => {
    cluster.network.cut('client')
    await untilAtRest()
  })

  test('a file that changes ends the answer as changed', async () => {
    cluster.write('server2', 'big', 'another content')
    answer.read()
    await answer.ended()
    expect(answer.error).toMatchObject({ code: 'CHANGED', message: expect.stringMatching(/^server2: big/) })
  })
})
