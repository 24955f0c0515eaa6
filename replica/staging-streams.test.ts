/** What comes ahead of its record: how long it lives, and to whom it belongs. */
import { turns } from '../fixtures/fake-time.ts'
import { holdFlushes } from '../fixtures/held-flushes.ts'
import { until } from '../fixtures/until.ts'
import { Followed } from './followed.fixture.ts'
import { seal } from './followed-peer.fixture.ts'
import { digest, put, stageId } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'

let followed: Followed

beforeEach(async () => {
  followed = await Followed.open()
})

afterEach(() => followed.close())

const one = stageId(1)

test('bytes are told as staged when they are durable', async () => {
  const goOn = holdFlushes(followed.replica.disk)
  const stage = followed.stage(one, 'bytes')
  seal(stage, 'bytes')
  await turns(50)
  expect(stage.messages).toEqual([])
  goOn()
  await stage.until(({ messages }) => messages.length === 1, 'STAGED')
  expect(stage.only('STAGED')).toEqual({ size: 5, digest: digest('bytes') })
  expect(stage.isFinished).toBe(false)
})

test('a slow disk is told of twice a second until the bytes are durable', async () => {
  const goOn = holdFlushes(followed.replica.disk)
  const stage = followed.stage(one, 'bytes')
  seal(stage, 'bytes')
  await until(() => followed.staged[one] === 'bytes', 'the bytes')
  await followed.replica.time.pass(2_500)
  expect(stage.all('PROGRESS').length).toBeGreaterThanOrEqual(4)
  goOn()
  await stage.until(() => stage.all('STAGED').length === 1, 'STAGED')
  const { length } = stage.messages
  await followed.replica.time.pass(2_000)
  expect(stage.messages).toHaveLength(length)
})

test('a durable record takes its stage, and a second STAGED ends the stream', async () => {
  const stage = await followed.sealed(one, 'bytes')
  followed.tell(put('a', 'bytes', { stage: one }))
  await stage.ended()
  expect(stage.all('STAGED')).toHaveLength(2)
  expect(stage.error).toBeNull()
  await followed.told({ journaledSeq: 1 })
  followed.commit(1)
  await followed.told({ settledSeq: 1 })
  expect(followed.tree).toEqual({ a: 'bytes' })
  expect(followed.answer.all('NEED')).toEqual([])
  expect(followed.staged).toEqual({})
})

test.each([
  ['while it comes', false],
  ['when it is whole', true],
])('a stage that is cancelled %s goes', async (_, isWhole) => {
  const stage = isWhole ? await followed.sealed(one, 'bytes') : followed.stage(one, 'bytes')
  await until(() => followed.staged[one] === 'bytes', 'the bytes')
  stage.stream.cancel()
  await followed.untilNothingStaged()
})

test('a stage that is cancelled while it becomes durable goes when that is done', async () => {
  const goOn = holdFlushes(followed.replica.disk)
  const stage = followed.stage(one, 'bytes')
  seal(stage, 'bytes')
  await until(() => followed.staged[one] === 'bytes', 'the bytes')
  await turns(20)
  stage.stream.cancel()
  await turns(20)
  goOn()
  await followed.untilNothingStaged()
})

test('the loss of the link takes every stage with it, but not one that a record names', async () => {
  await followed.sealed(one, 'named')
  await followed.sealed(stageId(2), 'not named')
  followed.stage(stageId(3), 'not whole')
  followed.tell(put('a', 'named', { stage: one }))
  await followed.told({ journaledSeq: 1 })
  await followed.replica.relink()
  await until(() => Object.keys(followed.staged).length === 1, 'the others to be gone')
  expect(followed.staged).toEqual({ [one]: 'named' })
})

test('a stage whose record is on its way to the disk outlives its stream', async () => {
  const stage = await followed.sealed(one, 'bytes')
  const goOn = holdFlushes(followed.replica.disk)
  followed.tell(put('a', 'bytes', { stage: one }))
  await until(() => followed.replica.store.journal.last.seq === 1, 'the record')
  stage.stream.cancel()
  await turns(50)
  expect(followed.staged).toEqual({ [one]: 'bytes' })
  goOn()
  await followed.told({ journaledSeq: 1 })
  followed.commit(1)
  await followed.told({ settledSeq: 1 })
  expect(followed.tree).toEqual({ a: 'bytes' })
})

test('a stage whose record could not be written is its stream’s again', async () => {
  const stage = await followed.sealed(one, 'bytes')
  followed.replica.disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
  followed.tell(put('a', 'bytes', { stage: one }))
  expect((await followed.answer.ended()).error?.code).toBe('NO_SPACE')
  expect(followed.staged).toEqual({ [one]: 'bytes' })
  stage.stream.cancel()
  await followed.untilNothingStaged()
})

test('a record that names a stage whose bytes still come waits for them', async () => {
  const stage = followed.stage(one, 'bytes')
  followed.tell(put('a', 'bytes', { stage: one }))
  await turns(50)
  expect(followed.replica.store.journal.last.seq).toBe(0)
  seal(stage, 'bytes')
  await stage.ended()
  await followed.told({ journaledSeq: 1 })
})

test('a record waits for a stage no longer than that lives', async () => {
  const stage = followed.stage(one, 'byt')
  followed.tell(put('a', 'bytes', { stage: one }))
  await turns(50)
  stage.stream.cancel()
  await followed.told({ journaledSeq: 1 })
  expect(followed.staged).toEqual({})
})

test('nothing that is being installed goes with a stage that is cancelled', async () => {
  const unwanted = await followed.sealed(stageId(2), 'unwanted')
  const { moveNew } = followed.replica.disk
  followed.replica.disk.moveNew = (...where) => {
    unwanted.stream.cancel()
    return moveNew.apply(followed.replica.disk, where)
  }
  followed.tell(put('a', 'a'), put('b/c', 'c'))
  followed.commit(2)
  await followed.told({ settledSeq: 2 })
  await followed.untilNothingStaged()
  expect(followed.tree).toEqual({ a: 'a', b: null, 'b/c': 'c' })
})

describe('refused is', () => {
  test('an id that is there already, on a stream or of a record', async () => {
    const first = await followed.sealed(one, 'bytes')
    const again = followed.replica.served.peer.ask('STAGE', { stage: one }, { more: true })
    expect((await again.ended()).error?.code).toBe('ALREADY_EXISTS')
    expect(followed.staged).toEqual({ [one]: 'bytes' })
    followed.tell(put('a', 'bytes', { stage: one }))
    await first.ended()
    const third = followed.replica.served.peer.ask('STAGE', { stage: one }, { more: true })
    expect((await third.ended()).error?.code).toBe('ALREADY_EXISTS')
  })

  test.each([
    ['other', 'bytes that are not those of the SEAL'],
    ['bytes, and more', 'fewer bytes than the SEAL says'],
  ])('%j: %s, with BAD_DIGEST, and the id is free again', async said => {
    const stage = followed.stage(one, 'bytes')
    seal(stage, said)
    expect((await stage.ended()).error?.code).toBe('BAD_DIGEST')
    await followed.untilNothingStaged()
    expect((await followed.sealed(one, 'bytes')).error).toBeNull()
  })

  test('what the disk has no room for', async () => {
    const { write } = followed.replica.disk
    followed.replica.disk.write = () => {
      throw new DiskError('ENOSPC', 'write')
    }
    const stage = followed.stage(one, 'bytes')
    expect((await stage.ended()).error?.code).toBe('NO_SPACE')
    followed.replica.disk.write = write
    await followed.untilNothingStaged()
  })

  test('what the disk fails to make durable', async () => {
    const { flushSoon } = followed.replica.disk
    followed.replica.disk.flushSoon = () => Promise.reject(new DiskError('EIO', 'flush'))
    const stage = followed.stage(one, 'bytes')
    seal(stage, 'bytes')
    expect((await stage.ended()).error?.code).toBe('IO_ERROR')
    followed.replica.disk.flushSoon = flushSoon
    expect(followed.replica.store.fence.reason).toBe('a flush failed')
    followed.replica.store.fence.clear()
  })

  test('anything, by a store that is fenced', async () => {
    followed.replica.store.fence.set('a flush failed')
    const stage = followed.stage(one, 'bytes')
    expect((await stage.ended()).error?.code).toBe('READ_ONLY')
    expect(followed.staged).toEqual({})
    followed.replica.store.fence.clear()
  })
})
