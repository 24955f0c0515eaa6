/** What is settled is flushed now and then: on a full disk with the room that was kept, and else later. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FakeTime } from '../../fixtures/fake-time.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { append, ownFiles, put, settle, staged, stageId } from './changes.fixture.ts'
import { DiskError, type Fd } from './disk.ts'
import { MemoryIndex } from './memory-index.ts'
import { openTemporaryStore, type TemporaryStore, WatchedDisk } from './store.fixture.ts'

const large = 'x'.repeat(100_000)
/** The one of history, which sees time pass. */
const timersAlways = 1
const noSpace = { code: 'NO_SPACE' }

/** Nothing has to reach a real disk here. */
class QuickDisk extends WatchedDisk {
  override async flushAllSoon(_folder: Fd): Promise<void> {}
}

/** An index that takes writes only where a test lets it. */
class FullIndex extends MemoryIndex {
  hasRoom: () => boolean = () => true
  flushes = 0

  constructor() {
    super()
    this.paths.flush = async () => {
      this.flushes++
      if (!this.hasRoom()) throw new ConcurError('NO_SPACE', 'no space is left for the index')
    }
  }
}

let time: FakeTime
let index: FullIndex
let disk: QuickDisk
let opened: TemporaryStore
let faults: unknown[]

beforeEach(async () => {
  time = new FakeTime()
  index = new FullIndex()
  disk = new QuickDisk()
  faults = []
  const onFault = (error: unknown) => faults.push(error)
  opened = await openTemporaryStore({ disk, timers: time, openIndex: () => index, onFault })
})

afterEach(async () => {
  index.hasRoom = () => true
  await opened.remove()
})

const reserve = () => statSync(join(opened.root, '.concur/reserve')).size

test('an index without room is flushed with the room that was kept, which is made again', async () => {
  const { store } = opened
  const kept = reserve()
  expect(kept).toBeGreaterThan(0)
  index.hasRoom = () => reserve() === 0
  await settle(store, put('a', 'one'))
  await store.flush()
  expect([index.flushes > 1, reserve(), faults]).toEqual([true, kept, []])
})

test('what cannot be flushed is tried again each second, and told once', async () => {
  const { store } = opened
  index.hasRoom = () => false
  await settle(store, put('a', 'one'))
  const { flushes } = index
  await time.pass(500)
  expect([index.flushes > flushes, faults]).toEqual([true, [expect.objectContaining(noSpace)]])
  await time.pass(5_000)
  const tried = index.flushes
  expect([tried > 4, faults.length]).toEqual([true, 1])
  index.hasRoom = () => true
  await time.pass(1_000)
  expect([index.flushes, faults.length, time.timerCount]).toEqual([tried + 1, 1, timersAlways])
  index.hasRoom = () => false
  await settle(store, put('b', 'one'))
  await time.pass(1_000)
  expect(faults).toHaveLength(2)
})

test('a stage whose bytes were appended stays until the index says that they are flushed', async () => {
  const { store, root } = opened
  await settle(store, put('a', 'one'))
  await staged(store, 1, large)
  index.hasRoom = () => false
  await settle(store, append('a', 'one', large, { stage: stageId(1) }))
  await time.pass(5_000)
  expect(Object.keys(ownFiles(root, 'staging'))).toEqual([stageId(1)])
  index.hasRoom = () => true
  await time.pass(1_000)
  expect(ownFiles(root, 'staging')).toEqual({})
})

test('lines that a full disk took none of come into the log by themselves when there is space', async () => {
  const { store, root } = opened
  const log = join(root, '.concur/log.json')
  const lines = () => readFileSync(log, 'utf8').split('\n').slice(0, -1)
  let isFull = true
  const write = disk.write.bind(disk)
  disk.write = (file: Fd, bytes, position) => {
    if (isFull && Buffer.from(bytes).toString().startsWith('{"epoch"')) throw new DiskError('ENOSPC', 'write')
    write(file, bytes, position)
  }
  await settle(store, put('a', 'one'), put('b', 'two'))
  await time.pass(3_000)
  expect([existsSync(log), lines(), faults]).toEqual([true, [], []])
  isFull = false
  await time.pass(1_000)
  expect(lines().map(line => JSON.parse(line).seq)).toEqual([1, 2])
  expect(time.timerCount).toBe(timersAlways)
})

test('a checkpoint of a fenced store is not tried again', async () => {
  const { store } = opened
  await settle(store, put('a', 'one'))
  store.fence.set('a flush failed')
  await time.pass(10_000)
  expect([faults.length, time.timerCount]).toEqual([1, timersAlways])
  store.fence.clear()
})
