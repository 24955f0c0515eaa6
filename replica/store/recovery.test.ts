/** What a start finds, and what becomes of it. The steps of each operation are held against crashes elsewhere. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StageId } from '../../protocol/ids.ts'
import type { Change } from '../../protocol/record.ts'
import {
  append,
  at,
  commitAll,
  digest,
  historyOf,
  journalOnly,
  type Ordered,
  ownFiles,
  put,
  remove,
  removeFolder,
  rename,
  settle,
  staged,
  stageId,
  treeOf,
} from './changes.fixture.ts'
import { CrashDisk, SurvivingIndex } from './crash.fixture.ts'
import { MemoryIndex } from './memory-index.ts'
import { noTimers, openTemporaryStore, temporaryFolder } from './store.fixture.ts'

let root: string
let index: SurvivingIndex

beforeEach(() => {
  root = temporaryFolder()
  index = new SurvivingIndex()
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const openIndex = () => index

/** The process ends when these are settled, and before they are flushed. */
async function endedBehind(ordered: readonly Ordered[], stage?: string | Buffer): Promise<void> {
  const disk = new CrashDisk()
  const { store } = await openTemporaryStore({ root, disk, openIndex, timers: noTimers })
  await store.flush()
  if (stage !== undefined) await staged(store, 1, stage)
  await settle(store, ...ordered)
  await store.settler.stop()
  disk.abandon()
  index.crash('the index as it was flushed')
}

const reopened = (bootId = 'this start') => openTemporaryStore({ root, openIndex, bootId })

test('an edit after the process ended stays, and is nothing to tell of', async () => {
  await endedBehind([put('a', 'one')])
  writeFileSync(join(root, 'a'), 'edited')
  const { store, remove } = await reopened()
  expect([treeOf(root), historyOf(root), store.recovered]).toEqual([{ a: 'edited' }, {}, []])
  await remove()
})

test('a file that nobody knows after a loss of power gives way to what was ordered, and is listed', async () => {
  await endedBehind([put('a', 'one'), append('a', 'one', ' two')])
  writeFileSync(join(root, 'a'), 'edited')
  const { store, remove } = await reopened('another start')
  expect(treeOf(root)).toEqual({ a: 'one two' })
  expect(historyOf(root)).toMatchObject({ '1/a': 'edited' })
  const replaced = [{ path: 'a', digest: digest('edited'), cause: 'never-replicated' }]
  expect(store.recovered).toEqual([{ seq: 1, kept: [], replaced }])
  await remove()
})

test('a file that is gone is made again after a loss of power only', async () => {
  await endedBehind([put('a', 'one')])
  rmSync(join(root, 'a'))
  const { store } = await reopened()
  expect(treeOf(root)).toEqual({})
  await store.close()
  rmSync(root, { recursive: true })
  mkdirSync(root)
  index = new SurvivingIndex()
  await endedBehind([put('a', 'one')])
  rmSync(join(root, 'a'))
  const after = await reopened('another start')
  expect(treeOf(root)).toEqual({ a: 'one' })
  await after.remove()
})

test('what a start mended after a loss of power is on the disk before it says so: another loss takes nothing', async () => {
  const lose = (disk: CrashDisk) => {
    disk.abandon()
    index.crash('the index as it was flushed')
    disk.losePower(root)
  }
  const disk = new CrashDisk()
  const { store } = await openTemporaryStore({ root, disk, openIndex, timers: noTimers })
  await store.flush()
  await settle(store, put('a', 'one'))
  lose(disk)
  expect(treeOf(root)).toEqual({ a: '\0\0\0' })
  const second = new CrashDisk()
  await openTemporaryStore({ root, disk: second, openIndex, timers: noTimers, bootId: 'another start' })
  lose(second)
  expect(treeOf(root)).toEqual({ a: 'one' })
})

test('a stage goes when no record to be settled names it, and stays when one does', async () => {
  const { store } = await openTemporaryStore({ root, openIndex })
  for (const n of [1, 2]) await staged(store, n, `stage ${n}`)
  await journalOnly(store, put('a', 'stage 1', { stage: stageId(1) }))
  await store.close()
  writeFileSync(join(root, '.concur/staging/0000000000000001'), 'half made')
  const { store: again, remove } = await reopened()
  expect(ownFiles(root, 'staging')).toEqual({ [stageId(1)]: 'stage 1' })
  await commitAll(again)
  expect([treeOf(root), ownFiles(root, 'staging')]).toEqual([{ a: 'stage 1' }, {}])
  await remove()
})

describe('a stage that was damaged while nobody had it open', () => {
  /** Damages the stage of the last record, and settles that when another node gives the content. */
  async function damaged(last: (stage: StageId) => Ordered, content: string): Promise<void> {
    const { store } = await openTemporaryStore({ root, openIndex })
    await settle(store, put('a', 'one'))
    const stage = await staged(store, 1, ' two')
    await journalOnly(store, last(stage))
    await store.close()
    writeFileSync(join(root, '.concur/staging', stage), ' tw0')
    const after = await reopened()
    const obtained = { is: 'bytes', bytes: Buffer.from(content) } as const
    after.store.setContentSource({ obtain: async () => obtained })
    const said = await commitAll(after.store)
    expect(said.flatMap(({ kept }) => kept)).toEqual([])
    await after.store.close()
  }

  test('is not installed', async () => {
    await damaged(stage => put('b', ' two', { stage }), ' two')
    expect([treeOf(root), ownFiles(root, 'staging')]).toEqual([{ a: 'one', b: ' two' }, {}])
  })

  test('is not written at the end of a file', async () => {
    await damaged(stage => append('a', 'one', ' two', { stage }), 'one two')
    expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'one two' }, { '2/a': 'one' }])
  })
})

test('a stage whose bytes were appended before the process ended goes with the first checkpoint', async () => {
  await endedBehind([put('a', 'one'), append('a', 'one', ' two', { stage: stageId(1) })], ' two')
  const { store } = await reopened()
  expect(Object.keys(ownFiles(root, 'staging'))).toEqual([stageId(1)])
  await store.flush()
  expect([treeOf(root), ownFiles(root, 'staging')]).toEqual([{ a: 'one two' }, {}])
  await store.close()
})

test('what lies between tree and history goes to history, but a result, which the tree has, goes', async () => {
  const { store } = await openTemporaryStore({ root, openIndex })
  await settle(store, put('a', 'one'), put('b', 'two'))
  await store.close()
  writeFileSync(join(root, '.concur/exchange/0000000000000001-0'), 'saved by somebody')
  writeFileSync(join(root, '.concur/exchange/0000000000000002-0'), 'two')
  const { remove } = await reopened()
  expect(ownFiles(root, 'exchange')).toEqual({})
  expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'one', b: 'two' }, { '1/a': 'saved by somebody' }])
  await remove()
})

test('an index that was lost is told every settled record again, but for those that were abandoned', async () => {
  const { store } = await openTemporaryStore({ root, openIndex })
  const abandon: Change = { type: 'abandoned', abandonedSeq: 2, reason: 'too few nodes' }
  await settle(store, put('a', 'one'), put('a', 'never'), { change: abandon, body: null }, put('f/b', 'two'))
  await store.close()
  const { store: again, remove } = await openTemporaryStore({ root, openIndex: () => new MemoryIndex() })
  expect(again.settler.settledSeq).toBe(4)
  expect(again.journaled(at('a'))).toEqual({ seq: 1, is: 'file', digest: digest('one'), size: 3 })
  expect(again.journaled(at('f/b'))).toEqual({ seq: 4, is: 'file', digest: digest('two'), size: 3 })
  await remove()
})

test('what is settled with an index that was lost survives a loss of power, and what was edited before stays', async () => {
  await endedBehind([put('a', 'one'), put('b', 'two')])
  writeFileSync(join(root, 'a'), 'edited')
  index.crash('nothing of the index')
  const disk = new CrashDisk()
  const { store } = await openTemporaryStore({ root, disk, openIndex, timers: noTimers })
  await settle(store, put('c', 'three'), append('b', 'two', ' more'))
  await store.settler.stop()
  disk.abandon()
  disk.losePower(root)
  index.crash('the index as it was flushed')
  const { remove } = await reopened('another start')
  expect(treeOf(root)).toEqual({ a: 'edited', b: 'two more', c: 'three' })
  await remove()
})

test('a store whose progress was lost settles again from where it was flushed, and changes nothing', async () => {
  await endedBehind([put('a', 'one'), put('a', 'two', { base: 'one' }), put('b', 'three')])
  rmSync(join(root, '.concur/progress'))
  const { store, remove } = await reopened()
  await commitAll(store)
  expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'two', b: 'three' }, { '2/a': 'one' }])
  await remove()
  expect(existsSync(root)).toBe(false)
})

test('what a path held before records that were passed over is no edit, however often they were flushed', async () => {
  const disk = new CrashDisk()
  const { store } = await openTemporaryStore({ root, disk, openIndex, timers: noTimers })
  await journalOnly(
    store,
    put('a', 'one'),
    put('a', 'two', { base: 'one', stage: stageId(1) }),
    put('x', 'came late', { stage: stageId(2) }),
    append('a', 'two', ' three', { stage: stageId(3) }),
    put('y', 'came late', { stage: stageId(4) }),
    put('a', 'four', { base: 'two three' }),
  )
  store.settler.commit(6)
  await store.settler.idle()
  expect([store.settler.settledSeq, treeOf(root)]).toEqual([2, { a: 'one' }])
  await store.flush()
  await staged(store, 2, 'came late')
  store.settler.retry()
  await store.settler.idle()
  expect([store.settler.settledSeq, treeOf(root)]).toEqual([4, { a: 'one', x: 'came late' }])
  await store.settler.stop()
  disk.abandon()
  index.crash('the index as it was flushed')
  const { store: again, remove } = await reopened()
  await staged(again, 4, 'came late')
  expect(await commitAll(again)).toEqual([
    { seq: 6, kept: [], replaced: [{ path: 'a', digest: digest('one'), cause: null }] },
  ])
  expect(treeOf(root)).toEqual({ a: 'four', x: 'came late', y: 'came late' })
  await remove()
})

describe('what a path held before records that were passed over is no edit after the process ended', () => {
  interface Passing {
    /** What was flushed, and what came then. */
    before?: readonly Ordered[]
    after: readonly Ordered[]
    path?: string
    /** What undoes those that are passed over. */
    last: Ordered
  }

  /** Two puts at the path, which holds `one`, are passed over, and the process ends. @returns the seq of `last`. */
  async function passedOver({ before = [], after, path = 'a', last }: Passing): Promise<number> {
    const disk = new CrashDisk()
    const { store } = await openTemporaryStore({ root, disk, openIndex, timers: noTimers })
    await settle(store, ...before)
    await store.flush()
    await journalOnly(
      store,
      ...after,
      put(path, 'two', { base: 'one', stage: stageId(1) }),
      put(path, 'three', { base: 'two', stage: stageId(2) }),
    )
    const passed = store.journal.last.seq
    await journalOnly(store, last)
    store.settler.listen({ onSettled: seq => seq === passed && void store.settler.stop() })
    store.settler.commit(passed + 1)
    await store.settler.idle()
    expect([store.settler.settledSeq, treeOf(root)[path]]).toEqual([passed, 'one'])
    disk.abandon()
    index.crash('the index as it was flushed')
    return passed + 1
  }

  const takeOut = (seq: number, path: string) =>
    renameSync(join(root, path), join(root, '.concur/exchange', `${String(seq).padStart(16, '0')}-0`))

  const four = put('a', 'four', { base: 'three' })
  const replaced = [{ path: 'a', digest: digest('one'), cause: null }]

  test.each<[string, Ordered[], Ordered[]]>([
    ['and was put', [], [put('a', 'one')]],
    ['and was put and extended', [], [put('a', 'on'), append('a', 'on', 'e')]],
    ['and was flushed', [put('a', 'one')], []],
    ['and was moved there', [put('b', 'one')], [rename('b', 'a', { base: 'one' })]],
    ['and was put and moved there', [], [put('b', 'one'), rename('b', 'a', { base: 'one' })]],
    [
      'and was moved with its folder, and then there',
      [put('f/b', 'one')],
      [rename('f', 'g', { what: 'folder' }), rename('g/b', 'a', { base: 'one' })],
    ],
    [
      'and came where another file was moved away before',
      [put('a', 'other'), put('b', 'one')],
      [rename('a', 'c', { base: 'other' }), rename('b', 'a', { base: 'one' })],
    ],
  ])('%s', async (_, before, after) => {
    await passedOver({ before, after, last: four })
    const { store, remove } = await reopened()
    expect(store.journaled(at('a'))).toMatchObject({ digest: digest('one') })
    expect(await commitAll(store)).toMatchObject([{ kept: [], replaced }])
    expect(treeOf(root)).toMatchObject({ a: 'four' })
    await remove()
  })

  test('in which somebody has edited it: it stays', async () => {
    await passedOver({ after: [put('a', 'one')], last: four })
    writeFileSync(join(root, 'a'), 'edited')
    const { store, remove } = await reopened()
    expect(await commitAll(store)).toMatchObject([{ kept: [{ path: 'a' }], replaced: [] }])
    expect(treeOf(root)).toEqual({ a: 'edited' })
    await remove()
  })

  test('in the middle of the put that takes its place', async () => {
    const seq = await passedOver({ after: [put('a', 'one')], last: four })
    takeOut(seq, 'a')
    writeFileSync(join(root, 'a'), 'four')
    const { store, remove } = await reopened()
    expect(await commitAll(store)).toMatchObject([{ kept: [], replaced }])
    expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'four' }, { [`${seq}/a`]: 'one' }])
    await remove()
  })

  test('in the middle of a put that says what one that was passed over said', async () => {
    const again = put('a', 'three', { base: 'three' })
    const seq = await passedOver({ after: [put('a', 'one')], last: again })
    takeOut(seq, 'a')
    writeFileSync(join(root, 'a'), 'three')
    const { store, remove } = await reopened()
    expect(await commitAll(store)).toMatchObject([{ kept: [], replaced }])
    expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'three' }, { [`${seq}/a`]: 'one' }])
    await remove()
  })

  test.each([
    ['its', 'a', remove('a', { base: 'three' })],
    ["its folder's", 'f/a', removeFolder('f', [{ path: at('f/a'), what: 'file', seen: [digest('three')] }])],
  ])('in the middle of %s delete', async (_, path, last) => {
    const seq = await passedOver({ after: [put(path, 'one')], path, last })
    takeOut(seq, path)
    const { store, remove } = await reopened()
    expect((await commitAll(store)).flatMap(({ kept }) => kept)).toEqual([])
    expect([treeOf(root), historyOf(root)]).toEqual([{}, { [`${seq}/${path}`]: 'one' }])
    await remove()
  })
})
