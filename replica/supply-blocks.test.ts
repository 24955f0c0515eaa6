/** Bytes that a record lacked, as they come: each block is held against its digest, and nothing half is used. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import {
  accepted,
  commit,
  type FollowingReplica,
  Ordering,
  openFollowing,
  tell,
  told,
} from './followed-peer.fixture.ts'
import { append, digest, ownFiles, put, rename, stageId, treeOf } from './store/changes.fixture.ts'
import { DiskError } from './store/disk.ts'
import { Supplying } from './supplying.fixture.ts'

const MiB = 1024 * 1024

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

const stagedFiles = () => ownFiles(replica.root, 'staging')

/** The replica needs the last of these records. */
async function needed(...ordered: ReturnType<typeof put>[]): Promise<number> {
  tell(answer, coordinator.order(ordered), { bare: true })
  const { seq } = coordinator.last
  commit(answer, seq)
  await until(() => answer.all('NEED').some(need => need.seq === seq), 'NEED')
  return seq
}

const supply = (...of: [seq: number, content: Buffer, said?: Partial<BodyOf<'SUPPLY'>>]): Supplying =>
  new Supplying(replica.served.peer, ...of)

/** Each such call of the disk waits. */
function held(call: 'readSoon' | 'flushSoon'): { begun: Promise<void>; goOn: () => void } {
  const { disk } = replica
  const original = disk[call] as (...given: unknown[]) => Promise<never>
  let goOn: () => void = () => {}
  const gate = new Promise<void>(resolve => (goOn = resolve))
  const begun = new Promise<void>(resolve => {
    const waiting = (...given: unknown[]) => {
      resolve()
      return gate.then(() => original.apply(disk, given))
    }
    Object.assign(disk, { [call]: waiting })
  })
  return { begun, goOn }
}

test.each([1, MiB, 2 * MiB + 1])(
  '%d bytes that come are installed, and nothing of them is left over',
  async size => {
    const content = Buffer.alloc(size, 'abc')
    const seq = await needed(put('a', content, { stage: stageId(1) }))
    const supplied = supply(seq, content)
    await supplied.all()
    expect(supplied.answer.all('WANTED')).toEqual([
      { blocks: [{ first: 0, count: Math.ceil(size / MiB) }] },
      { blocks: [] },
    ])
    await told(answer, { settledSeq: seq })
    expect(treeOf(replica.root)).toEqual({ a: content.toString() })
    expect(stagedFiles()).toEqual({})
    expect(answer.all('NEED')).toHaveLength(1)
  },
)

test('an append is supplied as the whole file that it makes', async () => {
  tell(answer, coordinator.order([put('a', 'one')]))
  commit(answer, 1)
  await told(answer, { settledSeq: 1 })
  const seq = await needed(append('a', 'one', ' two'))
  const content = Buffer.from('one two')
  await supply(seq, content).all()
  await told(answer, { settledSeq: seq })
  expect(treeOf(replica.root)).toEqual({ a: 'one two' })
})

test('of an empty file no block is wanted, and one that is not empty is refused as such', async () => {
  const seq = await needed(rename('b', 'c', { base: '' }))
  const nothing = Buffer.alloc(0)
  expect((await supply(seq, nothing, { digest: digest('x') }).answer.ended()).error?.code).toBe('BAD_DIGEST')
  expect(stagedFiles()).toEqual({})
  const supplied = supply(seq, nothing)
  await supplied.all()
  expect(supplied.answer.all('WANTED')).toEqual([{ blocks: [] }, { blocks: [] }])
  await told(answer, { settledSeq: seq })
  expect(treeOf(replica.root)).toEqual({ c: '' })
})

test('an install that has to be tried again uses what came, and says NEED no second time', async () => {
  const content = Buffer.from('bytes')
  const seq = await needed(put('a', content))
  const { disk, store } = replica
  const { moveNew } = disk
  let failures = 2
  disk.moveNew = (...where) => {
    if (failures-- > 0) throw new DiskError('ENOSPC', 'rename')
    return moveNew.apply(disk, where)
  }
  await supply(seq, content).all()
  expect((await answer.ended()).error?.code).toBe('NO_SPACE')
  expect(answer.all('NEED')).toHaveLength(1)
  answer = replica.follow(coordinator, { afterSeq: seq, committedSeq: seq })
  await accepted(answer)
  expect(answer.all('NEED')).toEqual([])
  await store.settler.settled(seq)
  expect(treeOf(replica.root)).toEqual({ a: 'bytes' })
  expect(stagedFiles()).toEqual({})
})

test('of two that come for the same record one is used, and the other leaves nothing', async () => {
  const content = Buffer.alloc(MiB, 'abc')
  const seq = await needed(put('a', content, { stage: stageId(1) }))
  const both = [supply(seq, content), supply(seq, content)]
  expect((await both[1]!.answer.ended()).error?.code).toBe('NOT_FOUND')
  await both[0]!.all()
  await told(answer, { settledSeq: seq })
  expect(treeOf(replica.root)).toEqual({ a: content.toString() })
  expect(stagedFiles()).toEqual({})
})

test('that nobody has the bytes after all ends a supply of them, and leaves nothing of it', async () => {
  const content = Buffer.alloc(2 * MiB, 'abc')
  const seq = await needed(put('a', content, { stage: stageId(1) }))
  const supplied = supply(seq, content)
  supplied.sendDigests()
  await supplied.wanted()
  supplied.sendBlocks([0], { fin: false })
  answer.stream.send('LOST', { seq, reason: 'nobody has it' })
  expect((await supplied.answer.ended()).error?.code).toBe('NOT_FOUND')
  await told(answer, { settledSeq: seq })
  expect(stagedFiles()).toEqual({})
})

test('one that looks for blocks of its own for long, or whose disk is slow, says so twice a second', async () => {
  const content = Buffer.alloc(2 * MiB, 'abc')
  writeFileSync(join(replica.root, 'a'), Buffer.concat([content.subarray(0, MiB), Buffer.alloc(MiB)]))
  const seq = await needed(put('a', content, { stage: stageId(1) }))
  const supplied = supply(seq, content)
  const reading = held('readSoon')
  supplied.sendDigests()
  await reading.begun
  await replica.time.pass(1_500)
  expect(supplied.answer.all('PROGRESS').length).toBeGreaterThanOrEqual(2)
  reading.goOn()
  const wanted = await supplied.wanted()
  expect(wanted).toEqual([1])
  const flushing = held('flushSoon')
  const before = supplied.answer.all('PROGRESS').length
  supplied.sendBlocks(wanted)
  await flushing.begun
  await replica.time.pass(1_500)
  expect(supplied.answer.all('PROGRESS').length).toBeGreaterThanOrEqual(before + 2)
  flushing.goOn()
  expect((await supplied.answer.ended()).error).toBeNull()
  await told(answer, { settledSeq: seq })
})
