/** When a replica follows, and what it does with what it is told. */
import { readFileSync, writeFileSync } from 'node:fs'
import { jest } from '@jest/globals'
import { until } from '../fixtures/until.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { Incarnation, RecordHash } from '../protocol/ids.ts'
import { noHash } from '../protocol/record.ts'
import { FollowingReplica, last, refused, send, untilJournaled, untilSettled } from './following.fixture.ts'
import { epoch, journalOnly, mkdir, put, settle, treeOf } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'

let replica: FollowingReplica

beforeEach(async () => {
  replica = await FollowingReplica.open()
})

afterEach(() => replica.close())

describe('FOLLOW', () => {
  test('is answered with the position', async () => {
    await settle(replica.temporary.store, put('a', 'one'))
    const answer = replica.follow(await replica.link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(answer.all('SETTLED')).toEqual([{ journaledSeq: 1, settledSeq: 1, outcomes: [] }])
  })

  test('records become durable, and are installed when they are committed', async () => {
    const answer = replica.follow(await replica.link())
    send(answer, replica.entries(put('a', 'one'), mkdir('f')))
    await untilJournaled(answer, 2)
    expect(treeOf(replica.temporary.root)).toEqual({})
    answer.stream.send('COMMITTED', { seq: 1 })
    await untilSettled(answer, 1)
    expect(treeOf(replica.temporary.root)).toEqual({ a: 'one' })
    answer.stream.send('COMMITTED', { seq: 2 })
    await untilSettled(answer, 2)
  })

  test('records of one turn are told in one frame', async () => {
    const answer = replica.follow(await replica.link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    for (const entry of replica.entries(mkdir('a'), mkdir('b'), mkdir('c'))) send(answer, [entry])
    await untilJournaled(answer, 3)
    expect(answer.all('SETTLED').length).toBeLessThan(4)
  })

  test('COMMITTED that overtakes its records counts when they are there', async () => {
    const answer = replica.follow(await replica.link(), { committedSeq: 1 })
    send(answer, replica.entries(put('a', 'one')))
    await untilSettled(answer, 1)
  })

  test('a record is not installed before the one that abandons it can be there', async () => {
    const answer = replica.follow(await replica.link(), { committedSeq: 2 })
    const abandoned = { change: { type: 'abandoned', abandonedSeq: 1, reason: 'x' }, body: null } as const
    const [first, second] = replica.entries(put('a', 'one'), abandoned)
    send(answer, [first!])
    await untilJournaled(answer, 1)
    expect(last(answer)!.settledSeq).toBe(0)
    send(answer, [second!])
    await untilSettled(answer, 2)
    expect(treeOf(replica.temporary.root)).toEqual({})
  })

  test('of a lower epoch, or of another coordinator of the same number, is FENCED', async () => {
    const { store } = replica.temporary
    replica.follow(await replica.link(), { epoch: { ...epoch, number: 5 } })
    await until(() => store.promised?.number === 5, 'the promise')
    expect(
      await refused(replica.follow(await replica.link(), { epoch: { ...epoch, number: 4 } })),
    ).toMatchObject({
      code: 'FENCED',
    })
    const other = { number: 5, incarnation: 'b'.repeat(32) as Incarnation }
    expect(await refused(replica.follow(await replica.link(), { epoch: other }))).toMatchObject({
      code: 'FENCED',
    })
  })

  test('is promised for longer than the process lives', async () => {
    const { store, root } = replica.temporary
    replica.follow(await replica.link(), { epoch: { ...epoch, number: 5 } })
    await until(() => store.promised?.number === 5, 'the promise')
    const text = readFileSync(`${root}/.concur/node.json`, 'utf8')
    expect(JSON.parse(text).promised).toEqual({ ...epoch, number: 5 })
  })

  test('from a record that is another one here is CONFLICT, or that is not here', async () => {
    await journalOnly(replica.temporary.store, mkdir('a'))
    const other = 'f'.repeat(64) as RecordHash
    const forked = { code: 'CONFLICT', message: 'forked at seq 1' }
    expect(
      await refused(replica.follow(await replica.link(), { afterSeq: 1, afterHash: other })),
    ).toMatchObject(forked)
    expect(
      await refused(replica.follow(await replica.link(), { afterSeq: 7, afterHash: other })),
    ).toMatchObject({
      code: 'CONFLICT',
    })
  })

  test('from before what is committed is ROLLED_BACK', async () => {
    await settle(replica.temporary.store, mkdir('a'))
    const answer = replica.follow(await replica.link(), { afterSeq: 0, afterHash: noHash })
    expect(await refused(answer)).toMatchObject({ code: 'ROLLED_BACK' })
  })

  test('from before what is committed, where the coordinator has other records there: they are filed as a fork', async () => {
    const { store, root } = replica.temporary
    await settle(store, put('a', 'one'))
    await settle(store, put('a', 'two', { base: 'one' }), put('b', 'fork'))
    await journalOnly(store, put('c', 'never committed'))
    const { hash } = store.journal.at(1)!
    const answer = replica.follow(await replica.link(), { afterSeq: 1, afterHash: hash, isFork: true })
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(last(answer)).toEqual({ journaledSeq: 1, settledSeq: 1, outcomes: [] })
    expect(treeOf(root)).toEqual({ a: 'one' })
    expect(replica.forks).toMatchObject([{ commonSeq: 1, lastSeq: 3 }])
    send(answer, replica.entries(put('a', 'theirs', { base: 'one' })))
    answer.stream.send('COMMITTED', { seq: 2 })
    await untilSettled(answer, 2)
    expect(treeOf(root)).toEqual({ a: 'theirs' })
  })

  test('what was never committed is dropped, and other records come in its place', async () => {
    const { store } = replica.temporary
    await journalOnly(store, mkdir('a'), mkdir('b'))
    const answer = replica.follow(await replica.link(), { afterSeq: 0, afterHash: noHash })
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(last(answer)).toEqual({ journaledSeq: 0, settledSeq: 0, outcomes: [] })
    send(answer, replica.entries(mkdir('c')))
    answer.stream.send('COMMITTED', { seq: 1 })
    await untilSettled(answer, 1)
    expect(treeOf(replica.temporary.root)).toEqual({ c: null })
  })

  test('what is committed only by the word of one link does not count for the records of another', async () => {
    const first = await replica.link()
    const answer = replica.follow(first, { committedSeq: 9 })
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    first.close()
    const second = replica.follow(await replica.link(), { epoch: { ...epoch, number: 2 } })
    send(second, replica.entries(mkdir('a')))
    await untilJournaled(second, 1)
    expect(last(second)!.settledSeq).toBe(0)
  })

  test('that is taken ends the one before with FENCED', async () => {
    const answer = replica.follow(await replica.link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    replica.follow(await replica.link())
    expect(await refused(answer)).toMatchObject({ code: 'FENCED' })
  })

  test('a gap is CONFLICT, and bytes that are no record are BAD_FRAME', async () => {
    const [, second] = replica.entries(mkdir('a'), mkdir('b'))
    const gap = replica.follow(await replica.link())
    send(gap, [second!])
    expect(await refused(gap)).toMatchObject({ code: 'CONFLICT', message: 'forked at seq 1' })
    const broken = replica.follow(await replica.link())
    broken.stream.sendFlow('RECORDS', { entries: [{ record: Buffer.from('no record'), body: null }] })
    expect(await refused(broken)).toMatchObject({ code: 'BAD_FRAME' })
    expect(replica.temporary.store.journal.last.seq).toBe(0)
  })

  test('a put beside which other bytes ride is BAD_FRAME', async () => {
    const [entry] = replica.entries(put('a', 'one'))
    const answer = replica.follow(await replica.link())
    send(answer, [{ ...entry!, body: Buffer.from('two') }])
    expect(await refused(answer)).toMatchObject({ code: 'BAD_FRAME' })
  })

  test('trouble of the settler ends it, and a later one works when the trouble is over', async () => {
    const { disk } = replica.temporary
    const answer = replica.follow(await replica.link())
    const real = disk.moveNew.bind(disk)
    disk.moveNew = () => {
      throw new DiskError('EIO', 'rename')
    }
    send(answer, replica.entries(put('a', 'one')))
    answer.stream.send('COMMITTED', { seq: 1 })
    expect(await refused(answer)).toMatchObject({ code: 'IO_ERROR' })
    disk.moveNew = real
    const later = replica.follow(await replica.link(), { committedSeq: 1 })
    await untilSettled(later, 1)
    expect(treeOf(replica.temporary.root)).toEqual({ a: 'one' })
  })

  test('an append for which there is no space ends it with NO_SPACE, and a later one works', async () => {
    const { store } = replica.temporary
    const answer = replica.follow(await replica.link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    const append = jest.spyOn(store.journal, 'append')
    append.mockRejectedValueOnce(new ConcurError('NO_SPACE', 'no space is left for the journal'))
    const some = replica.entries(mkdir('a'))
    send(answer, some)
    expect(await refused(answer)).toMatchObject({ code: 'NO_SPACE' })
    const later = replica.follow(await replica.link())
    send(later, some)
    await untilJournaled(later, 1)
  })

  test('when its link goes, what is known to be committed is settled all the same', async () => {
    const { store, root } = replica.temporary
    const served = await replica.link()
    const answer = replica.follow(served, { committedSeq: 1 })
    send(answer, replica.entries(put('a', 'one')))
    await until(() => store.journal.last.seq === 1, 'the record to come')
    served.close()
    await store.settler.settled(1)
    expect(treeOf(root)).toEqual({ a: 'one' })
  })

  test('what was settled without a link is told on the next one', async () => {
    const { store, root } = replica.temporary
    writeFileSync(`${root}/a`, 'by hand')
    await settle(store, put('a', 'one'))
    const answer = replica.follow(await replica.link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    expect(last(answer)!.outcomes).toMatchObject([{ seq: 1, kept: [{ path: 'a' }] }])
  })

  test('a record that comes twice is CONFLICT, and is there once', async () => {
    const answer = replica.follow(await replica.link())
    const some = replica.entries(mkdir('a'))
    send(answer, some)
    send(answer, some)
    expect(await refused(answer)).toMatchObject({ code: 'CONFLICT', message: 'forked at seq 2' })
    await until(() => replica.temporary.store.journal.durableSeq === 1, 'the first to be durable')
  })

  test('of a fenced store is READ_ONLY, and a fence ends it', async () => {
    const answer = replica.follow(await replica.link())
    await answer.until(() => last(answer) !== undefined, 'SETTLED')
    replica.temporary.store.fence.set('a flush failed')
    expect(await refused(answer)).toMatchObject({ code: 'READ_ONLY' })
    expect(await refused(replica.follow(await replica.link()))).toMatchObject({ code: 'READ_ONLY' })
    replica.temporary.store.fence.clear()
  })
})
