/** A replica that is told what paths are by a coordinator that a test plays. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '../fixtures/raw-peer.ts'
import type { Served } from '../fixtures/served.ts'
import { until } from '../fixtures/until.ts'
import type { Incarnation, RecordHash } from '../protocol/ids.ts'
import { parsePath } from '../protocol/path.ts'
import type { StatedRow } from '../protocol/state-messages.ts'
import { FollowingReplica, last, send, untilSettled } from './following.fixture.ts'
import { digest, epoch, historyOf, journalOnly, put, settle, treeOf } from './store/changes.fixture.ts'

let replica: FollowingReplica
let link: Served
let answer: Answer

const hash = 'f'.repeat(64) as RecordHash
const position = { seq: 900, hash, epoch }

const absent = (path: string, seq: number): StatedRow => ({
  path: parsePath(path),
  seq,
  state: { is: 'absent' },
})
const file = (path: string, seq: number, content: string): StatedRow => ({
  path: parsePath(path),
  seq,
  state: {
    is: 'file',
    digest: digest(content),
    size: content.length,
    executable: true,
    timeMs: 1_700_000_000_000,
  },
})

beforeEach(async () => {
  replica = await FollowingReplica.open()
  await settle(replica.temporary.store, put('a', 'one'), put('b', 'two'))
  link = await replica.link()
})

afterEach(() => replica.close())

function ask(options: { number?: number; committedSeq?: number } = {}): Answer {
  const { number = epoch.number, committedSeq = 900 } = options
  return link.peer.ask('RESTATE', { epoch: { ...epoch, number }, committedSeq }, { more: true })
}

function state(rows: readonly StatedRow[], isLater = false): void {
  void answer.stream.sendFlow('STATED', { rows, isLater, position: null })
}

function end(): void {
  void answer.stream.sendFlow('STATED', { rows: [], isLater: true, position }, true)
}

async function told(...rows: StatedRow[]): Promise<void> {
  answer = ask()
  await answer.until(() => answer.all('SUMMED').length > 0, 'the sums')
  state(rows)
  end()
  await answer.ended()
}

const follow = () => replica.follow(link, { committedSeq: 900 })

test('says what its index holds, and where its journal begins when all is on the disk', async () => {
  await told(absent('a', 850))
  expect(answer.only('SUMMED')).toMatchObject({ files: 2, open: [] })
  expect(answer.only('JOURNAL_IS')).toEqual({
    ...{ epoch, beginSeq: 900, settledSeq: expect.any(Number), lastSeq: 900, committedSeq: 900, hash },
  })
  expect(replica.temporary.store.journal.begin).toEqual({ ...position, committedSeq: 900 })
})

test('settles what was stated before any record, and asks for bytes by number, path and record', async () => {
  await told(absent('a', 850), file('c', 860, 'three'))
  const followed = follow()
  await followed.until(() => followed.all('NEED_STATED').length > 0, 'NEED_STATED')
  expect(followed.all('NEED_STATED')).toEqual([
    { number: 2, path: 'c', seq: 860, size: 5, digest: digest('three') },
  ])
  expect(last(followed)).toMatchObject({ journaledSeq: 900, settledSeq: 2 })
  followed.stream.send('LOST', { seq: 2, reason: 'nobody has them' })
  await untilSettled(followed, 900)
  expect(treeOf(replica.temporary.root)).toEqual({ b: 'two' })
  expect(Object.values(historyOf(replica.temporary.root))).toEqual(['one'])
  const kept = followed.all('SETTLED').flatMap(({ outcomes }) => outcomes.flatMap(outcome => outcome.kept))
  expect(kept).toEqual([{ path: 'c', reason: 'nobody has them' }])
})

test('a later record finds known what lay at a path whose bytes nobody had', async () => {
  await told(file('a', 860, 'never here'))
  const followed = follow()
  await followed.until(() => followed.all('NEED_STATED').length > 0, 'NEED_STATED')
  followed.stream.send('LOST', { seq: 1, reason: 'nobody has them' })
  await untilSettled(followed, 900)
  send(followed, replica.entries(put('a', 'new', { base: 'never here' })))
  followed.stream.send('COMMITTED', { seq: 901 })
  await untilSettled(followed, 901)
  expect(treeOf(replica.temporary.root)).toEqual({ a: 'new', b: 'two' })
})

test('rows that come later take the place of earlier ones', async () => {
  answer = ask()
  await answer.until(() => answer.all('SUMMED').length > 0, 'the sums')
  state([absent('a', 850), absent('b', 851)])
  state([{ path: parsePath('b'), seq: 890, state: { is: 'file', ...fileOf('two') } }], true)
  end()
  await answer.ended()
  await untilSettled(follow(), 900)
  expect(treeOf(replica.temporary.root)).toEqual({ b: 'two' })
  expect(replica.temporary.store.journaled(parsePath('b'))).toMatchObject({ seq: 890, is: 'file' })
})

const fileOf = (content: string) => ({
  ...{ digest: digest(content), size: content.length, executable: null, timeMs: 0 },
})

test('what is broken off leaves everything as it was, and records are settled again', async () => {
  const { store, root } = replica.temporary
  answer = ask()
  await answer.until(() => answer.all('SUMMED').length > 0, 'the sums')
  state([absent('a', 850)])
  answer.stream.cancel()
  const followed = replica.follow(link, { committedSeq: 2 })
  await untilSettled(followed, 2)
  send(followed, replica.entries(put('c', 'three')))
  followed.stream.send('COMMITTED', { seq: 3 })
  await untilSettled(followed, 3)
  expect([treeOf(root), store.journal.begin.seq]).toEqual([{ a: 'one', b: 'two', c: 'three' }, 0])
})

test('a last frame without a position is refused, and nothing was stated', async () => {
  answer = ask()
  await answer.until(() => answer.all('SUMMED').length > 0, 'the sums')
  void answer.stream.sendFlow('STATED', { rows: [], isLater: false, position: null }, true)
  await answer.until(() => answer.error !== null, 'the refusal')
  expect([answer.error?.code, replica.temporary.store.journal.begin.seq]).toEqual(['BAD_FRAME', 0])
})

test('a position that is not behind what it has settled is refused, and everything is as it was', async () => {
  answer = ask()
  await answer.until(() => answer.all('SUMMED').length > 0, 'the sums')
  state([absent('a', 1)])
  void answer.stream.sendFlow('STATED', { rows: [], isLater: true, position: { ...position, seq: 2 } }, true)
  await answer.until(() => answer.error !== null, 'the refusal')
  expect(answer.error?.code).toBe('CHANGED')
  const followed = replica.follow(link, { committedSeq: 2 })
  await untilSettled(followed, 2)
  expect(treeOf(replica.temporary.root)).toEqual({ a: 'one', b: 'two' })
})

test('what was stated is stated anew where it is not settled yet, and contents of both are known', async () => {
  const { root } = replica.temporary
  await told(file('a', 860, 'never here'), absent('b', 870))
  const first = follow()
  await first.until(() => first.all('NEED_STATED').length > 0, 'NEED_STATED')
  answer = ask({ committedSeq: 950 })
  await answer.until(() => answer.all('SUMMED').length > 0, 'the sums')
  state([absent('a', 940)])
  void answer.stream.sendFlow(
    'STATED',
    { rows: [], isLater: true, position: { ...position, seq: 950 } },
    true,
  )
  await answer.ended()
  await untilSettled(replica.follow(link, { committedSeq: 950 }), 950)
  expect(treeOf(root)).toEqual({})
  expect(Object.values(historyOf(root)).sort()).toEqual(['one', 'two'])
})

test('what was edited is kept, and records that it had not settled are known', async () => {
  const { store, root } = replica.temporary
  writeFileSync(join(root, 'b'), 'by hand')
  await journalOnly(store, put('a', 'unsettled', { base: 'one' }))
  writeFileSync(join(root, 'a'), 'unsettled')
  await told(absent('a', 850), absent('b', 851))
  await untilSettled(follow(), 900)
  expect(treeOf(root)).toEqual({ b: 'by hand' })
})

test.each([
  ['an epoch that is over', { number: 0 }, 'FENCED'],
  ['less than it knows to be committed', { committedSeq: 1 }, 'ROLLED_BACK'],
])('a coordinator of %s is refused', async (_, options, code) => {
  replica.temporary.store.setPromised({ number: 1, incarnation: 'a'.repeat(32) as Incarnation })
  answer = ask(options)
  await answer.until(() => answer.error !== null, 'the refusal')
  expect([answer.error?.code, answer.all('SUMMED')]).toEqual([code, []])
})

test('old segments go as the coordinator said, when what is in them is flushed', async () => {
  await replica.close()
  replica = await FollowingReplica.open({ segmentBytes: 16 * 1024 })
  const { store } = replica.temporary
  const followed = replica.follow(await replica.link(), { journalKeep: 5 })
  const entries = replica.entries(...Array.from({ length: 40 }, (_, n) => put(`f${n}`, 'x'.repeat(2000))))
  send(followed, entries)
  followed.stream.send('COMMITTED', { seq: 40 })
  await untilSettled(followed, 40)
  expect(store.journal.begin.seq).toBe(0)
  await store.flush()
  await until(() => store.journal.begin.seq > 0, 'the release')
  expect(store.journal.begin.seq).toBeLessThanOrEqual(35)
  expect(store.journal.at(40)?.hash).toBe(entries.at(-1)!.hash)
})
