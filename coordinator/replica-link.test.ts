import { turns } from '../fixtures/fake-time.ts'
import { LinkBench } from '../fixtures/link-bench.ts'
import { heartbeatOf } from '../fixtures/message-bodies.ts'
import { until } from '../fixtures/until.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Hello } from '../protocol/messages.ts'
import { wholeTree } from '../protocol/path.ts'

const heartbeat = heartbeatOf({ files: 3, bytes: 40, diskFreeBytes: 500 })

let bench: LinkBench

beforeEach(() => {
  bench = new LinkBench()
})

afterEach(() => bench.close())

test('a replica that says HELLO is up, and its link can be asked on', async () => {
  await bench.linkUp()
  await bench.link.firstDialEnded
  expect(bench.link.report()).toEqual({ state: 'up', reason: null, lastHeartbeatMs: null, heartbeat: null })
  expect(bench.link.connection?.isOpen).toBe(true)
})

test('before the first dial has ended it is down and says so', () => {
  expect(bench.link.report()).toMatchObject({ state: 'down', reason: 'was not reached yet' })
  expect(bench.link.connection === null).toBe(true)
})

test('heartbeats are kept with their age', async () => {
  await bench.linkUp()
  bench.accepted[0]!.sendHeartbeat(heartbeat)
  await until(() => bench.link.report().heartbeat !== null, 'a heartbeat')
  bench.time.passAtOnce(700)
  expect(bench.link.report()).toEqual({ state: 'up', reason: null, lastHeartbeatMs: 700, heartbeat })
})

describe('dials', () => {
  test('that are refused come again after 100 ms, and twice that each time, up to 5 s', async () => {
    bench.link.start()
    await bench.link.firstDialEnded
    expect(bench.link.report()).toMatchObject({
      state: 'down',
      reason: 'could not be reached (connection refused)',
    })
    await bench.time.pass(20_000)
    expect(bench.dialledAtMs).toEqual([0, 100, 300, 700, 1_500, 3_100, 6_300, 11_300, 16_300])
  })

  test('come earlier by chance', async () => {
    bench.fraction = 0.5
    bench.link.start()
    await bench.time.pass(600)
    expect(bench.dialledAtMs).toEqual([0, 100, 250, 550])
  })

  test('begin anew at 100 ms after a link that was open', async () => {
    bench.link.start()
    await bench.time.pass(1_600)
    await bench.listen()
    await bench.time.pass(2_000)
    expect(bench.link.report().state).toBe('up')
    bench.dialledAtMs.length = 0
    await bench.listening!.close()
    bench.network.cut('server2')
    const lostAtMs = bench.time.monotonicMs()
    await bench.time.pass(400)
    expect(bench.dialledAtMs.map(atMs => atMs - lostAtMs)).toEqual([100, 300])
    expect(bench.link.report()).toMatchObject({
      state: 'down',
      reason: 'could not be reached (no route to the host)',
    })
  })

  test('to one that accepts and says nothing are given up after a second, and made again', async () => {
    await bench.network.of('server2').listen(bench.address, transport => {
      transport.start({ onBytes() {}, onEnd() {}, onClosed() {} })
    })
    bench.link.start()
    await bench.time.pass(2_500)
    expect(bench.link.report()).toMatchObject({ state: 'down', reason: 'did not say HELLO in time' })
    expect(bench.dialledAtMs).toEqual([0, 2_100])
  })
})

describe('who is not the configured replica is down, with the reason,', () => {
  test.each<[string, Partial<Hello>, string]>([
    ['another name', { name: 'server9' as NodeName }, 'calls itself server9'],
    ['no name', { name: null }, 'calls itself nothing'],
    ['a coordinator', { role: 'coordinator' }, 'is a coordinator, not a replica'],
    ['a client', { role: 'client' }, 'is a client, not a replica'],
  ])('%s', async (_, hello, reason) => {
    await bench.listen(hello)
    bench.link.start()
    await bench.link.firstDialEnded
    expect(bench.link.report()).toMatchObject({ state: 'down', reason })
    expect(bench.link.connection === null).toBe(true)
  })

  test('one that refuses us', async () => {
    await bench.listen({}, new ConcurError('WRONG_CLUSTER', 'belongs to cluster 12, not to 34'))
    bench.link.start()
    await bench.link.firstDialEnded
    expect(bench.link.report()).toMatchObject({ state: 'down', reason: 'belongs to cluster 12, not to 34' })
    expect(bench.dialledAtMs).toEqual([0])
    await bench.time.pass(99)
    expect(bench.dialledAtMs).toHaveLength(1)
    await bench.time.pass(1)
    expect(bench.dialledAtMs).toHaveLength(2)
  })
})

describe('a link that nothing comes from', () => {
  test('is suspect after one timeout, and up again with the next byte of whatever kind', async () => {
    await bench.linkUp()
    await bench.time.pass(bench.heartbeatTimeoutMs)
    expect(bench.link.report().state).toBe('up')
    await bench.time.pass(1)
    expect(bench.link.report()).toMatchObject({ state: 'suspect', reason: 'has been silent for 3 s' })
    expect(bench.link.connection === null).toBe(false)
    bench.accepted[0]!.sendHeartbeat(heartbeat)
    await until(() => bench.link.report().state === 'up', 'the heartbeat')
  })

  test('is closed after three timeouts and dialled anew', async () => {
    await bench.linkUp()
    bench.network.silence('server2')
    await bench.time.pass(3 * bench.heartbeatTimeoutMs)
    expect(bench.link.report().state).toBe('suspect')
    await bench.time.pass(bench.heartbeatTimeoutMs / 4)
    expect(bench.link.report().state).toBe('down')
    expect(bench.link.connection === null).toBe(true)
    bench.network.wake('server2')
    await bench.time.pass(2_000)
    expect(bench.link.report().state).toBe('up')
    expect(bench.accepted).toHaveLength(2)
    expect(bench.accepted[0]!.isOpen).toBe(false)
  })

  test('that is cut is down at once', async () => {
    await bench.linkUp()
    bench.network.cut('server2')
    await turns(2)
    expect(bench.link.report()).toMatchObject({
      state: 'down',
      reason: 'is not connected (the connection broke)',
    })
  })

  test('that the replica ends says why', async () => {
    await bench.linkUp()
    bench.accepted[0]!.close('UNREACHABLE', 'the replica stops')
    await until(() => bench.link.connection === null, 'the end')
    await turns(5)
    expect(bench.link.report()).toMatchObject({
      state: 'down',
      reason: 'is not connected (the replica stops)',
    })
  })
})

test('each change of state is one line in the log, with its reason', async () => {
  bench.link.start()
  await bench.time.pass(800)
  await bench.listen()
  await bench.time.pass(2 * bench.heartbeatTimeoutMs)
  bench.network.cut('server2')
  await turns(2)
  const reason = expect.any(String)
  expect(bench.log.all('replica').map(({ state, reason }) => [state, reason])).toEqual([
    ['down', 'could not be reached (connection refused)'],
    ['up', null],
    ['suspect', reason],
    ['down', reason],
  ])
})

test('a link that changes do not wait for says why', async () => {
  await bench.linkUp()
  bench.isInSync = false
  expect(bench.link.report()).toMatchObject({ state: 'catching-up', reason: 'is catching up' })
  bench.trouble = 'NO_SPACE: no space is left'
  bench.link.logState()
  expect(bench.log.all('replica').at(-1)).toMatchObject({
    state: 'catching-up',
    reason: 'NO_SPACE: no space is left',
  })
})

test('a link that ends is logged as down with what ended it, whoever else noticed first', async () => {
  await bench.linkUp()
  const noticed: unknown[] = []
  bench.link.connection!.request(
    'WALK',
    { path: wholeTree, recursive: false, buckets: null },
    {
      onMessage() {},
      onFailed() {
        bench.link.logState()
        noticed.push(bench.link.report().reason)
      },
    },
  )
  await turns(2)
  bench.accepted[0]!.close('UNREACHABLE', 'the replica stops')
  await until(() => noticed.length > 0, 'the end')
  await turns(5)
  expect(noticed).toEqual(['is not connected'])
  expect(bench.log.all('replica').at(-1)).toMatchObject({
    state: 'down',
    reason: 'is not connected (the replica stops)',
  })
})

describe('closing', () => {
  const isClosed = async (): Promise<void> => {
    await bench.time.pass(10_000)
    expect(bench.link.connection === null).toBe(true)
    expect(bench.time.timerCount).toBe(0)
    expect(bench.network.connectionCount).toBe(0)
  }

  test('ends an open link, tells the replica why, and leaves no timer', async () => {
    await bench.linkUp()
    bench.link.close()
    await isClosed()
    expect(bench.reasons).toEqual(['the coordinator stops'])
  })

  test('between two dials dials no more', async () => {
    bench.link.start()
    await bench.time.pass(50)
    bench.link.close()
    await isClosed()
    expect(bench.dialledAtMs).toEqual([0])
  })

  test('while a dial is under way drops what it brings', async () => {
    await bench.listen()
    bench.link.start()
    bench.link.close()
    await isClosed()
    expect(bench.accepted.every(({ isOpen }) => !isOpen)).toBe(true)
  })

  test('while the HELLO is awaited ends that, and no late HELLO brings it up again', async () => {
    await bench.listen()
    bench.network.silence('server2')
    bench.link.start()
    await until(() => bench.accepted.length === 1, 'the connection')
    await turns(2)
    bench.link.close()
    bench.network.wake('server2')
    await turns(10)
    expect(bench.link.connection === null).toBe(true)
    await isClosed()
    await bench.link.firstDialEnded
  })
})
