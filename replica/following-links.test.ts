/** How following begins: who is followed, from where, and what becomes of who was followed before. */
import { turns } from '../fixtures/fake-time.ts'
import { holdFlushes } from '../fixtures/held-flushes.ts'
import { until } from '../fixtures/until.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  positionOf,
  tell,
  term,
  told,
} from './followed-peer.fixture.ts'
import {
  commitAll,
  historyOf,
  journalOnly,
  mkdir,
  ownFiles,
  put,
  settle,
  staged,
  stageId,
  treeOf,
} from './store/changes.fixture.ts'
import { openTemporaryStore } from './store/store.fixture.ts'

let replica: FollowingReplica
let coordinator: Ordering

beforeEach(async () => {
  replica = await openFollowing()
  coordinator = new Ordering()
})

afterEach(() => replica.remove())

/** The replica has these records, and the coordinator too. */
async function shared(...names: string[]): Promise<void> {
  const ordered = names.map(name => put(name, name))
  coordinator.order(ordered)
  await journalOnly(replica.store, ...ordered)
}

const refusal = async (...request: Parameters<FollowingReplica['follow']>) =>
  (await replica.follow(...request).ended()).error

test('who is followed is told the position first', async () => {
  await shared('a', 'b')
  await commitAll(replica.store)
  const answer = replica.follow(coordinator, { afterSeq: 2 })
  await accepted(answer)
  expect(answer.messages[0]).toMatchObject({
    opcode: 'SETTLED',
    body: { journaledSeq: 2, settledSeq: 2, outcomes: [] },
  })
})

test('what is behind the coordinator’s record is dropped, and the coordinator’s comes instead', async () => {
  await shared('a')
  await journalOnly(replica.store, put('lost', 'lost'), put('lost too', 'x'))
  const answer = replica.follow(coordinator, { afterSeq: 1 })
  await accepted(answer)
  expect(positionOf(answer)).toMatchObject({ journaledSeq: 1, settledSeq: 0 })
  tell(answer, coordinator.order([put('b', 'b')]))
  commit(answer, 2)
  await told(answer, { settledSeq: 2 })
  expect(treeOf(replica.root)).toEqual({ a: 'a', b: 'b' })
})

test('the stages of dropped records go with them, those of others stay', async () => {
  const { store } = replica
  const ordered = [put('a', 'kept', { stage: await staged(store, 1, 'kept') })]
  coordinator.order(ordered)
  await journalOnly(store, ...ordered)
  await journalOnly(store, put('b', 'lost', { stage: await staged(store, 2, 'lost') }))
  const answer = replica.follow(coordinator, { afterSeq: 1 })
  await accepted(answer)
  expect(ownFiles(replica.root, 'staging')).toEqual({ [stageId(1)]: 'kept' })
})

describe('refused is', () => {
  test('a lower epoch, before anything is compared', async () => {
    replica.store.setPromised(term(3))
    await shared('a')
    const { error } = await replica
      .follow(coordinator, { epoch: term(2), afterSeq: 1, afterHash: coordinator.hashAt(0) })
      .ended()
    expect(error).toMatchObject({
      code: 'FENCED',
      message: 'epoch 3 has begun: this is a coordinator of before',
    })
  })

  test('another coordinator of the same number', async () => {
    replica.store.setPromised(term(3))
    expect(await refusal(coordinator, { epoch: term(3, 'b') })).toMatchObject({ code: 'FENCED' })
  })

  test('an epoch below that of an own record, though nothing was promised', async () => {
    await settle(replica.store, put('a', 'a'))
    expect(await refusal(coordinator, { epoch: term(1, 'b') })).toMatchObject({ code: 'FENCED' })
  })

  test('another record than the own one, before what is committed is looked at', async () => {
    await settle(replica.store, put('a', 'a'), put('b', 'b'))
    coordinator.order([put('a', 'other')])
    expect(await refusal(coordinator, { afterSeq: 1 })).toMatchObject({
      code: 'CONFLICT',
      message: 'forked at seq 1',
    })
  })

  test('a record that is not there', async () => {
    coordinator.order([put('a', 'a')])
    expect(await refusal(coordinator, { afterSeq: 1 })).toMatchObject({ code: 'CONFLICT' })
  })

  test('a coordinator that lacks what is committed', async () => {
    await shared('a')
    await settle(replica.store, put('b', 'b'))
    expect(await refusal(coordinator, { afterSeq: 1 })).toMatchObject({ code: 'ROLLED_BACK' })
    expect(treeOf(replica.root)).toEqual({ a: 'a', b: 'b' })
  })

  test('one that lacks what was only told to be committed, and is not settled', async () => {
    const first = replica.follow(coordinator)
    await accepted(first)
    tell(first, coordinator.order([put('a', 'a')]), { bare: true })
    commit(first, 1)
    await first.until(({ all }) => all.call(first, 'NEED').length === 1, 'NEED')
    expect(replica.store.settler.settledSeq).toBe(0)
    expect(await refusal(new Ordering())).toMatchObject({ code: 'ROLLED_BACK' })
  })

  test('anybody, by a store that is fenced', async () => {
    replica.store.fence.set('a flush failed')
    expect(await refusal(coordinator)).toMatchObject({
      code: 'READ_ONLY',
      message: 'this node takes no changes: a flush failed',
    })
    expect(replica.store.promised).toBeNull()
    replica.store.fence.clear()
  })
})

test('a term that is refused for its journal is promised all the same', async () => {
  await settle(replica.store, put('a', 'a'))
  coordinator.order([put('a', 'other')])
  expect(await refusal(coordinator, { epoch: term(5), afterSeq: 1 })).toMatchObject({ code: 'CONFLICT' })
  expect(replica.store.promised).toEqual(term(5))
})

test('a promise outlives a restart', async () => {
  await accepted(replica.follow(coordinator, { epoch: term(4) }))
  const { root, disk } = replica
  replica.served.close()
  await replica.store.close()
  replica = await openFollowing(await openTemporaryStore({ root, disk }))
  expect(await refusal(coordinator, { epoch: term(3) })).toMatchObject({ code: 'FENCED' })
  await accepted(replica.follow(coordinator, { epoch: term(4) }))
})

test('a second one that is taken ends the first, and is told where the first left off', async () => {
  const first = replica.follow(coordinator)
  await accepted(first)
  tell(first, coordinator.order([put('a', 'a'), put('b', 'b')]))
  await told(first, { journaledSeq: 2 })
  const second = replica.follow(coordinator, { afterSeq: 2 })
  await accepted(second)
  expect((await first.ended()).error).toMatchObject({
    code: 'FENCED',
    message: 'another link, of a coordinator of epoch 1, is followed now',
  })
  expect(positionOf(second)).toMatchObject({ journaledSeq: 2 })
})

test('a second one that is refused leaves the first as it is', async () => {
  const first = replica.follow(coordinator)
  await accepted(first)
  const [entry] = new Ordering().order([put('a', 'other')])
  expect(await refusal(coordinator, { afterHash: entry!.hash })).toMatchObject({ code: 'CONFLICT' })
  tell(first, coordinator.order([put('a', 'a')]))
  await told(first, { journaledSeq: 1 })
})

test('a record that was on its way to the disk is told to the next one as soon as it is there', async () => {
  const first = replica.follow(coordinator)
  await accepted(first)
  const goOn = holdFlushes(replica.disk)
  tell(first, coordinator.order([put('a', 'a')]))
  await until(() => replica.store.journal.last.seq === 1, 'the record')
  const second = replica.follow(coordinator, { afterSeq: 1 })
  await first.ended()
  expect(second.messages).toEqual([])
  goOn()
  await accepted(second)
  expect(positionOf(second)).toMatchObject({ journaledSeq: 1 })
})

test('several that come at once are looked at one after the other; the last one stays', async () => {
  await shared('a')
  await journalOnly(replica.store, put('tail', 'x'))
  const answers = [1, 1, 1].map(afterSeq => replica.follow(coordinator, { afterSeq }))
  await accepted(answers[2]!)
  for (const answer of answers.slice(0, 2)) expect((await answer.ended()).error?.code).toBe('FENCED')
  tell(answers[2]!, coordinator.order([put('b', 'b')]))
  await told(answers[2]!, { journaledSeq: 2 })
})

test('one whose link is gone before it is taken is not followed', async () => {
  await shared('a')
  await journalOnly(replica.store, put('tail', 'x'))
  const goOn = holdFlushes(replica.disk)
  replica.follow(coordinator, { afterSeq: 1 })
  await until(() => replica.store.promised?.number === 1, 'the promise')
  await replica.relink()
  goOn()
  await accepted(replica.follow(coordinator, { afterSeq: 1 }))
})

test('what was told to be committed beyond the journal counts for nothing when another coordinator goes on', async () => {
  const first = replica.follow(coordinator)
  await accepted(first)
  commit(first, 5)
  await turns(50)
  const second = replica.follow(coordinator, { epoch: term(2) })
  await accepted(second)
  tell(second, coordinator.order([put('a', 'a'), mkdir('f')]))
  await told(second, { journaledSeq: 2 })
  await replica.store.settler.idle()
  expect(treeOf(replica.root)).toEqual({})
  commit(second, 1)
  await told(second, { settledSeq: 1 })
  expect(treeOf(replica.root)).toEqual({ a: 'a' })
  expect(historyOf(replica.root)).toEqual({})
})
