import { ClusterNetwork } from '../fixtures/cluster-network.ts'
import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { clientHello } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { Connection } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Hello } from '../protocol/messages.ts'
import type { Listening, Transport } from '../protocol/world.ts'
import { ReplicaLink } from './replica-link.ts'

const address = { host: '127.0.0.1', port: 6002 }
const name = 'server2' as NodeName
const heartbeatTimeoutMs = 3_000
const heartbeat = { files: 3, bytes: 40, diskFreeBytes: 500 }

let time: FakeTime
let network: ClusterNetwork
let log: RecordedLog
let link: ReplicaLink
let listening: Listening | null
/** Every connection that was accepted, the last one last. */
let accepted: Connection[]
let dialledAtMs: number[]
let fraction: number

beforeEach(() => {
  time = new FakeTime()
  network = new ClusterNetwork()
  log = new RecordedLog()
  listening = null
  accepted = []
  dialledAtMs = []
  fraction = 0
  const { dial } = network.of('server1')
  link = new ReplicaLink({
    name,
    address,
    heartbeatTimeoutMs,
    hello: () => ({ ...clientHello, role: 'coordinator', name: 'server1' as NodeName }),
    dialer: {
      dial: (...asked) => {
        dialledAtMs.push(time.monotonicMs())
        return dial(...asked)
      },
    },
    clock: time,
    timers: time,
    random: { bytes: count => Buffer.alloc(count), fraction: () => fraction },
    log,
  })
})

afterEach(async () => {
  link.close()
  for (const connection of accepted) connection.close('UNREACHABLE', 'the test is over')
  await time.pass(2_000)
  expect(time.timerCount).toBe(0)
  await until(() => network.connectionCount === 0, 'every connection to be closed')
})

/** Listens as a replica that says `hello`, or refuses with `refusal`. */
async function listen(hello: Partial<Hello> = {}, refusal?: ConcurError): Promise<void> {
  listening = await network.of('server2').listen(address, transport => {
    const connection = new Connection({
      transport,
      side: 'acceptor',
      timers: time,
      hello: { ...clientHello, role: 'replica', name, ...hello },
      events: {
        onOpen() {
          if (refusal !== undefined) throw refusal
        },
        onClosed() {},
      },
    })
    accepted.push(connection)
  })
}

async function linkUp(): Promise<void> {
  await listen()
  link.start()
  await until(() => link.report().state === 'up', 'the link')
}

test('a replica that says HELLO is up, and its link can be asked on', async () => {
  await linkUp()
  await link.firstDialEnded
  expect(link.report()).toEqual({ state: 'up', reason: null, lastHeartbeatMs: null, heartbeat: null })
  expect(link.connection?.isOpen).toBe(true)
})

test('before the first dial has ended it is down and says so', () => {
  expect(link.report()).toMatchObject({ state: 'down', reason: 'was not reached yet' })
  expect(link.connection === null).toBe(true)
})

test('heartbeats are kept with their age', async () => {
  await linkUp()
  accepted[0]!.sendHeartbeat(heartbeat)
  await until(() => link.report().heartbeat !== null, 'a heartbeat')
  time.passAtOnce(700)
  expect(link.report()).toEqual({ state: 'up', reason: null, lastHeartbeatMs: 700, heartbeat })
})

describe('dials', () => {
  test('that are refused come again after 100 ms, and twice that each time, up to 5 s', async () => {
    link.start()
    await link.firstDialEnded
    expect(link.report()).toMatchObject({
      state: 'down',
      reason: 'could not be reached (connection refused)',
    })
    await time.pass(20_000)
    expect(dialledAtMs).toEqual([0, 100, 300, 700, 1_500, 3_100, 6_300, 11_300, 16_300])
  })

  test('come earlier by chance', async () => {
    fraction = 0.5
    link.start()
    await time.pass(600)
    expect(dialledAtMs).toEqual([0, 100, 250, 550])
  })

  test('begin anew at 100 ms after a link that was open', async () => {
    link.start()
    await time.pass(1_600)
    await listen()
    await time.pass(2_000)
    expect(link.report().state).toBe('up')
    dialledAtMs.length = 0
    await listening!.close()
    network.cut('server2')
    const lostAtMs = time.monotonicMs()
    await time.pass(400)
    expect(dialledAtMs.map(atMs => atMs - lostAtMs)).toEqual([100, 300])
    expect(link.report()).toMatchObject({
      state: 'down',
      reason: 'could not be reached (no route to the host)',
    })
  })

  test('to one that accepts and says nothing are given up after a second, and made again', async () => {
    const silent: Transport[] = []
    await network.of('server2').listen(address, transport => {
      silent.push(transport)
      transport.start({ onBytes() {}, onEnd() {}, onClosed() {} })
    })
    link.start()
    await time.pass(2_500)
    expect(link.report()).toMatchObject({ state: 'down', reason: 'did not say HELLO in time' })
    expect(dialledAtMs).toEqual([0, 2_100])
  })
})

describe('who is not the configured replica is down, with the reason,', () => {
  test.each<[string, Partial<Hello>, string]>([
    ['another name', { name: 'server9' as NodeName }, 'calls itself server9'],
    ['no name', { name: null }, 'calls itself nothing'],
    ['a coordinator', { role: 'coordinator' }, 'is a coordinator, not a replica'],
    ['a client', { role: 'client' }, 'is a client, not a replica'],
  ])('%s', async (_, hello, reason) => {
    await listen(hello)
    link.start()
    await link.firstDialEnded
    expect(link.report()).toMatchObject({ state: 'down', reason })
    expect(link.connection === null).toBe(true)
  })

  test('one that refuses us', async () => {
    await listen({}, new ConcurError('WRONG_CLUSTER', 'belongs to cluster 12, not to 34'))
    link.start()
    await link.firstDialEnded
    expect(link.report()).toMatchObject({ state: 'down', reason: 'belongs to cluster 12, not to 34' })
    expect(dialledAtMs).toEqual([0])
    await time.pass(99)
    expect(dialledAtMs).toHaveLength(1)
    await time.pass(1)
    expect(dialledAtMs).toHaveLength(2)
  })
})

describe('a link that nothing comes from', () => {
  test('is suspect after one timeout, and up again with the next byte of whatever kind', async () => {
    await linkUp()
    await time.pass(heartbeatTimeoutMs)
    expect(link.report().state).toBe('up')
    await time.pass(1)
    expect(link.report()).toMatchObject({ state: 'suspect', reason: 'has been silent for 3001 ms' })
    expect(link.connection === null).toBe(false)
    accepted[0]!.sendHeartbeat(heartbeat)
    await until(() => link.report().state === 'up', 'the heartbeat')
  })

  test('is closed after three timeouts and dialled anew', async () => {
    await linkUp()
    network.silence('server2')
    await time.pass(3 * heartbeatTimeoutMs)
    expect(link.report().state).toBe('suspect')
    await time.pass(heartbeatTimeoutMs / 4)
    expect(link.report().state).toBe('down')
    expect(link.connection === null).toBe(true)
    network.wake('server2')
    await time.pass(2_000)
    expect(link.report().state).toBe('up')
    expect(accepted).toHaveLength(2)
    expect(accepted[0]!.isOpen).toBe(false)
  })

  test('that is cut is down at once', async () => {
    await linkUp()
    network.cut('server2')
    await turns(2)
    expect(link.report()).toMatchObject({ state: 'down', reason: 'is not connected (the connection broke)' })
  })

  test('that the replica ends says why', async () => {
    await linkUp()
    accepted[0]!.close('UNREACHABLE', 'the replica stops')
    await until(() => link.connection === null, 'the end')
    await turns(5)
    expect(link.report()).toMatchObject({ state: 'down', reason: 'is not connected (the replica stops)' })
  })
})

test('each change of state is one line in the log, with its reason', async () => {
  link.start()
  await time.pass(800)
  await listen()
  await time.pass(2 * heartbeatTimeoutMs)
  network.cut('server2')
  await turns(2)
  const reason = expect.any(String)
  expect(log.all('replica').map(({ state, reason }) => [state, reason])).toEqual([
    ['down', 'could not be reached (connection refused)'],
    ['up', null],
    ['suspect', reason],
    ['down', reason],
  ])
})

describe('closing', () => {
  const isClosed = async (): Promise<void> => {
    await time.pass(10_000)
    expect(link.connection === null).toBe(true)
    expect(time.timerCount).toBe(0)
    expect(network.connectionCount).toBe(0)
  }

  test('ends an open link, tells the replica why, and leaves no timer', async () => {
    const reasons: string[] = []
    await network.of('server2').listen(address, transport => {
      const hello = { ...clientHello, role: 'replica' as const, name }
      const events = { onOpen() {}, onClosed: (error: ConcurError) => reasons.push(error.message) }
      new Connection({ transport, side: 'acceptor', timers: time, hello, events })
    })
    link.start()
    await until(() => link.connection !== null, 'the link')
    link.close()
    await isClosed()
    expect(reasons).toEqual(['the coordinator stops'])
  })

  test('between two dials dials no more', async () => {
    link.start()
    await time.pass(50)
    link.close()
    await isClosed()
    expect(dialledAtMs).toEqual([0])
  })

  test('while a dial is under way drops what it brings', async () => {
    await listen()
    link.start()
    link.close()
    await isClosed()
    expect(accepted.every(({ isOpen }) => !isOpen)).toBe(true)
  })

  test('while the HELLO is awaited ends that, and no late HELLO brings it up again', async () => {
    await listen()
    network.silence('server2')
    link.start()
    await until(() => accepted.length === 1, 'the connection')
    await turns(2)
    link.close()
    network.wake('server2')
    await turns(10)
    expect(link.connection === null).toBe(true)
    await isClosed()
    await link.firstDialEnded
  })
})
