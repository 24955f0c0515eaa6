/** Where a replica is asked to follow from, and what it refuses, against a replica that a test plays. */
import { FakeTime, turns } from '../../fixtures/fake-time.ts'
import { FollowedWorld } from '../../fixtures/followed-world.ts'
import { epoch, ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import { until } from '../../fixtures/until.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import { noHash } from '../../protocol/record.ts'

let world: FollowedWorld

afterEach(() => world.served.close())

const following = async (options: ConstructorParameters<typeof FollowedWorld>[0] = {}) => {
  world = new FollowedWorld(options)
  await world.start(new FakeTime())
  await world.untilFollowing()
  return world
}

const seqsHeard = () => world.replica.followed.pages().map(page => page.map(({ record }) => record.seq))
const untilHeard = (seq: number) =>
  until(() => seqsHeard().flat().includes(seq), `record ${seq} at the replica`)

describe('the beginning', () => {
  test('asks once of a replica that has the same, and names the record that both have', async () => {
    const { entries } = new ScriptedJournal().grow(5)
    const { replica, follower } = await following({ own: entries, replica: entries })
    expect(replica.probes).toEqual([5])
    expect(replica.followed.body).toEqual({
      epoch,
      afterSeq: 5,
      afterHash: entries[4]!.hash,
      committedSeq: 0,
      isFork: false,
      journalKeep: 1_000_000,
      historyMs: null,
    })
    expect(world.following).toEqual([{ journaledSeq: 5, settledSeq: 0, outcomes: [] }])
    expect([follower.sentSeq, follower.journaledSeq, follower.settledSeq]).toEqual([5, 5, 0])
  })

  test('asks twice of a replica that was away, and sends it what it missed', async () => {
    const { entries } = new ScriptedJournal().grow(9)
    const { replica } = await following({ own: entries, replica: entries.slice(0, 4) })
    await untilHeard(9)
    expect(replica.probes).toEqual([9, 4])
    expect(seqsHeard().flat()).toEqual([5, 6, 7, 8, 9])
    expect(
      replica.followed
        .pages()
        .flat()
        .map(entry => entry.hash),
    ).toEqual(entries.slice(4).map(entry => entry.hash))
  })

  test('takes a replica that says before that it is at work', async () => {
    const { entries } = new ScriptedJournal().grow(3)
    world = new FollowedWorld({ own: entries })
    world.replica.saysProgress = true
    await world.start(new FakeTime())
    await world.untilFollowing()
    await untilHeard(3)
    expect(world.ended).toEqual([])
  })

  test('tells an empty replica everything', async () => {
    const { replica } = await following({ own: new ScriptedJournal().grow(3).entries })
    await untilHeard(3)
    expect(replica.followed.body).toMatchObject({ afterSeq: 0, afterHash: noHash })
    expect(seqsHeard().flat()).toEqual([1, 2, 3])
  })

  test('lets a tail be dropped that was never committed', async () => {
    const common = new ScriptedJournal().grow(20).entries
    const own = new ScriptedJournal(common).grow(2, 'ours').entries
    const { replica } = await following({
      own,
      replica: new ScriptedJournal(common).grow(7, 'theirs').entries,
    })
    await untilHeard(22)
    expect(replica.followed.body).toMatchObject({ afterSeq: 20, afterHash: common[19]!.hash })
    expect(seqsHeard().flat()).toEqual([21, 22])
  })

  test('ends with ROLLED_BACK where the replica knows commits that the journal lacks', async () => {
    const { entries } = new ScriptedJournal().grow(8)
    world = new FollowedWorld({ own: entries.slice(0, 5), replica: entries })
    world.replica.committedSeq = 7
    world.committedSeq = 5
    await world.start(new FakeTime())
    await world.untilEnded()
    expect(world.replica.followed.body.afterSeq).toBe(5)
    expect(world.ended).toMatchObject([{ code: 'ROLLED_BACK' }])
    expect(world.following).toEqual([])
  })

  test('says that there is a fork where both know commits, and clients have changed something here', async () => {
    const common = new ScriptedJournal().grow(6).entries
    const own = new ScriptedJournal(common).grow(9, 'ours')
    world = new FollowedWorld({
      own: own.entries,
      replica: new ScriptedJournal(common).grow(9, 'theirs').entries,
    })
    world.replica.committedSeq = 10
    world.committedSeq = 9
    await world.start(new FakeTime())
    await world.untilFollowing()
    expect(world.replica.followed.body).toMatchObject({ afterSeq: 6, isFork: true })
  })

  test('ends with ROLLED_BACK where both know commits, and none of ours is a change of a client', async () => {
    const common = new ScriptedJournal().grow(6).entries
    const own = new ScriptedJournal(common)
    const lockedPath = parsePath('a')
    const holder = 'ann@laptop' as ClientId
    own.append({ change: { type: 'begin', members: [] } })
    // A lock that is said anew, and one whose time was over.
    own.append({
      change: { type: 'lock', lockedPath, holder, ttlMs: 1_000, token: 3, sinceMs: 5, from: 'x' },
    })
    own.append({ change: { type: 'unlock', lockedPath, token: 3, how: 'expired', from: 'x' } })
    world = new FollowedWorld({
      own: own.entries,
      replica: new ScriptedJournal(common).grow(9, 'theirs').entries,
    })
    world.replica.committedSeq = 10
    world.committedSeq = 9
    await world.start(new FakeTime())
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'ROLLED_BACK' }])
    expect(world.replica.follows).toEqual([])
  })

  test('ends with what the replica refuses it with', async () => {
    world = new FollowedWorld()
    world.replica.refusal = new ConcurError('FENCED', 'epoch 9 was promised')
    await world.start(new FakeTime())
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'FENCED', message: 'epoch 9 was promised' }])
  })

  test('ends with IO_ERROR where the own journal cannot be read', async () => {
    const { entries } = new ScriptedJournal().grow(3)
    world = new FollowedWorld({ own: entries, replica: entries })
    world.journal.at = () => {
      throw new ConcurError('IO_ERROR', 'record 3 of the journal cannot be read')
    }
    await world.start(new FakeTime())
    await world.untilEnded()
    expect(world.ended).toMatchObject([{ code: 'IO_ERROR' }])
    expect(world.replica.follows).toEqual([])
  })

  test('sends no record before the replica has said that it follows', async () => {
    world = new FollowedWorld({ own: new ScriptedJournal().grow(3).entries })
    world.replica.answersFollow = false
    await world.start(new FakeTime())
    await until(() => world.replica.follows.length > 0, 'FOLLOW')
    world.journal.append()
    world.follower.recordsAppended()
    await turns(20)
    expect(world.follower.sentSeq).toBe(0)
    world.replica.settle(0, 0)
    await untilHeard(4)
    expect(seqsHeard()).toEqual([[1, 2, 3, 4]])
  })
})

describe('stop in the middle of the beginning', () => {
  const stopped = async () => {
    await turns(20)
    expect([world.replica.follows, world.ended]).toEqual([[], []])
    expect(world.served.peer.connection.streamCount).toBe(0)
  }

  test('calls off the question', async () => {
    world = new FollowedWorld()
    world.replica.answersJournalAt = false
    await world.start(new FakeTime())
    await until(() => world.replica.probes.length > 0, 'JOURNAL_AT')
    world.follower.stop()
    await stopped()
  })

  test('while the answer is worked on follows nobody', async () => {
    const { entries } = new ScriptedJournal().grow(3)
    world = new FollowedWorld({ own: entries, replica: entries })
    const { journal } = world
    const isStopped = new Promise<void>(resolve => {
      const { at } = ScriptedJournal.prototype
      journal.at = seq => {
        world.follower.stop()
        resolve()
        return at.call(journal, seq)
      }
    })
    await world.start(new FakeTime())
    await isStopped
    await stopped()
  })

  test('tells no failure any more', async () => {
    const { entries } = new ScriptedJournal().grow(3)
    world = new FollowedWorld({ own: entries, replica: entries })
    const isStopped = new Promise<void>(resolve => {
      world.journal.at = () => {
        world.follower.stop()
        resolve()
        throw new ConcurError('IO_ERROR', 'record 3 of the journal cannot be read')
      }
    })
    await world.start(new FakeTime())
    await isStopped
    await stopped()
  })
})
