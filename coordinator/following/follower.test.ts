/** A replica's stream of records, against a replica that a test plays. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { FollowedWorld } from '../../fixtures/followed-world.ts'
import { putOf, ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { streamCreditBytes } from '../../protocol/limits.ts'

let world: FollowedWorld

afterEach(() => world.served.close())

const begin = async (options: ConstructorParameters<typeof FollowedWorld>[0] = {}) => {
  world = new FollowedWorld(options)
  await world.start(new FakeTime())
  return world
}

const following = async (options: ConstructorParameters<typeof FollowedWorld>[0] = {}) => {
  await begin(options)
  await world.untilFollowing()
  return world
}

const seqsHeard = () => world.replica.followed.pages().map(page => page.map(({ record }) => record.seq))
const untilHeard = (seq: number) =>
  until(() => seqsHeard().flat().includes(seq), `record ${seq} at the replica`)

describe('records', () => {
  test('leave at once, each with its bytes beside it', async () => {
    const { journal, follower, replica } = await following()
    const body = Buffer.from('hello')
    journal.append({ change: putOf('a', body), body })
    follower.recordsAppended()
    expect(follower.sentSeq).toBe(1)
    await untilHeard(1)
    expect(replica.followed.pages()[0]![0]!.body?.toString()).toBe('hello')
  })

  test('that are empty files have no bytes beside them', async () => {
    const { journal, follower, replica } = await following()
    journal.append({ change: putOf('a', Buffer.alloc(0)), body: Buffer.alloc(0) })
    follower.recordsAppended()
    await untilHeard(1)
    expect(replica.followed.all('RECORDS')[0]!.entries[0]!.body).toBeNull()
  })

  test('that are appended together leave in one frame', async () => {
    const { journal, follower } = await following()
    journal.grow(3)
    follower.recordsAppended()
    await untilHeard(3)
    expect(seqsHeard()).toEqual([[1, 2, 3]])
  })

  test('that are appended one after the other all arrive, in order and once', async () => {
    const { journal, follower } = await following()
    for (let seq = 1; seq <= 50; seq++) {
      journal.append()
      follower.recordsAppended()
    }
    await untilHeard(50)
    expect(seqsHeard().flat()).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
  })

  test('are read no faster than the replica takes them', async () => {
    const own = new ScriptedJournal()
    const body = Buffer.alloc(60_000, 'x')
    for (let i = 0; i < 100; i++) own.append({ change: putOf(`file ${i}`, body), body })
    world = new FollowedWorld({ own: own.entries })
    world.replica.givesCredit = false
    await world.start(new FakeTime())
    await world.untilFollowing()
    await turns(100)
    const heard = seqsHeard().flat().length
    expect(heard * body.length).toBeGreaterThan(streamCreditBytes / 2)
    expect(heard * body.length).toBeLessThanOrEqual(streamCreditBytes)
    expect(world.journal.recordsRead).toBeLessThanOrEqual(heard + 4 * 2)
    world.replica.givesCredit = true
    world.replica.followed.stream.consumed(heard * body.length)
    await untilHeard(100)
    expect(seqsHeard().flat()).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
  })

  test('that the journal drops after they were sent end the stream', async () => {
    const { journal, follower, replica } = await following()
    journal.grow(2)
    follower.recordsAppended()
    await untilHeard(2)
    journal.entries.length = 1
    journal.append({ change: putOf('another', Buffer.alloc(0)) })
    follower.recordsAppended()
    expect(world.ended).toMatchObject([{ code: 'CHANGED' }])
    await until(() => replica.followed.failure !== null, 'CANCEL')
  })
})

describe('commits', () => {
  const commitsHeard = () => world.replica.followed.all('COMMITTED').map(({ seq }) => seq)

  test('of one turn are told once, the highest', async () => {
    const { journal, follower } = await following()
    journal.grow(3)
    follower.recordsAppended()
    for (const seq of [1, 3, 2]) follower.commit(seq)
    await until(() => commitsHeard().length > 0, 'COMMITTED')
    await turns(10)
    expect(commitsHeard()).toEqual([3])
  })

  test('that a record carries are not told beside it', async () => {
    const { journal, follower } = await following()
    journal.append()
    follower.recordsAppended()
    await untilHeard(1)
    follower.commit(1)
    journal.append({ committedSeq: 1 })
    follower.recordsAppended()
    await untilHeard(2)
    await turns(10)
    expect(commitsHeard()).toEqual([])
  })

  test('that FOLLOW or an earlier COMMITTED told are not told again', async () => {
    const { entries } = new ScriptedJournal().grow(4)
    world = new FollowedWorld({ own: entries, replica: entries })
    world.committedSeq = 3
    await world.start(new FakeTime())
    await world.untilFollowing()
    expect(world.replica.followed.body.committedSeq).toBe(3)
    for (const seq of [3, 4, 4]) {
      world.follower.commit(seq)
      await turns(10)
    }
    expect(commitsHeard()).toEqual([4])
  })

  test('that come before FOLLOW is sent are told by it or behind it', async () => {
    const { entries } = new ScriptedJournal().grow(4)
    await begin({ own: entries, replica: entries })
    world.follower.commit(4)
    await world.untilFollowing()
    await until(() => commitsHeard().length > 0, 'COMMITTED')
    expect(commitsHeard()).toEqual([4])
  })
})

describe('what the replica says', () => {
  test('moves its position', async () => {
    const { journal, follower, replica } = await following()
    journal.grow(3)
    follower.recordsAppended()
    await untilHeard(3)
    replica.settle(3, 0)
    replica.settle(3, 2)
    await until(() => world.told.length === 2, 'two SETTLED')
    expect(world.told).toMatchObject([{ settledSeq: 0 }, { settledSeq: 2 }])
    expect(world.following).toHaveLength(1)
    expect([follower.journaledSeq, follower.settledSeq]).toEqual([3, 2])
  })

  test.each(['journaledSeq', 'settledSeq'])(
    'of records that it was not sent ends its link: %s',
    async field => {
      const { replica } = await following()
      const position = { journaledSeq: 0, settledSeq: 0, outcomes: [], [field]: 1 }
      replica.followed.stream.send('SETTLED', position)
      await world.untilEnded()
      expect(world.ended).toMatchObject([{ code: 'BAD_FRAME' }])
      expect(world.served.peer.connection.isOpen).toBe(false)
      expect(world.told).toEqual([])
    },
  )

  test('to refuse more, ends the stream once and last', async () => {
    const { replica, journal, follower } = await following()
    replica.followed.stream.fail(new ConcurError('NO_SPACE', 'the disk is full'))
    await world.untilEnded()
    journal.append()
    follower.recordsAppended()
    follower.commit(1)
    follower.stop()
    await turns(10)
    expect(world.ended).toMatchObject([{ code: 'NO_SPACE' }])
    expect(replica.followed.messages).toEqual([])
  })
})

describe('the end', () => {
  test('by the loss of the link is UNREACHABLE', async () => {
    await following()
    world.served.acceptor.close('UNREACHABLE', 'the server stops')
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'UNREACHABLE' }])
  })

  test('by the loss of the link in the middle of the beginning is UNREACHABLE', async () => {
    world = new FollowedWorld()
    world.replica.onRequest = () => world.served.acceptor.close('UNREACHABLE', 'the server stops')
    await world.start(new FakeTime())
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'UNREACHABLE' }])
  })

  test('by stop calls the stream off and tells nothing', async () => {
    const { follower, replica } = await following()
    follower.stop()
    await until(() => replica.followed.failure !== null, 'CANCEL')
    expect(world.ended).toEqual([])
    expect(world.served.peer.connection.streamCount).toBe(0)
  })

  test('of a link that is gone already is told at the start', async () => {
    await following()
    world.follower.stop()
    world.served.peer.close()
    world.newFollower().start()
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'UNREACHABLE' }])
  })
})
