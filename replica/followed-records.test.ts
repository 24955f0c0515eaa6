/** Following, once it has begun: records, commits, what is told of them, and bytes that nobody has. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { turns } from '../fixtures/fake-time.ts'
import { holdFlushes } from '../fixtures/held-flushes.ts'
import { until } from '../fixtures/until.ts'
import { streamCreditBytes } from '../protocol/limits.ts'
import { newEntry } from '../protocol/record.ts'
import { Followed } from './followed.fixture.ts'
import { Ordering } from './followed-peer.fixture.ts'
import { at, digest, put, remove, rename } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'

let followed: Followed

beforeEach(async () => {
  followed = await Followed.open()
})

afterEach(() => followed.close())

describe('records', () => {
  test('are told as journaled when they are durable, and not before', async () => {
    const goOn = holdFlushes(followed.replica.disk)
    followed.tell(put('a', 'a'))
    await until(() => followed.replica.store.journal.last.seq === 1, 'the record')
    await turns(50)
    expect(followed.position).toMatchObject({ journaledSeq: 0 })
    goOn()
    await followed.told({ journaledSeq: 1 })
  })

  test('are installed when they are committed, and not before', async () => {
    followed.tell(put('a', 'a'), put('b', 'b'), put('c', 'c'))
    await followed.told({ journaledSeq: 3 })
    await followed.replica.store.settler.idle()
    expect(followed.tree).toEqual({})
    followed.commit(2)
    await followed.told({ settledSeq: 2 })
    expect(followed.tree).toEqual({ a: 'a', b: 'b' })
    expect(followed.position).toMatchObject({ journaledSeq: 3, settledSeq: 2 })
  })

  test('are committed by what a later one says, too', async () => {
    followed.tell(put('a', 'a'))
    followed.tellEntries(followed.coordinator.order([put('b', 'b')], 1))
    await followed.told({ journaledSeq: 2, settledSeq: 1 })
    expect(followed.tree).toEqual({ a: 'a' })
  })

  test('may be known as committed before they come', async () => {
    followed.commit(2)
    followed.tell(put('a', 'a'), put('b', 'b'), put('c', 'c'))
    await followed.told({ settledSeq: 2 })
    expect(followed.tree).toEqual({ a: 'a', b: 'b' })
  })

  test('with a gap are a fork, and nothing of the frame is taken', async () => {
    const [first, , third] = followed.order(put('a', 'a'), put('b', 'b'), put('c', 'c'))
    followed.tellEntries([first!, third!])
    expect((await followed.answer.ended()).error).toMatchObject({
      code: 'CONFLICT',
      message: 'forked at seq 2',
    })
    expect(followed.replica.store.journal.last.seq).toBe(0)
  })

  test('that follow from another past are a fork', async () => {
    followed.tell(put('a', 'a'))
    const other = new Ordering()
    other.order([put('a', 'other')])
    followed.tellEntries(other.order([put('b', 'b')]))
    expect((await followed.answer.ended()).error).toMatchObject({
      code: 'CONFLICT',
      message: 'forked at seq 2',
    })
  })

  test.each([
    ['that are no record', () => Buffer.from('no record')],
    ['with something behind the end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['that are cut', (bytes: Buffer) => bytes.subarray(0, -1)],
  ])('of bytes %s are BAD_FRAME', async (_, spoil) => {
    const [entry] = followed.order(put('a', 'a'))
    void followed.answer.stream.sendFlow('RECORDS', {
      entries: [{ record: spoil(entry!.bytes), body: null }],
    })
    expect((await followed.answer.ended()).error?.code).toBe('BAD_FRAME')
    expect(followed.replica.served.peer.closed).toBeNull()
  })

  test('with a path that is none are BAD_FRAME', async () => {
    const [entry] = followed.order(remove('a/b'))
    const { record } = entry!
    const change = { ...record.change, path: '../' } as typeof record.change
    followed.tellEntries([newEntry({ ...record, change }, null)])
    expect((await followed.answer.ended()).error?.code).toBe('BAD_FRAME')
  })

  test('with a body that is not theirs are BAD_FRAME', async () => {
    const [entry] = followed.order(put('a', 'a'))
    followed.tellEntries([{ ...entry!, body: Buffer.from('longer') }])
    expect((await followed.answer.ended()).error?.code).toBe('BAD_FRAME')
  })

  test('give their credit back when they are durable', async () => {
    const body = 'x'.repeat(60_000)
    for (let n = 0; n < 40; n++) followed.tell(put(`f${n}`, body))
    expect(body.length * 40).toBeGreaterThan(2 * streamCreditBytes)
    await followed.told({ journaledSeq: 40 })
  })

  test('for which the disk has no room end it with NO_SPACE, behind how far it came', async () => {
    followed.tell(put('a', 'a'))
    await followed.told({ journaledSeq: 1 })
    followed.replica.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    followed.tell(put('b', 'b'))
    expect((await followed.answer.ended()).error?.code).toBe('NO_SPACE')
    expect(followed.position).toMatchObject({ journaledSeq: 1 })
    followed.replica.disk.writeSoon = Object.getPrototypeOf(followed.replica.disk).writeSoon
    await followed.followAgain({ afterSeq: 1 })
    followed.tellEntries(followed.coordinator.entries.slice(1))
    await followed.told({ journaledSeq: 2 })
  })
})

describe('SETTLED', () => {
  test('is one frame for all that moved within a turn', async () => {
    const entries = followed.order(...Array.from({ length: 200 }, (_, n) => put(`f${n}`, 'x')))
    const before = followed.answer.all('SETTLED').length
    followed.tellEntries(entries)
    followed.commit(200)
    await followed.told({ settledSeq: 200 })
    expect(followed.answer.all('SETTLED').length - before).toBeLessThan(60)
    const seqs = followed.answer.all('SETTLED').map(({ settledSeq }) => settledSeq)
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
  })

  test('tells what was kept back and what was replaced', async () => {
    followed.tell(put('a', 'one'), put('a', 'two', { base: 'one' }), put('b', 'b'))
    writeFileSync(join(followed.replica.root, 'b'), 'by hand')
    followed.commit(3)
    await followed.told({ settledSeq: 3 })
    expect(followed.outcomes).toEqual([
      { seq: 2, kept: [], replaced: [{ path: 'a', digest: digest('one'), cause: null }] },
      { seq: 3, kept: [{ path: 'b', reason: expect.stringContaining('') }], replaced: [] },
    ])
  })
})

describe('bytes that are lacking', () => {
  test('are needed when the record has to be settled; other paths go on as far as the order lets them', async () => {
    followed.tellBare(put('a', 'a'))
    await followed.told({ journaledSeq: 1 })
    expect(followed.needs).toEqual([])
    followed.commit(1)
    await followed.untilNeeded()
    expect(followed.needs).toEqual([1])
  })

  test('are not needed of a content that a later committed record replaces', async () => {
    followed.tellBare(put('a', 'one'))
    followed.tell(put('a', 'two', { base: 'one' }))
    await followed.told({ journaledSeq: 2 })
    followed.commit(2)
    await followed.told({ settledSeq: 2 })
    expect(followed.needs).toEqual([])
    expect(followed.tree).toEqual({ a: 'two' })
  })

  test('that nobody has leave the disk as it is, with the reason', async () => {
    followed.tellBare(put('a', 'a'))
    followed.commit(1)
    await followed.untilNeeded()
    followed.answer.stream.send('LOST', { seq: 1, reason: 'never got the bytes, which nobody has' })
    await followed.told({ settledSeq: 1 })
    expect(followed.outcomes).toEqual([
      { seq: 1, kept: [{ path: 'a', reason: 'never got the bytes, which nobody has' }], replaced: [] },
    ])
    expect(followed.tree).toEqual({})
  })

  test('of what nobody needs are not lost', async () => {
    followed.answer.stream.send('LOST', { seq: 7, reason: 'gone' })
    followed.tell(put('a', 'a'))
    followed.commit(1)
    await followed.told({ settledSeq: 1 })
    expect(followed.tree).toEqual({ a: 'a' })
  })

  test('are asked for again by the next link, and not while there is none', async () => {
    followed.tellBare(put('a', 'a'))
    followed.commit(1)
    await followed.untilNeeded()
    await followed.replica.relink()
    await followed.followAgain({ afterSeq: 1, committedSeq: 1 })
    expect(followed.answer.messages[0]?.opcode).toBe('SETTLED')
    await followed.untilNeeded()
    expect(followed.needs).toEqual([1])
  })

  test('of a renamed file are needed when the source is not here', async () => {
    followed.tell(put('a', 'a'))
    followed.commit(1)
    await followed.told({ settledSeq: 1 })
    followed.tell(remove('a', { base: 'a' }), rename('b', 'c', { base: 'bytes' }))
    followed.commit(3)
    await followed.untilNeeded()
    expect(followed.needs).toEqual([3])
    expect(followed.replica.store.journaled(at('a'))).toMatchObject({ is: 'absent' })
  })
})

test('a link that is lost leaves what is known to be committed to be settled', async () => {
  followed.tell(put('a', 'a'), put('b', 'b'))
  followed.commit(2)
  await until(() => followed.replica.following.committedSeq === 2, 'the commit')
  await followed.replica.relink()
  await followed.replica.store.settler.settled(2)
  expect(followed.tree).toEqual({ a: 'a', b: 'b' })
})

test('a store that is fenced on the way ends it with READ_ONLY', async () => {
  followed.replica.store.fence.set('a flush failed')
  expect((await followed.answer.ended()).error).toMatchObject({
    code: 'READ_ONLY',
    message: 'this node takes no changes: a flush failed',
  })
  followed.replica.store.fence.clear()
})

test('the end of the program ends it with UNREACHABLE', async () => {
  followed.replica.following.close()
  expect((await followed.answer.ended()).error).toMatchObject({
    code: 'UNREACHABLE',
    message: 'the replica stops',
  })
})
