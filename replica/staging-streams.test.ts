/** What comes ahead of its record: how long it lives, and to whom it belongs. */
import { turns } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import type { StageId } from '../protocol/ids.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  seal,
  tell,
  told,
} from './followed-peer.fixture.ts'
import { digest, ownFiles, put, stageId, treeOf } from './store/changes.fixture.ts'
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

const one = stageId(1)
const stagedFiles = () => ownFiles(replica.root, 'staging')
const isGone = () => until(() => Object.keys(stagedFiles()).length === 0, 'the stage to be gone')

/** Bytes that are durable, and no record names them yet. */
async function sealed(id: StageId, content: string): Promise<Answer> {
  const stage = replica.stage(id, content)
  seal(stage, content)
  await stage.until(({ messages, error }) => messages.length > 0 || error !== null, 'STAGED')
  return stage
}

/** The next flush waits. @returns how to let it. */
function holdFlush(): () => void {
  const { disk } = replica
  const { flushDataSoon, flushSoon } = disk
  let goOn: () => void = () => {}
  const held = new Promise<void>(resolve => {
    goOn = resolve
  })
  disk.flushDataSoon = fd => held.then(() => flushDataSoon.call(disk, fd))
  disk.flushSoon = fd => held.then(() => flushSoon.call(disk, fd))
  return () => {
    Object.assign(disk, { flushDataSoon, flushSoon })
    goOn()
  }
}

test('bytes are told as staged when they are durable', async () => {
  const goOn = holdFlush()
  const stage = replica.stage(one, 'bytes')
  seal(stage, 'bytes')
  await turns(50)
  expect(stage.messages).toEqual([])
  goOn()
  await stage.until(({ messages }) => messages.length === 1, 'STAGED')
  expect(stage.only('STAGED')).toEqual({ size: 5, digest: digest('bytes') })
  expect(stage.isFinished).toBe(false)
})

test('a durable record takes its stage, and a second STAGED ends the stream', async () => {
  const stage = await sealed(one, 'bytes')
  tell(answer, coordinator.order([put('a', 'bytes', { stage: one })]))
  await stage.ended()
  expect(stage.all('STAGED')).toHaveLength(2)
  expect(stage.error).toBeNull()
  await told(answer, { journaledSeq: 1 })
  commit(answer, 1)
  await told(answer, { settledSeq: 1 })
  expect(treeOf(replica.root)).toEqual({ a: 'bytes' })
  expect(answer.all('NEED')).toEqual([])
  expect(stagedFiles()).toEqual({})
})

test.each([
  ['while it comes', false],
  ['when it is whole', true],
])('a stage that is cancelled %s goes', async (_, isWhole) => {
  const stage = isWhole ? await sealed(one, 'bytes') : replica.stage(one, 'bytes')
  await until(() => stagedFiles()[one] === 'bytes', 'the bytes')
  stage.stream.cancel()
  await isGone()
})

test('a stage that is cancelled while it becomes durable goes when that is done', async () => {
  const goOn = holdFlush()
  const stage = replica.stage(one, 'bytes')
  seal(stage, 'bytes')
  await until(() => stagedFiles()[one] === 'bytes', 'the bytes')
  await turns(20)
  stage.stream.cancel()
  await turns(20)
  goOn()
  await isGone()
})

test('the loss of the link takes every stage with it, but not one that a record names', async () => {
  await sealed(one, 'named')
  await sealed(stageId(2), 'not named')
  replica.stage(stageId(3), 'not whole')
  tell(answer, coordinator.order([put('a', 'named', { stage: one })]))
  await told(answer, { journaledSeq: 1 })
  await replica.relink()
  await until(() => Object.keys(stagedFiles()).length === 1, 'the others to be gone')
  expect(stagedFiles()).toEqual({ [one]: 'named' })
})

test('a stage whose record is on its way to the disk outlives its stream', async () => {
  const stage = await sealed(one, 'bytes')
  const goOn = holdFlush()
  tell(answer, coordinator.order([put('a', 'bytes', { stage: one })]))
  await until(() => replica.store.journal.last.seq === 1, 'the record')
  stage.stream.cancel()
  await turns(50)
  expect(stagedFiles()).toEqual({ [one]: 'bytes' })
  goOn()
  await told(answer, { journaledSeq: 1 })
  commit(answer, 1)
  await told(answer, { settledSeq: 1 })
  expect(treeOf(replica.root)).toEqual({ a: 'bytes' })
})

test('a stage whose record could not be written is its stream’s again', async () => {
  const stage = await sealed(one, 'bytes')
  replica.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
  tell(answer, coordinator.order([put('a', 'bytes', { stage: one })]))
  expect((await answer.ended()).error?.code).toBe('NO_SPACE')
  expect(stagedFiles()).toEqual({ [one]: 'bytes' })
  stage.stream.cancel()
  await isGone()
})

test('a record that names a stage whose bytes still come waits for them', async () => {
  const stage = replica.stage(one, 'bytes')
  tell(answer, coordinator.order([put('a', 'bytes', { stage: one })]))
  await turns(50)
  expect(replica.store.journal.last.seq).toBe(0)
  seal(stage, 'bytes')
  await stage.ended()
  await told(answer, { journaledSeq: 1 })
})

test('a record waits for a stage no longer than that lives', async () => {
  const stage = replica.stage(one, 'byt')
  tell(answer, coordinator.order([put('a', 'bytes', { stage: one })]))
  await turns(50)
  stage.stream.cancel()
  await told(answer, { journaledSeq: 1 })
  expect(stagedFiles()).toEqual({})
})

test('nothing that is being installed goes with a stage that is cancelled', async () => {
  const unwanted = await sealed(stageId(2), 'unwanted')
  const { moveNew } = replica.disk
  replica.disk.moveNew = (...where) => {
    unwanted.stream.cancel()
    return moveNew.apply(replica.disk, where)
  }
  tell(answer, coordinator.order([put('a', 'a'), put('b/c', 'c')]))
  commit(answer, 2)
  await told(answer, { settledSeq: 2 })
  await isGone()
  expect(treeOf(replica.root)).toEqual({ a: 'a', b: null, 'b/c': 'c' })
})

describe('refused is', () => {
  test('an id that is there already, on a stream or of a record', async () => {
    const first = await sealed(one, 'bytes')
    const again = replica.served.peer.ask('STAGE', { stage: one }, { more: true })
    expect((await again.ended()).error?.code).toBe('ALREADY_EXISTS')
    expect(stagedFiles()).toEqual({ [one]: 'bytes' })
    tell(answer, coordinator.order([put('a', 'bytes', { stage: one })]))
    await first.ended()
    const third = replica.served.peer.ask('STAGE', { stage: one }, { more: true })
    expect((await third.ended()).error?.code).toBe('ALREADY_EXISTS')
  })

  test.each([
    ['other', 'bytes that are not those of the SEAL'],
    ['bytes, and more', 'fewer bytes than the SEAL says'],
  ])('%j: %s, with BAD_DIGEST, and the id is free again', async said => {
    const stage = replica.stage(one, 'bytes')
    seal(stage, said)
    expect((await stage.ended()).error?.code).toBe('BAD_DIGEST')
    await isGone()
    expect((await sealed(one, 'bytes')).error).toBeNull()
  })

  test('what the disk has no room for', async () => {
    const { write } = replica.disk
    replica.disk.write = () => {
      throw new DiskError('ENOSPC', 'write')
    }
    const stage = replica.stage(one, 'bytes')
    expect((await stage.ended()).error?.code).toBe('NO_SPACE')
    replica.disk.write = write
    await isGone()
  })

  test('what the disk fails to make durable', async () => {
    const { flushSoon } = replica.disk
    replica.disk.flushSoon = () => Promise.reject(new DiskError('EIO', 'flush'))
    const stage = replica.stage(one, 'bytes')
    seal(stage, 'bytes')
    expect((await stage.ended()).error?.code).toBe('IO_ERROR')
    replica.disk.flushSoon = flushSoon
    expect(replica.store.fence.reason).toBe('a flush failed')
    replica.store.fence.clear()
  })

  test('anything, by a store that is fenced', async () => {
    replica.store.fence.set('a flush failed')
    const stage = replica.stage(one, 'bytes')
    expect((await stage.ended()).error?.code).toBe('READ_ONLY')
    expect(stagedFiles()).toEqual({})
    replica.store.fence.clear()
  })
})
