/** A replica that was away for longer than the journal goes back to, played by a test. */
import { FakeTime } from '../../fixtures/fake-time.ts'
import { FollowedWorld } from '../../fixtures/followed-world.ts'
import { epoch, ScriptedBody, ScriptedJournal } from '../../fixtures/scripted-journal.ts'
import { until } from '../../fixtures/until.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { parsePath } from '../../protocol/path.ts'
import type { StatedRow } from '../../protocol/state-messages.ts'
import { StateSumming } from '../../protocol/state-sum.ts'

const digestOfText = (text: string) => digestOf(Buffer.from(text)).digest

let world: FollowedWorld
const { entries } = new ScriptedJournal().grow(40)

const row = (path: string, seq: number, is: 'absent' | 'folder' = 'absent'): StatedRow => ({
  path: parsePath(path),
  seq,
  state: { is },
})

/** The journal begins behind record 20, and ends with 30; the replica ends with `replicaSeq`. */
async function away(replicaSeq = 10, settledSeq: number | null = null): Promise<void> {
  world = new FollowedWorld({ own: entries.slice(0, 30), replica: entries.slice(0, replicaSeq) })
  world.journal.releasedSeq = 20
  world.replica.settledSeq = settledSeq
  world.committedSeq = 30
  world.stated.stated = [row('a', 5), row('b', 25, 'folder'), row('c', 26)]
  world.stated.position = { seq: 30, hash: entries[29]!.hash, epoch }
  await world.start(new FakeTime())
}

afterEach(() => world.served.close())

const restated = () => world.replica.restates.at(-1)!
const untilRestate = () => until(() => world.replica.restates.length > 0, 'RESTATE')
const pages = () => restated().all('STATED')

/** The replica has these rows. */
function sum(...rows: StatedRow[]): void {
  const summing = new StateSumming()
  for (const { path, seq, state } of rows) summing.add(path, { seq, ...state })
  void restated().stream.sendFlow('SUMMED', summing.finish())
}

/** The replica's journal begins behind the position. */
function take(): void {
  const { journal } = world.replica
  journal.entries = entries.slice(0, 30)
  journal.releasedSeq = 30
  const { hash } = entries[29]!
  restated().stream.send(
    'JOURNAL_IS',
    { epoch, beginSeq: 30, settledSeq: 30, lastSeq: 30, committedSeq: 30, hash },
    true,
  )
}

test('it is told so as well where it has the records, and may need bytes of those that were released', async () => {
  await away(25, 19)
  await untilRestate()
  sum()
  world.replica.settledSeq = 19
  take()
  await world.untilFollowing()
  expect([world.replica.restates.length, world.replica.followed.body.afterSeq]).toEqual([1, 30])
})

test('it is told what differs, then what changed meanwhile and the position, and follows from there', async () => {
  await away()
  world.stated.later = [row('d', 30)]
  await untilRestate()
  expect(restated().body).toEqual({ epoch, committedSeq: 30 })
  sum(row('a', 5), row('b', 7, 'folder'))
  await until(() => restated().isFinished, 'the last rows')
  expect(pages()).toEqual([
    { rows: [row('b', 25, 'folder')], isLater: false, position: null },
    { rows: [row('c', 26)], isLater: false, position: null },
    { rows: [row('d', 30)], isLater: true, position: null },
    { rows: [], isLater: true, position: world.stated.position },
  ])
  expect(world.replica.follows).toEqual([])
  take()
  await world.untilFollowing()
  expect(world.replica.followed.body).toMatchObject({ afterSeq: 30, afterHash: entries[29]!.hash })
  expect(world.stated.ends).toBeGreaterThan(0)
})

test('nobody is told what paths are whose last record is in the journal, or is the one before its first', async () => {
  await away(20)
  await world.untilFollowing()
  expect([world.replica.restates, world.replica.followed.body.afterSeq]).toEqual([[], 20])
})

test('what the replica refuses with ends it, and nobody listens to changes any more', async () => {
  await away()
  await untilRestate()
  restated().stream.fail(new ConcurError('ROLLED_BACK', 'records up to 40 are committed'))
  await world.untilEnded()
  expect(world.ended).toMatchObject([{ code: 'ROLLED_BACK' }])
  expect([world.replica.follows, world.stated.ends > 0]).toEqual([[], true])
})

test('a replica that answers otherwise than it may is let go', async () => {
  await away()
  await untilRestate()
  restated().stream.send('SETTLED', { journaledSeq: 1, settledSeq: 1, outcomes: [] })
  await until(() => world.served.peer.closed !== null, 'the end of the connection')
})

test('a replica whose journal begins elsewhere than was said is asked again later', async () => {
  await away()
  await untilRestate()
  sum()
  await until(() => restated().isFinished, 'the last rows')
  const { hash } = entries[29]!
  restated().stream.send(
    'JOURNAL_IS',
    { epoch, beginSeq: 30, settledSeq: 30, lastSeq: 30, committedSeq: 30, hash },
    true,
  )
  await world.untilEnded()
  expect(world.ended).toMatchObject([{ code: 'CHANGED' }])
})

test('the bytes of a path that was stated are supplied under its number', async () => {
  await away(30)
  await world.untilFollowing()
  const content = 'what the path is'
  const opened: unknown[] = []
  world.open = async ({ record: { seq, change } }) => {
    opened.push([seq, change.type, 'path' in change ? change.path : null])
    return new ScriptedBody(Buffer.from(content))
  }
  const digest = digestOfText(content)
  const need = { number: 3, path: parsePath('a'), seq: 17, size: content.length, digest }
  world.replica.followed.stream.send('NEED_STATED', need)
  await until(() => world.replica.supplies.length > 0, 'SUPPLY')
  expect(world.replica.supplies[0]!.body).toEqual({ seq: 3, size: content.length, digest })
  expect(opened).toEqual([[17, 'put', 'a']])
})

test('it is said under the number that nobody has the bytes of a path', async () => {
  await away(30)
  await world.untilFollowing()
  const need = { number: 3, path: parsePath('a'), seq: 17, size: 1, digest: digestOfText('x') }
  world.replica.followed.stream.send('NEED_STATED', need)
  await until(() => world.replica.followed.all('LOST').length > 0, 'LOST')
  expect(world.replica.followed.all('LOST')).toMatchObject([{ seq: 3 }])
})
