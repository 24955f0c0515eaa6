/** A replica's place in the in-sync set, with a ledger that a test writes and a replica that it plays over a link in memory. */
import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { ScriptedJournal } from '../fixtures/scripted-journal.ts'
import { ScriptedReplica } from '../fixtures/scripted-replica.ts'
import { ScriptedTree } from '../fixtures/scripted-tree.ts'
import { type Served, serve } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Outcome } from '../protocol/change-messages.ts'
import { ConcurError, type ErrorCode } from '../protocol/errors.ts'
import type { Incarnation, NodeId, NodeName } from '../protocol/ids.ts'
import type { Hello } from '../protocol/messages.ts'
import type { Epoch } from '../protocol/record.ts'
import type { Position } from './ordering/commit.ts'
import { Seat, type SeatOptions } from './seat.ts'

const name = 'server2' as NodeName
const idOf = (letter: string) => letter.repeat(32) as NodeId
const epoch: Epoch = { number: 7, incarnation: 'e'.repeat(32) as Incarnation }

let time: FakeTime
let log: RecordedLog
let journal: ScriptedJournal
let replica: ScriptedReplica
let served: Served
let seat: Seat
/** What the ledger was told. */
let told: string[]
let reported: [Position, readonly Outcome[]][]
let inSync: boolean
let committedSeq: number
let term: Epoch | null
let superseded: ConcurError[]
let memberships: number

beforeEach(async () => {
  time = new FakeTime()
  log = new RecordedLog()
  journal = new ScriptedJournal()
  replica = new ScriptedReplica()
  told = []
  reported = []
  inSync = false
  committedSeq = 0
  term = epoch
  superseded = []
  memberships = 0
  served = await link()
})

afterEach(() => {
  seat.close()
  served.close()
})

const link = () =>
  serve(time, (request, stream) => replica.onRequest(request, stream), { role: 'coordinator' })

/** A replica that was known by this id, or by none. */
function sit(options: Partial<SeatOptions> = {}): Seat {
  const ledger: SeatOptions['ledger'] = {
    get begunEpoch() {
      return term
    },
    get committedSeq() {
      return committedSeq
    },
    isInSync: () => inSync,
    join: (node, nodeId, { journaledSeq, settledSeq }) => {
      told.push(`join ${node} ${nodeId[0]} ${journaledSeq} ${settledSeq}`)
      inSync = true
    },
    leave: (node, reason) => {
      if (inSync) told.push(`leave ${node}: ${reason}`)
      inSync = false
    },
    report: (_, position, outcomes) => void reported.push([position, outcomes]),
  }
  seat = new Seat({
    onStated: () => void told.push('stated'),
    onNodeId: nodeId => void told.push(`node id ${nodeId[0]}`),
    journalKeep: 1_000_000,
    historyMs: null,
    ...{ name, ledger, nodeId: null, acknowledgedSeq: 0, mayReplace: false, clock: time, timers: time, log },
    store: {
      journal,
      stateTree: () => new ScriptedTree() as never,
      openContent: async () => {
        throw new ConcurError('NOT_FOUND', 'nobody has it')
      },
    },
    random: { bytes: count => Buffer.alloc(count), fraction: () => 0 },
    onSuperseded: error => superseded.push(error),
    onMembership: () => memberships++,
    onHeard: () => {},
    ...options,
  })
  return seat
}

function up(hello: { nodeId?: NodeId | null; lastSeq?: number | null } = {}): void {
  seat.up(served.peer.connection, { nodeId: idOf('b'), lastSeq: 0, ...hello } as Hello)
}

const follows = () => replica.follows.length
const untilFollows = (count: number) => until(() => follows() === count, `FOLLOW ${count}`)
const untilInSync = () => until(() => inSync, 'the joining')

/** It is in the set. */
async function joined(options: Partial<SeatOptions> = {}): Promise<void> {
  sit(options)
  up()
  await untilInSync()
  told.length = 0
  memberships = 0
}

/** It was refused, or lost what it was told. */
async function fails(code: ErrorCode, message = 'its reason'): Promise<void> {
  replica.followed.stream.fail(new ConcurError(code, message))
  await until(() => seat.trouble?.endsWith(message) === true, 'the end')
}

describe('a replica that is there', () => {
  test('is told records once the term has begun', async () => {
    term = null
    sit()
    up()
    await turns(20)
    expect(follows()).toBe(0)
    term = epoch
    seat.begin()
    await untilFollows(1)
    expect(replica.followed.body.epoch).toEqual(epoch)
  })

  test('joins when it has settled what was committed when it began to follow, and that is said', async () => {
    journal.grow(3)
    committedSeq = 3
    sit()
    up()
    await untilFollows(1)
    replica.settle(3, 2)
    await until(() => reported.length === 2, 'its word')
    expect([inSync, seat.isFollowing]).toEqual([false, true])
    replica.settle(3, 3)
    await untilInSync()
    expect(told).toEqual(['node id b', 'join server2 b 3 3'])
    expect([memberships, seat.isInSync, seat.knownNodeId]).toEqual([1, true, idOf('b')])
  })

  test('joins a little behind what was committed meanwhile, and not far behind', async () => {
    journal.grow(3)
    committedSeq = 3
    sit()
    up()
    await untilFollows(1)
    committedSeq = 3 + 257
    replica.settle(3, 3)
    await until(() => reported.length === 2, 'its word')
    expect(inSync).toBe(false)
    committedSeq = 3 + 256
    replica.settle(3, 3)
    await untilInSync()
  })

  test('is still to settle what it was told until it says that it has, and only as long as it is told anything', async () => {
    journal.grow(3)
    sit()
    expect(seat.isStillToSettle(3)).toBe(false)
    up()
    expect(seat.isStillToSettle(0)).toBe(true)
    await untilFollows(1)
    replica.settle(3, 2)
    await until(() => reported.length === 2, 'its word')
    expect([2, 3].map(seq => seat.isStillToSettle(seq))).toEqual([false, true])
    replica.settle(3, 3)
    await until(() => reported.length === 3, 'its word')
    expect([3, 4].map(seq => seat.isStillToSettle(seq))).toEqual([false, true])
    seat.down('is gone')
    expect(seat.isStillToSettle(4)).toBe(false)
  })

  test('joins once', async () => {
    await joined()
    replica.settle(0, 0)
    await until(() => reported.length === 2, 'its word')
    expect(told).toEqual([])
  })

  test('is heard: the ledger learns how far it is, and what became of records', async () => {
    await joined()
    const outcomes = [{ seq: 1, kept: [], replaced: [] }]
    journal.grow(1)
    seat.recordsAppended()
    await until(() => replica.followed.pages().length === 1, 'the record')
    replica.followed.stream.send('SETTLED', { journaledSeq: 1, settledSeq: 1, outcomes })
    await until(() => reported.length === 2, 'its word')
    expect(reported[1]).toEqual([{ journaledSeq: 1, settledSeq: 1 }, outcomes])
    expect(seat.settled).toEqual({ journaledSeq: 1, settledSeq: 1 })
  })

  test('is told what is committed', async () => {
    journal.grow(1)
    replica.journal.entries = [...journal.entries]
    await joined()
    seat.commit(1)
    await until(() => replica.followed.all('COMMITTED').length === 1, 'COMMITTED')
  })

  test('says since when it has not had everything', async () => {
    await joined()
    await time.pass(500)
    committedSeq = 1
    replica.settle(0, 0)
    await until(() => reported.length === 2, 'its word')
    expect(seat.behindForMs).toBe(500)
    committedSeq = 0
    replica.settle(0, 0)
    await until(() => reported.length === 3, 'its word')
    expect(seat.behindForMs).toBe(0)
  })
})

describe('a name', () => {
  test('that another node had before is not given away: it says what would do that', async () => {
    sit({ nodeId: idOf('a') })
    up()
    await turns(20)
    expect(seat.fenced).toBe(
      'is another node than the server2 that was known: --replace server2 takes it in its place',
    )
    expect(follows()).toBe(0)
    expect(log.all('does not follow')).toEqual([{ replica: name, reason: seat.fenced }])
    seat.down('is gone')
    up({ nodeId: idOf('a') })
    await untilInSync()
    expect(seat.fenced).toBeNull()
  })

  test('belongs to the node that had it in the journal with which the coordinator goes on', async () => {
    term = null
    sit({ nodeId: idOf('a') })
    up()
    expect(seat.fenced).toContain('is another node')
    seat.restart(0, idOf('b'))
    expect([seat.fenced, seat.knownNodeId]).toEqual([null, idOf('b')])
    term = epoch
    seat.begin()
    await untilInSync()
  })

  test('is taken away from a node that the journal with which the coordinator goes on does not know', async () => {
    term = null
    sit({ nodeId: idOf('b') })
    up()
    seat.restart(0, idOf('a'))
    expect(seat.fenced).toContain('is another node')
    term = epoch
    seat.begin()
    await turns(20)
    expect(follows()).toBe(0)
  })

  test('is given to another node where that was asked for', async () => {
    sit({ nodeId: idOf('a'), mayReplace: true })
    up()
    await untilInSync()
    expect([seat.fenced, seat.knownNodeId]).toEqual([null, idOf('b')])
  })

  test('belongs to the first node that joins under it', async () => {
    await joined()
    seat.down('is gone')
    up({ nodeId: idOf('c') })
    expect(seat.fenced).toContain('is another node')
  })

  test('is given to nobody who has no id', async () => {
    sit()
    up({ nodeId: null })
    await turns(20)
    expect([follows(), seat.fenced]).toEqual([0, null])
  })

  test.each([
    [5, 3, true],
    [5, 5, false],
    [5, null, false],
  ])(
    'whose node had %d records in its journal, and comes back with %p: rolled back is %p',
    async (had, has, is) => {
      journal.grow(had)
      replica.journal.entries = [...journal.entries]
      await joined()
      expect(seat.rolledBack).toBe(false)
      seat.down('is gone')
      up({ lastSeq: has })
      expect(seat.rolledBack).toBe(is)
    },
  )
})

describe('a node that has less than the coordinator knows from its journal', () => {
  const known = { nodeId: idOf('b'), acknowledgedSeq: 5 }

  test('is rolled back, which is logged, and is told what it lacks', async () => {
    sit(known)
    up({ lastSeq: 4 })
    expect(seat.rolledBack).toBe(true)
    expect(log.all('rolled back')).toEqual([{ replica: name, lastSeq: 4, acknowledgedSeq: 5 }])
    await untilInSync()
  })

  test('is not rolled back when it has as much', () => {
    sit(known)
    up({ lastSeq: 5 })
    expect(seat.rolledBack).toBe(false)
  })

  test('is not rolled back when it is another node, which takes its place', () => {
    sit({ ...known, nodeId: idOf('a'), mayReplace: true })
    up({ lastSeq: 0 })
    expect(seat.rolledBack).toBe(false)
  })

  test('is not rolled back when the journal that said so was given up', () => {
    sit(known)
    seat.restart(4, null)
    up({ lastSeq: 4 })
    expect(seat.rolledBack).toBe(false)
  })

  test('is not rolled back when the records that it had acknowledged were taken back', () => {
    journal.grow(4)
    sit(known)
    seat.startAnew()
    up({ lastSeq: 4 })
    expect(seat.rolledBack).toBe(false)
  })
})

test('what ended the link before is no trouble of the one that is there', async () => {
  await joined()
  await fails('UNREACHABLE', 'the replica stops')
  seat.down('is not connected (the replica stops)')
  inSync = false
  journal.grow(1)
  committedSeq = 1
  up()
  expect([seat.trouble, seat.isInSync]).toEqual([null, false])
})

describe('a node of the set', () => {
  test('whose link ends leaves for that reason, and follows no more', async () => {
    await joined()
    seat.down('could not be reached')
    expect(told).toEqual(['leave server2: could not be reached'])
    expect(seat.isFollowing).toBe(false)
    await until(() => replica.followed.failure !== null, 'CANCEL')
  })

  test('that is lost leaves, says why, and is told anew after a pause', async () => {
    await joined()
    seat.lose('did not answer')
    expect(told).toEqual(['leave server2: did not answer'])
    expect([seat.trouble, memberships, seat.isFollowing]).toEqual(['did not answer', 1, false])
    await time.pass(99)
    expect(follows()).toBe(1)
    await time.pass(1)
    await untilInSync()
    expect([follows(), seat.trouble]).toEqual([2, null])
  })

  test('that is lost again and again is waited for longer each time, until it has stayed for a while', async () => {
    await joined()
    const pauses: number[] = []
    const lose = async () => {
      seat.watch(null)
      const before = time.monotonicMs()
      const count = follows()
      seat.lose('did not answer')
      while (follows() === count) await time.pass(50)
      pauses.push(time.monotonicMs() - before)
      await untilInSync()
    }
    for (let at = 0; at < 3; at++) await lose()
    expect(pauses).toEqual([100, 200, 400])
    await time.pass(5_001)
    seat.watch(null)
    await lose()
    expect(pauses[3]).toBe(100)
  })

  test('that is lost without a link is not told anew by itself', async () => {
    await joined()
    seat.down('is gone')
    const { timerCount } = time
    seat.lose('did not answer')
    expect(time.timerCount).toBe(timerCount)
    await time.pass(60_000)
    expect(follows()).toBe(1)
  })

  test('that is lost, and has a new link before the pause is over, is told anew on that one only', async () => {
    await joined()
    seat.lose('did not answer')
    seat.down('is gone')
    up()
    await untilInSync()
    await time.pass(60_000)
    expect(follows()).toBe(2)
  })

  test('that has nothing to do is never late', async () => {
    await joined()
    for (let at = 0; at < 30; at++) {
      await time.pass(1_000)
      seat.watch(null)
    }
    journal.grow(1)
    seat.watch(null)
    expect(told).toEqual([])
  })

  test('that has been silent for long is lost as soon as it owes something', async () => {
    await joined()
    seat.watch(3_210.4)
    expect(told).toEqual([])
    journal.grow(1)
    seat.watch(3_210.4)
    expect(told).toEqual(['leave server2: has been silent for 3.2 s'])
  })

  test('that has been silent for long is not waited for by a change', async () => {
    await joined()
    seat.loseSilent(3_210.4)
    expect(told).toEqual(['leave server2: has been silent for 3.2 s'])
  })

  test('that makes no progress for ten seconds is lost, and not while it gets on', async () => {
    await joined()
    journal.grow(3)
    seat.recordsAppended()
    await until(() => replica.followed.pages().flat().length === 3, 'the records')
    const pass = async (ms: number) => {
      await time.pass(ms)
      seat.watch(null)
    }
    await pass(9_000)
    replica.settle(1, 0)
    await until(() => reported.length === 2, 'its word')
    await pass(9_000)
    replica.settle(1, 1)
    await until(() => reported.length === 3, 'its word')
    await pass(9_000)
    expect(told).toEqual([])
    replica.settle(1, 1)
    await until(() => reported.length === 4, 'its word')
    await pass(1_001)
    expect(told).toEqual(['leave server2: made no progress for 10 s'])
  })

  test('has its ten seconds from its joining on, however long it took to begin', async () => {
    journal.grow(3)
    replica.journal.entries = [...journal.entries]
    await joined()
    seat.down('is gone')
    replica.answersFollow = false
    up()
    await untilFollows(2)
    await time.pass(20_000)
    replica.settle(3, 0)
    await untilInSync()
    seat.watch(null)
    expect(inSync).toBe(true)
    await time.pass(10_001)
    seat.watch(null)
    expect(inSync).toBe(false)
  })

  test('is told anew at once when records that it had are taken back', async () => {
    await joined()
    seat.startAnew()
    await untilFollows(2)
    await until(() => replica.follows[0]!.failure !== null, 'CANCEL')
  })
})

describe('a node that is catching up', () => {
  test('is neither lost for its silence nor for its slowness', async () => {
    journal.grow(3)
    committedSeq = 3
    sit()
    up()
    await untilFollows(1)
    for (let at = 0; at < 20; at++) {
      await time.pass(1_000)
      seat.watch(9_000)
      seat.loseSilent(9_000)
    }
    expect([told, seat.trouble]).toEqual([[], null])
  })

  test('gets on only when it has got on, however often it is looked after', async () => {
    journal.grow(3)
    committedSeq = 3
    sit()
    up()
    await untilFollows(1)
    await time.pass(1_000)
    replica.settle(1, 0)
    await until(() => reported.length === 2, 'its word')
    const gotOnAtMs = time.monotonicMs()
    for (let at = 0; at < 5; at++) {
      await time.pass(1_000)
      seat.watch(null)
    }
    expect(seat.progressAtMs).toBe(gotOnAtMs)
  })
})

describe('a replica that follows no more', () => {
  test.each<ErrorCode>(['NO_SPACE', 'READ_ONLY', 'UNREACHABLE', 'IO_ERROR'])(
    'with %s leaves, and is told anew after a pause',
    async code => {
      await joined()
      await fails(code)
      const reason = code === 'NO_SPACE' ? 'NO_SPACE: its reason' : 'its reason'
      expect(told).toEqual([`leave server2: ${reason}`])
      expect([memberships, superseded, seat.fenced]).toEqual([1, [], null])
      await time.pass(100)
      await untilInSync()
      expect(follows()).toBe(2)
    },
  )

  test.each<ErrorCode>(['FENCED', 'ROLLED_BACK'])(
    'with %s means that this coordinator is none any more, and is not asked again',
    async code => {
      await joined()
      await fails(code)
      expect(superseded).toMatchObject([{ code, message: expect.stringContaining('its reason') }])
      expect(seat.fenced).toBe('its reason')
      await time.pass(60_000)
      expect(follows()).toBe(1)
    },
  )

  test.each([
    [3, 'if this folder was put back from a copy: start once with --accept-journal server2'],
    [0, ''],
  ])(
    'since it knows another term, and %d changes of it, is named with the command that goes on from there: "%s"',
    async (committed, remedy) => {
      replica.journal.grow(committed)
      replica.committedSeq = committed
      replica.refusal = new ConcurError('FENCED', 'epoch 2 has begun')
      sit()
      up()
      await until(() => superseded.length > 0, 'the end')
      expect(superseded[0]!.message).toContain(remedy)
      expect(superseded[0]!.message.includes('--accept-journal')).toBe(remedy !== '')
      expect(seat.fenced).toBe('epoch 2 has begun')
    },
  )

  test('with CONFLICT has gone another way: it is not asked again on this link, and that is logged', async () => {
    await joined()
    await fails('CONFLICT', 'forked at seq 3')
    expect([superseded, seat.fenced]).toEqual([[], 'forked at seq 3'])
    expect(log.all('does not follow')).toEqual([
      { replica: 'server2', code: 'CONFLICT', reason: 'forked at seq 3' },
    ])
    await time.pass(60_000)
    seat.startAnew()
    await turns(20)
    expect(follows()).toBe(1)
    seat.down('is gone')
    up()
    await untilFollows(2)
    expect(seat.fenced).toBeNull()
  })

  test('because the journal dropped what it was told leaves at the end of the turn, behind the record that is written', async () => {
    await joined()
    journal.grow(1)
    seat.recordsAppended()
    await until(() => replica.followed.pages().length === 1, 'the record')
    journal.entries = []
    journal.grow(1, 'other')
    seat.recordsAppended()
    expect(told).toEqual([])
    await until(() => told.length === 1, 'the leaving')
    expect(told[0]).toContain('dropped record 1')
  })

  test('in the turn in which its link ends left because of that', async () => {
    await joined()
    journal.grow(1)
    seat.recordsAppended()
    await until(() => replica.followed.pages().length === 1, 'the record')
    journal.entries = []
    seat.recordsAppended()
    seat.down('is gone')
    await turns(20)
    expect([told, seat.trouble]).toEqual([['leave server2: is gone'], null])
  })
})

test('a seat that is closed hears nothing and tells nothing any more', async () => {
  await joined()
  seat.lose('did not answer')
  told.length = 0
  seat.close()
  await time.pass(60_000)
  seat.startAnew()
  await turns(20)
  expect([follows(), told]).toEqual([1, []])
})

test('a link that is closed already is not followed on', async () => {
  sit()
  served.close()
  await until(() => served.peer.closed !== null, 'the end of the link')
  up()
  await turns(20)
  expect([follows(), seat.trouble]).toEqual([0, null])
})
