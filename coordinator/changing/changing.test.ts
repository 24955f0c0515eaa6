/** Everything that takes changes, put together on a real store, with links and a replica that a test plays. */
import { RecordedLog } from '../../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { nodeOf } from '../../fixtures/scripted-node.ts'
import { ScriptedReplica } from '../../fixtures/scripted-replica.ts'
import { type Served, serve } from '../../fixtures/served.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { ClusterId, NodeId, NodeName } from '../../protocol/ids.ts'
import type { Hello } from '../../protocol/messages.ts'
import { newEntry, type Operation } from '../../protocol/record.ts'
import {
  at,
  epoch,
  journalOnly,
  mkdir,
  put,
  settle,
  stageId,
  treeOf,
} from '../../replica/store/changes.fixture.ts'
import { DiskError } from '../../replica/store/disk.ts'
import { openTemporaryStore, type TemporaryStore } from '../../replica/store/store.fixture.ts'
import type { CoordinatorConfig } from '../config.ts'
import type { Node } from '../node.ts'
import { Changing } from './changing.ts'
import { LocalMember } from './local-member.ts'
import type { Member } from './member.ts'

const [server1, server2] = ['server1', 'server2'] as [NodeName, NodeName]
const nodeId = 'b'.repeat(32) as NodeId

/** What is known of a link without one. */
class ScriptedLink {
  readonly name = server2
  connection: Served['peer']['connection'] | null = null
  refusedWith: ErrorCode | null = null
  silentForMs: number | null = null
  downForMs: number | null = null
  states = 0

  report() {
    return { state: 'down', reason: 'is not connected', lastHeartbeatMs: null, heartbeat: null }
  }

  logState(): void {
    this.states++
  }
}

let time: FakeTime
let log: RecordedLog
let temporary: TemporaryStore
let link: ScriptedLink
let replica: ScriptedReplica
let served: Served | null
let changing: Changing

beforeEach(async () => {
  time = new FakeTime()
  log = new RecordedLog()
  temporary = await openTemporaryStore()
  temporary.store.setClusterId('c'.repeat(32) as ClusterId)
  link = new ScriptedLink()
  replica = new ScriptedReplica()
  served = null
})

afterEach(async () => {
  changing.close()
  served?.close()
  await temporary.remove()
})

/** Puts it together, with server2 as a replica unless `alone`. */
function open(
  { alone = false, ...config }: Partial<CoordinatorConfig> & { alone?: boolean } = {},
  other = { name: server2 } as Node,
): Changing {
  const { store } = temporary
  const address = { host: '127.0.0.1', port: 6002 }
  changing = new Changing({
    config: {
      ...{ name: server1, replicas: alone ? [] : [{ name: server2, address }], ack: 'available' },
      ...{ heartbeatTimeoutMs: 3_000, readTimeoutMs: 2_000, replace: [], acceptJournal: null },
      ...config,
    } as CoordinatorConfig,
    members: [new LocalMember({ name: server1, store }), other as Member],
    links: alone ? [] : [link as never],
    ...{ store, clock: time, timers: time, log },
    random: { bytes: count => Buffer.alloc(count, 0xcd), fraction: () => 0 },
  })
  return changing
}

/** The replica is there and follows. */
async function linkUp(): Promise<void> {
  served = await serve(time, (request, stream) => replica.onRequest(request, stream), { role: 'coordinator' })
  link.connection = served.peer.connection
  changing.linkUp(server2, served.peer.connection, { nodeId, lastSeq: 0 } as Hello)
}

async function linkedUp(): Promise<void> {
  await linkUp()
  await until(() => replica.follows.length === 1, 'FOLLOW')
}

/** The replica has everything, and is in the set. */
async function joined(): Promise<void> {
  const { store } = temporary
  await until(() => store.settler.settledSeq === store.journal.last.seq, 'the term')
  await linkedUp()
  await follow()
  await until(() => changing.ledger.isInSync(server2), 'the joining')
  await follow()
  await until(() => changing.ledger.committedSeq === store.journal.last.seq, 'its record')
}

/** The replica takes and settles all that there is. */
async function follow(): Promise<void> {
  const { seq } = temporary.store.journal.last
  const { afterSeq } = replica.followed.body
  await until(() => replica.followed.pages().flat().length === seq - afterSeq, 'the records')
  const { journal } = temporary.store
  replica.journal.entries = Array.from({ length: seq }, (_, at) => journal.at(at + 1)!)
  replica.settle(seq, seq)
}

describe('a term', () => {
  test('begins above the last one, with the members that are known by now', async () => {
    await settle(temporary.store, mkdir('a'))
    await open().begin()
    expect(changing.ledger.epoch).toEqual({ number: 2, incarnation: 'cd'.repeat(16) })
    expect(temporary.store.journal.at(2)!.record.change).toEqual({
      type: 'begin',
      members: [
        { name: server1, nodeId: temporary.store.nodeId },
        { name: server2, nodeId: null },
      ],
    })
    expect(changing.refusal()).toBeNull()
    await until(() => log.all('term').length > 0, 'the beginning to be durable')
    expect(log.all('term')).toEqual([{ epoch: 2, seq: 2 }])
  })

  test('knows the nodes and the changes of the ones before', async () => {
    const operation = { nonce: 'e'.repeat(32), counter: 1, floor: 0 } as Operation
    const { journal, settler } = temporary.store
    await settle(temporary.store, { change: { type: 'join', node: server2, nodeId }, body: null })
    const { seq, hash } = journal.last
    const record = {
      epoch,
      seq: seq + 1,
      previous: hash,
      committedSeq: 0,
      timeMs: 0,
      client: null,
      operation,
    }
    await journal.append([newEntry({ ...record, change: mkdir('a').change }, null)])
    settler.commit(2)
    open()
    expect(changing.seats[0]!.knownNodeId).toBe(nodeId)
    const known = changing.desk.results.know(operation)
    expect(known.is).toBe('attempt')
    expect(await (known as Extract<typeof known, { is: 'attempt' }>).answer()).toMatchObject({
      ...{ op: { seq: 2, type: 'mkdir' }, applied: [server1], outcome: 'committed' },
    })
  })

  test('that may not begin is a refusal for good, logged once', async () => {
    link.refusedWith = 'WRONG_CLUSTER'
    await open().begin()
    expect(changing.refusal()).toMatchObject({
      code: 'ROLLED_BACK',
      message: expect.stringMatching(
        /^the coordinator takes no changes: server2 belongs to a cluster already/,
      ),
    })
    expect(changing.ledger.epoch).toBeNull()
  })

  test('does not begin on a disk that fails, and that is no refusal for good', async () => {
    temporary.store.fence.set('a flush failed')
    await open().begin()
    expect(temporary.store.journal.last.seq).toBe(0)
    expect(changing.refusal()).toMatchObject({
      code: 'READ_ONLY',
      message: 'the coordinator takes no changes: a flush failed',
    })
    expect(log.all('refuses changes')).toEqual([])
    temporary.store.fence.clear()
  })

  test('whose beginning finds no room is none yet', async () => {
    open()
    temporary.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    await changing.begin()
    await until(() => changing.refusal()?.code === 'NO_SPACE', 'the refusal')
    expect(changing.ledger.epoch).toBeNull()
  })
})

describe('changes are refused', () => {
  test('before the term has begun, as busy', () => {
    expect(open().refusal()).toMatchObject({ code: 'BUSY' })
  })

  test('when a flush has failed, and when nothing can be settled', async () => {
    await open().begin()
    const { store } = temporary
    store.settler.trouble = new ConcurError('NO_SPACE', 'no space is left')
    expect(changing.refusal()).toMatchObject({ code: 'NO_SPACE' })
    store.fence.set('a flush failed')
    expect(changing.refusal()).toMatchObject({ code: 'READ_ONLY' })
    store.fence.clear()
    store.settler.trouble = null
    expect(changing.refusal()).toBeNull()
  })

  test.each<[ErrorCode, RegExp]>([
    [
      'FENCED',
      /^the coordinator takes no changes: its reason; this folder can serve as a replica: concur-replica --root DIR --name server1$/,
    ],
    [
      'ROLLED_BACK',
      /^the coordinator takes no changes: server2: its reason: start once with --accept-journal server2 to go on from there$/,
    ],
  ])('for good when the replica follows another: %s', async (code, message) => {
    await open().begin()
    await linkedUp()
    replica.followed.stream.fail(new ConcurError(code, 'its reason'))
    await until(() => changing.refusal() !== null, 'the refusal')
    expect(changing.refusal()).toMatchObject({ code, message: expect.stringMatching(message) })
    changing.linkDown(server2, 'is gone')
    replica.refusal = new ConcurError('ROLLED_BACK', 'another reason')
    await linkUp()
    await until(() => replica.follows.length === 2, 'the second FOLLOW')
    await turns(20)
    expect(changing.refusal()?.code).toBe(code)
    expect(log.all('refuses changes')).toHaveLength(1)
  })
})

describe('what is committed', () => {
  test('and lacks its bytes here is fetched from the replicas', async () => {
    const { store, root } = temporary
    await journalOnly(store, put('a', 'bytes', { stage: stageId(9) }))
    open({}, nodeOf('server2', { a: 'bytes' }))
    await changing.begin()
    await store.settler.settled(1)
    expect(treeOf(root)).toEqual({ a: 'bytes' })
  })

  test('and cannot be settled is logged', async () => {
    await open().begin()
    temporary.disk.makeTreeFolder = () => {
      throw new DiskError('EIO', 'mkdir')
    }
    const wanted = { change: mkdir('a').change, client: null, operation: null, body: null }
    changing.ledger.order(wanted, () => null)
    await until(() => log.all('store').length === 1, 'the line')
    expect(changing.refusal()).toMatchObject({ code: 'IO_ERROR' })
    temporary.disk.makeTreeFolder = Object.getPrototypeOf(temporary.disk).makeTreeFolder
  })
})

describe('a replica', () => {
  test('whose link is there before the term begins is followed when it does', async () => {
    open()
    await linkUp()
    await changing.begin()
    await until(() => replica.follows.length === 1, 'FOLLOW')
  })

  test('that is another node takes the name only where that is configured', async () => {
    await settle(temporary.store, {
      change: { type: 'join', node: server2, nodeId: 'a'.repeat(32) as NodeId },
      body: null,
    })
    await open().begin()
    await linkUp()
    expect(changing.seats[0]!.fenced).toContain('--replace server2')
    changing.close()
    await open({ replace: [server2] }).begin()
    await linkedUp()
    expect(changing.seats[0]!.fenced).toBeNull()
  })
})

describe('a read', () => {
  test('waits at a node of the set for the last record of the path, and for nothing where there is none', async () => {
    await settle(temporary.store, put('a', 'A'), mkdir('b'))
    await open().begin()
    expect(changing.settledSeqFor(server1, at('a'))).toBe(1)
    expect(changing.settledSeqFor(server1, at('nothing'))).toBeUndefined()
    expect(changing.settledSeqFor(server2, at('a'))).toBeUndefined()
    await joined()
    expect(changing.settledSeqFor(server2, at('b'))).toBe(2)
    expect(changing.lags()).toEqual(new Map())
  })

  test('knows who lags and how much, and whether it still moves', async () => {
    await settle(temporary.store, mkdir('a'), mkdir('b'), mkdir('c'))
    await open().begin()
    await until(() => changing.ledger.committedSeq === 4, 'the term')
    expect(changing.lags()).toEqual(new Map())
    await linkedUp()
    await until(() => changing.lags().size === 1, 'its first word')
    expect(changing.lags()).toEqual(new Map([[server2, { behindOps: 4, isMoving: true }]]))
    await time.pass(3_000)
    expect(changing.lags().get(server2)).toEqual({ behindOps: 4, isMoving: true })
    await time.pass(1)
    expect(changing.lags().get(server2)).toEqual({ behindOps: 4, isMoving: false })
    await until(() => replica.followed.pages().flat().length === 4, 'the records')
    replica.settle(4, 1)
    await until(() => changing.lags().get(server2)?.behindOps === 3, 'its word')
    expect(changing.lags().get(server2)?.isMoving).toBe(true)
    changing.linkDown(server2, 'is gone')
    expect(changing.lags().get(server2)).toEqual({ behindOps: 3, isMoving: false })
  })
})

describe('who listens', () => {
  test('hears whenever something is committed, is settled here, or a node has got on, until it listens no more', async () => {
    open()
    let news = 0
    const stop = changing.listen(() => news++)
    await changing.begin()
    await until(() => temporary.store.settler.settledSeq === 1, 'the term')
    expect(news).toBeGreaterThanOrEqual(2)
    await linkedUp()
    const before = news
    await follow()
    await until(() => changing.ledger.isInSync(server2), 'the joining')
    expect(news).toBeGreaterThan(before)
    stop()
    const last = news
    await follow()
    await until(() => changing.ledger.committedSeq === 2, 'its record')
    expect(news).toBe(last)
  })

  test('hears of the end', () => {
    let news = 0
    open().listen(() => news++)
    changing.close()
    expect(news).toBe(1)
  })

  test('hears of nothing more after it', async () => {
    await open().begin()
    await until(() => temporary.store.settler.settledSeq === 1, 'the term')
    changing.close()
    let news = 0
    changing.listen(() => news++)
    await settle(temporary.store, mkdir('a'))
    expect(news).toBe(0)
  })
})

describe('a node of the set', () => {
  test('that is silent for too long leaves with the next change, and its state is told', async () => {
    await open().begin()
    await joined()
    const { states } = link
    changing.desk.cluster.loseSilent()
    link.silentForMs = 3_100
    await time.pass(5_000)
    expect(changing.ledger.isInSync(server2)).toBe(true)
    changing.desk.cluster.loseSilent()
    expect(changing.ledger.isInSync(server2)).toBe(false)
    expect(link.states).toBeGreaterThan(states)
  })

  test('that is silent for too long about what it was told leaves within a second', async () => {
    await open().begin()
    await joined()
    const wanted = { change: mkdir('a').change, client: null, operation: null, body: null }
    changing.ledger.order(wanted, () => null).done.catch(() => {})
    link.silentForMs = 3_100
    await time.pass(1_000)
    expect(changing.ledger.isInSync(server2)).toBe(false)
  })

  test('that a change cannot wait for leaves, and that is logged', async () => {
    await open().begin()
    await joined()
    const { cluster } = changing.desk
    expect(cluster.others().map(({ name }) => name)).toEqual([server2])
    cluster.lose(cluster.others()[0]!, new ConcurError('TIMEOUT', 'took no bytes for 10 s'))
    expect(cluster.others()).toEqual([])
    expect(log.all('left a change')).toEqual([
      { replica: 'server2', code: 'TIMEOUT', reason: 'took no bytes for 10 s' },
    ])
    expect(changing.seats[0]!.trouble).toBe('took no bytes for 10 s')
  })

  test('is told every record, what is committed, and anew when records are taken back', async () => {
    await open().begin()
    await joined()
    await until(() => replica.followed.all('COMMITTED').at(-1)?.seq === 2, 'COMMITTED')
    const { disk } = temporary
    const { writeSoon } = disk
    disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    const wanted = { change: mkdir('a').change, client: null, operation: null, body: null }
    const { done } = changing.ledger.order(wanted, () => null)
    await expect(done).rejects.toMatchObject({ code: 'NO_SPACE' })
    disk.writeSoon = writeSoon
    await until(() => replica.follows.length === 2, 'the second FOLLOW')
    expect(replica.followed.body.afterSeq).toBe(2)
    expect(changing.refusal()).toBeNull()
  })
})

test('the end calls off all that was to come, and leaves what there is alone', async () => {
  await open().begin()
  await joined()
  changing.close()
  await until(() => replica.followed.failure !== null, 'CANCEL')
  link.silentForMs = 9_000
  await time.pass(10_000)
  expect(changing.ledger.isInSync(server2)).toBe(true)
  const { seq } = temporary.store.journal.last
  expect(replica.followed.pages().flat().at(-1)!.record.seq).toBe(seq)
})

test('a coordinator without replicas is alone in the set', async () => {
  await open({ alone: true }).begin()
  await until(() => changing.ledger.committedSeq === 1, 'the term')
  expect([changing.ledger.inSync, changing.seats, time.timerCount]).toEqual([[server1], [], 0])
})
