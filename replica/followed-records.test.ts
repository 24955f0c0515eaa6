/** Following, once it has begun: records, commits, what is told of them, and bytes that nobody has. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { streamCreditBytes } from '../protocol/limits.ts'
import { newEntry } from '../protocol/record.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  positionOf,
  tell,
  told,
} from './followed-peer.fixture.ts'
import { at, digest, type Ordered, put, remove, rename, treeOf } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'

let replica: FollowingReplica
let coordinator: Ordering
let answer: Answer

beforeEach(async () => {
  replica = await openFollowing()
  coordinator = new Ordering()
  answer = replica.follow(coordinator)
  await accepted(answer)
})

afterEach(() => replica.remove())

const order = (...ordered: Ordered[]) => coordinator.order(ordered)
const needs = () => answer.all('NEED').map(({ seq }) => seq)

describe('records', () => {
  test('are told as journaled when they are durable, and not before', async () => {
    const { disk } = replica
    const { flushDataSoon } = disk
    let goOn: () => void = () => {}
    disk.flushDataSoon = fd =>
      new Promise<void>(resolve => {
        goOn = resolve
      }).then(() => flushDataSoon.call(disk, fd))
    tell(answer, order(put('a', 'a')))
    await until(() => replica.store.journal.last.seq === 1, 'the record')
    await turns(50)
    expect(positionOf(answer)).toMatchObject({ journaledSeq: 0 })
    disk.flushDataSoon = flushDataSoon
    goOn()
    await told(answer, { journaledSeq: 1 })
  })

  test('are installed when they are committed, and not before', async () => {
    tell(answer, order(put('a', 'a'), put('b', 'b'), put('c', 'c')))
    await told(answer, { journaledSeq: 3 })
    await replica.store.settler.idle()
    expect(treeOf(replica.root)).toEqual({})
    commit(answer, 2)
    await told(answer, { settledSeq: 2 })
    expect(treeOf(replica.root)).toEqual({ a: 'a', b: 'b' })
    expect(positionOf(answer)).toMatchObject({ journaledSeq: 3, settledSeq: 2 })
  })

  test('are committed by what a later one says, too', async () => {
    tell(answer, order(put('a', 'a')))
    tell(answer, coordinator.order([put('b', 'b')], 1))
    await told(answer, { journaledSeq: 2, settledSeq: 1 })
    expect(treeOf(replica.root)).toEqual({ a: 'a' })
  })

  test('may be known as committed before they come', async () => {
    commit(answer, 2)
    tell(answer, order(put('a', 'a'), put('b', 'b'), put('c', 'c')))
    await told(answer, { settledSeq: 2 })
    expect(treeOf(replica.root)).toEqual({ a: 'a', b: 'b' })
  })

  test('with a gap are a fork, and nothing of the frame is taken', async () => {
    const [first, , third] = order(put('a', 'a'), put('b', 'b'), put('c', 'c'))
    tell(answer, [first!, third!])
    expect((await answer.ended()).error).toMatchObject({ code: 'CONFLICT', message: 'forked at seq 2' })
    expect(replica.store.journal.last.seq).toBe(0)
  })

  test('that follow from another past are a fork', async () => {
    tell(answer, order(put('a', 'a')))
    const other = new Ordering()
    other.order([put('a', 'other')])
    tell(answer, other.order([put('b', 'b')]))
    expect((await answer.ended()).error).toMatchObject({ code: 'CONFLICT', message: 'forked at seq 2' })
  })

  test.each([
    ['that are no record', () => Buffer.from('no record')],
    ['with something behind the end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['that are cut', (bytes: Buffer) => bytes.subarray(0, -1)],
  ])('of bytes %s are BAD_FRAME', async (_, spoil) => {
    const [entry] = order(put('a', 'a'))
    void answer.stream.sendFlow('RECORDS', { entries: [{ record: spoil(entry!.bytes), body: null }] })
    expect((await answer.ended()).error?.code).toBe('BAD_FRAME')
    expect(replica.served.peer.closed).toBeNull()
  })

  test('with a path that is none are BAD_FRAME', async () => {
    const [entry] = order(remove('a/b'))
    const { record } = entry!
    const change = { ...record.change, path: '../' } as typeof record.change
    tell(answer, [newEntry({ ...record, change }, null)])
    expect((await answer.ended()).error?.code).toBe('BAD_FRAME')
  })

  test('with a body that is not theirs are BAD_FRAME', async () => {
    const [entry] = order(put('a', 'a'))
    tell(answer, [{ ...entry!, body: Buffer.from('longer') }])
    expect((await answer.ended()).error?.code).toBe('BAD_FRAME')
  })

  test('give their credit back when they are durable', async () => {
    const body = 'x'.repeat(60_000)
    for (let n = 0; n < 40; n++) tell(answer, order(put(`f${n}`, body)))
    expect(body.length * 40).toBeGreaterThan(2 * streamCreditBytes)
    await told(answer, { journaledSeq: 40 })
  })

  test('for which the disk has no room end it with NO_SPACE, behind how far it came', async () => {
    tell(answer, order(put('a', 'a')))
    await told(answer, { journaledSeq: 1 })
    replica.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    tell(answer, order(put('b', 'b')))
    expect((await answer.ended()).error?.code).toBe('NO_SPACE')
    expect(positionOf(answer)).toMatchObject({ journaledSeq: 1 })
    replica.disk.writeSoon = Object.getPrototypeOf(replica.disk).writeSoon
    const again = replica.follow(coordinator, { afterSeq: 1 })
    await accepted(again)
    tell(again, coordinator.entries.slice(1))
    await told(again, { journaledSeq: 2 })
  })
})

describe('SETTLED', () => {
  test('is one frame for all that moved within a turn', async () => {
    const entries = order(...Array.from({ length: 200 }, (_, n) => put(`f${n}`, 'x')))
    const before = answer.all('SETTLED').length
    tell(answer, entries)
    commit(answer, 200)
    await told(answer, { settledSeq: 200 })
    expect(answer.all('SETTLED').length - before).toBeLessThan(60)
    const seqs = answer.all('SETTLED').map(({ settledSeq }) => settledSeq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
  })

  test('tells what was kept back and what was replaced', async () => {
    tell(answer, order(put('a', 'one'), put('a', 'two', { base: 'one' }), put('b', 'b')))
    writeFileSync(join(replica.root, 'b'), 'by hand')
    commit(answer, 3)
    await told(answer, { settledSeq: 3 })
    expect(answer.all('SETTLED').flatMap(({ outcomes }) => outcomes)).toEqual([
      { seq: 2, kept: [], replaced: [{ path: 'a', digest: digest('one'), cause: null }] },
      { seq: 3, kept: [{ path: 'b', reason: expect.stringContaining('') }], replaced: [] },
    ])
  })
})

describe('bytes that are lacking', () => {
  test('are needed when the record has to be settled; other paths go on as far as the order lets them', async () => {
    tell(answer, order(put('a', 'a')), { bare: true })
    await told(answer, { journaledSeq: 1 })
    expect(needs()).toEqual([])
    commit(answer, 1)
    await until(() => needs().length > 0, 'NEED')
    expect(needs()).toEqual([1])
  })

  test('are not needed of a content that a later committed record replaces', async () => {
    tell(answer, order(put('a', 'one')), { bare: true })
    tell(answer, order(put('a', 'two', { base: 'one' })))
    await told(answer, { journaledSeq: 2 })
    commit(answer, 2)
    await told(answer, { settledSeq: 2 })
    expect(needs()).toEqual([])
    expect(treeOf(replica.root)).toEqual({ a: 'two' })
  })

  test('that nobody has leave the disk as it is, with the reason', async () => {
    tell(answer, order(put('a', 'a')), { bare: true })
    commit(answer, 1)
    await until(() => needs().length > 0, 'NEED')
    answer.stream.send('LOST', { seq: 1, reason: 'never got the bytes, which nobody has' })
    await told(answer, { settledSeq: 1 })
    expect(answer.all('SETTLED').flatMap(({ outcomes }) => outcomes)).toEqual([
      { seq: 1, kept: [{ path: 'a', reason: 'never got the bytes, which nobody has' }], replaced: [] },
    ])
    expect(treeOf(replica.root)).toEqual({})
  })

  test('of what nobody needs are not lost', async () => {
    answer.stream.send('LOST', { seq: 7, reason: 'gone' })
    tell(answer, order(put('a', 'a')))
    commit(answer, 1)
    await told(answer, { settledSeq: 1 })
    expect(treeOf(replica.root)).toEqual({ a: 'a' })
  })

  test('are asked for again by the next link, and not while there is none', async () => {
    tell(answer, order(put('a', 'a')), { bare: true })
    commit(answer, 1)
    await until(() => needs().length > 0, 'NEED')
    await replica.relink()
    answer = replica.follow(coordinator, { afterSeq: 1, committedSeq: 1 })
    await accepted(answer)
    expect(answer.messages[0]?.opcode).toBe('SETTLED')
    await until(() => needs().length > 0, 'NEED')
    expect(needs()).toEqual([1])
  })

  test('of a renamed file are needed when the source is not here', async () => {
    tell(answer, order(put('a', 'a')))
    commit(answer, 1)
    await told(answer, { settledSeq: 1 })
    tell(answer, order(remove('a', { base: 'a' }), rename('b', 'c', { base: 'bytes' })))
    commit(answer, 3)
    await until(() => needs().length > 0, 'NEED')
    expect(needs()).toEqual([3])
    expect(replica.store.journaled(at('a'))).toMatchObject({ is: 'absent' })
  })
})

test('a link that is lost leaves what is known to be committed to be settled', async () => {
  tell(answer, order(put('a', 'a'), put('b', 'b')))
  commit(answer, 2)
  await until(() => replica.following.committedSeq === 2, 'the commit')
  await replica.relink()
  await replica.store.settler.settled(2)
  expect(treeOf(replica.root)).toEqual({ a: 'a', b: 'b' })
})

test('a store that is fenced on the way ends it with READ_ONLY', async () => {
  replica.store.fence.set('a flush failed')
  expect((await answer.ended()).error).toMatchObject({
    code: 'READ_ONLY',
    message: 'this node takes no changes: a flush failed',
  })
  replica.store.fence.clear()
})

test('the end of the program ends it with UNREACHABLE', async () => {
  replica.following.close()
  expect((await answer.ended()).error).toMatchObject({ code: 'UNREACHABLE', message: 'the replica stops' })
})
