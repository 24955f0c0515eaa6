import { appendFileSync, existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FakeTime, turns } from '../../../fixtures/fake-time.ts'
import { wholeTree } from '../../../protocol/path.ts'
import { append, at, digest, historyOf, put, remove, rename, settle } from '../changes.fixture.ts'
import { MemoryIndex } from '../memory-index.ts'
import { openTemporaryStore, type TemporaryStore } from '../store.fixture.ts'
import type { Store } from '../store.ts'
import type { Pruned } from './pruning.ts'

const hour = 3_600_000
const day = 24 * hour

let time: FakeTime
let index: MemoryIndex
let temporary: TemporaryStore
let store: Store
let rounds: Pruned[]

beforeEach(async () => {
  time = new FakeTime()
  index = new MemoryIndex()
  rounds = []
  await open()
})

afterEach(() => temporary.remove())

async function open(root?: string): Promise<void> {
  const kept = root === undefined ? {} : { root }
  temporary = await openTemporaryStore({ ...kept, clock: time, timers: time, openIndex: () => index })
  store = temporary.store
  store.history.listen(round => void rounds.push(round))
}

async function restart(): Promise<void> {
  await store.close()
  await open(temporary.root)
}

const keepFor = (keepMs: number | null, neededAfter = Number.POSITIVE_INFINITY): void =>
  store.history.setKeep({ keepMs, neededAfter: () => neededAfter })

/** Longer than from one sample to the next. */
const sampleMs = 1.2 * hour

/** What is settled is flushed, and dated at the beginning. */
async function pass(ms: number): Promise<void> {
  await store.flush()
  await time.pass(sampleMs)
  time.passAtOnce(Math.max(0, ms - 2 * sampleMs))
  await turns(50)
  await time.pass(sampleMs)
  await turns(50)
}

const on = (name: string): string => join(temporary.root, '.concur/history', name)
const seqTop = (seq: number): string => String(seq).padStart(16, '0')

/** Three contents of `a`, of which two are in history. */
const threeOfA = (): Promise<unknown> =>
  settle(store, put('a', 'one'), put('a', 'two', { base: 'one' }), put('a', 'three', { base: 'two' }))

test('nothing goes before somebody has said how long it stays', async () => {
  await threeOfA()
  await pass(1000 * day)
  expect(historyOf(temporary.root)).toEqual({ '2/a': 'one', '3/a': 'two' })
})

test('for ever is for ever', async () => {
  keepFor(null)
  await threeOfA()
  await pass(1000 * day)
  expect([historyOf(temporary.root), rounds]).toEqual([{ '2/a': 'one', '3/a': 'two' }, []])
})

test('what is older than that goes, with the folders that are empty then, and it is told', async () => {
  keepFor(30 * day)
  await settle(store, put('f/g/a', 'one'), put('f/g/a', 'two', { base: 'one' }))
  await pass(20 * day)
  await settle(store, put('f/g/a', 'three', { base: 'two' }))
  await pass(12 * day)
  expect(historyOf(temporary.root)).toEqual({ '3/f/g/a': 'two' })
  expect(existsSync(on(seqTop(2)))).toBe(false)
  expect(rounds).toMatchObject([{ objects: 1, bytes: 3, filedAnew: 0 }])
  await pass(20 * day)
  expect([historyOf(temporary.root), rounds.length]).toEqual([{}, 2])
})

test.each([hour, day, 365 * day])(
  'a wall clock that jumps by %d ms, there and back, prunes nothing',
  async ms => {
    keepFor(30 * day)
    await threeOfA()
    await pass(day)
    for (const byMs of [ms, -ms, -ms, ms]) {
      time.jumpWallClock(byMs)
      await pass(6 * hour)
      await restart()
      keepFor(30 * day)
      await pass(6 * hour)
    }
    expect([historyOf(temporary.root), rounds]).toEqual([{ '2/a': 'one', '3/a': 'two' }, []])
  },
)

test('time that was seen before a restart counts, and time in between does not', async () => {
  keepFor(30 * day)
  await threeOfA()
  await pass(20 * day)
  await store.close()
  time.passAtOnce(365 * day)
  await open(temporary.root)
  keepFor(30 * day)
  await pass(9 * day)
  expect(Object.keys(historyOf(temporary.root))).toHaveLength(2)
  await pass(2 * day)
  expect(historyOf(temporary.root)).toEqual({})
})

test('what a program has changed since is filed anew, is told, and stays for that round', async () => {
  keepFor(30 * day)
  await threeOfA()
  await pass(29 * day)
  appendFileSync(on(`${seqTop(2)}/a`), ' and more')
  await pass(2 * day)
  expect(historyOf(temporary.root)).toEqual({ '2/a': 'one and more' })
  expect(rounds).toMatchObject([{ objects: 1, bytes: 3, filedAnew: 1 }])
  expect([...index.history.of(at('a'))].flat()).toMatchObject([{ digest: digest('one and more') }])
  await pass(2 * day)
  expect([historyOf(temporary.root), rounds[1]]).toMatchObject([{}, { objects: 1, bytes: 12, filedAnew: 0 }])
})

test('the bytes alone tell nothing where identity stands: a store through an old mtime is seen by ctime', async () => {
  keepFor(30 * day)
  await threeOfA()
  await pass(29 * day)
  writeFileSync(on(`${seqTop(2)}/a`), 'new')
  utimesSync(on(`${seqTop(2)}/a`), 1_700_000_002, 1_700_000_002)
  await pass(2 * day)
  expect(historyOf(temporary.root)).toEqual({ '2/a': 'new' })
})

test('objects of an index that was lost are filed again first, and go by the age of their records', async () => {
  keepFor(30 * day)
  await threeOfA()
  await pass(20 * day)
  await store.close()
  index = new MemoryIndex()
  await open(temporary.root)
  keepFor(30 * day)
  await pass(5 * day)
  expect([...index.history.of(at('a'))].flat().map(one => one.digest)).toEqual([digest('one'), digest('two')])
  await pass(6 * day)
  expect(historyOf(temporary.root)).toEqual({})
})

test('only a store that was closed in order, with all of it filed, says that it is', async () => {
  await threeOfA()
  expect(index.history.isComplete).toBe(false)
  await restart()
  expect(index.history.isComplete).toBe(false)
  for await (const _ of store.history.had(at('a'))) expect(index.history.isComplete).toBe(false)
  await store.close()
  expect(index.history.isComplete).toBe(true)
  await open(temporary.root)
})

test('what a node may need that is behind stays', async () => {
  keepFor(30 * day, 2)
  await threeOfA()
  await pass(40 * day)
  expect(historyOf(temporary.root)).toEqual({ '3/a': 'two' })
})

test('the list of a deleted folder stays as long as the journal has its record', async () => {
  keepFor(30 * day)
  await threeOfA()
  const list = on(`${seqTop(2)}/.concur`)
  writeFileSync(list, 'a list')
  await pass(40 * day)
  expect(existsSync(list)).toBe(true)
  expect(existsSync(on(`${seqTop(3)}`))).toBe(false)
})

test('a result that waits for its path to be free stays', async () => {
  keepFor(30 * day)
  mkdirSync(join(temporary.root, 'a'))
  await settle(store, put('a', 'one'), put('b', 'one'), put('b', 'two', { base: 'one' }))
  await pass(40 * day)
  expect(historyOf(temporary.root)).toEqual({ '1/a': 'one' })
})

test('what a fork left goes when it is that old since it was filed', async () => {
  keepFor(30 * day)
  await settle(store, put('a', 'one'))
  await pass(10 * day)
  await settle(store, put('a', 'fork', { base: 'one' }))
  await store.flush()
  await store.fileFork(1)
  expect(Object.values(historyOf(temporary.root))).toEqual(['fork'])
  await pass(25 * day)
  expect(Object.values(historyOf(temporary.root))).toEqual(['fork'])
  await pass(10 * day)
  expect(historyOf(temporary.root)).toEqual({})
})

test('what records replace that came after a fork is not as old as the fork', async () => {
  keepFor(30 * day)
  await settle(store, put('a', 'one'))
  await settle(store, put('a', 'fork', { base: 'one' }))
  await pass(25 * day)
  await store.fileFork(1)
  await settle(store, put('a', 'two', { base: 'one' }))
  await restart()
  keepFor(30 * day)
  await pass(10 * day)
  expect(historyOf(temporary.root)).toMatchObject({ '2/a': 'one' })
})

test('what gives way to a result that was kept back is as old as that, and not as the record', async () => {
  keepFor(30 * day)
  await settle(store, put('f/a', 'one'))
  await pass(5 * day)
  const name = join(temporary.root, 'f/a')
  rmSync(name)
  mkdirSync(name)
  await settle(store, put('f/a', 'two', { base: 'one' }))
  await pass(20 * day)
  rmSync(name, { recursive: true })
  writeFileSync(name, 'one')
  expect(await store.lookoutGround.tryAgain(at('f/a'))).toBe(true)
  expect(historyOf(temporary.root)).toEqual({ '2/f/a': 'one' })
  await pass(25 * day)
  expect(historyOf(temporary.root)).toEqual({ '2/f/a': 'one' })
  await pass(10 * day)
  expect(historyOf(temporary.root)).toEqual({})
})

test('what somebody asks for goes at once, path by path, and nothing that came later', async () => {
  keepFor(30 * day)
  await threeOfA()
  await settle(store, put('f/b', 'one'), put('f/b', 'two', { base: 'one' }), remove('f/b', { base: 'two' }))
  await store.flush()
  const due = { olderMs: 0, seqMax: store.history.prunableSeq }
  await settle(store, put('a', 'four', { base: 'three' }))
  await store.flush()
  const shown: unknown[] = []
  for await (const one of store.history.forget({ path: wholeTree, ...due, isDone: false })) shown.push(...one)
  expect(shown).toEqual([
    { path: 'a', objects: 2, bytes: 6, left: 0 },
    { path: 'f/b', objects: 2, bytes: 6, left: 0 },
  ])
  for await (const one of store.history.forget({ path: at('f'), ...due, isDone: true })) shown.push(...one)
  expect(shown.at(-1)).toEqual({ path: 'f/b', objects: 2, bytes: 6, left: 0 })
  expect(historyOf(temporary.root)).toEqual({ '2/a': 'one', '3/a': 'two', '7/a': 'three' })
  for await (const one of store.history.forget({ path: wholeTree, ...due, isDone: true })) shown.push(...one)
  expect(historyOf(temporary.root)).toEqual({ '7/a': 'three' })
  expect(existsSync(on(seqTop(2)))).toBe(false)
})

test('what is asked for by age goes by the time that was seen', async () => {
  keepFor(null)
  await settle(store, put('a', 'one'), put('a', 'two', { base: 'one' }))
  await pass(10 * day)
  await settle(store, put('a', 'three', { base: 'two' }))
  await pass(2 * day)
  const due = { olderMs: 7 * day, seqMax: store.history.prunableSeq }
  const gone: unknown[] = []
  for await (const one of store.history.forget({ path: wholeTree, ...due, isDone: true })) gone.push(...one)
  expect(gone).toEqual([{ path: 'a', objects: 1, bytes: 3, left: 0 }])
  expect(historyOf(temporary.root)).toEqual({ '3/a': 'two' })
})

test('a store that is fenced prunes nothing', async () => {
  keepFor(30 * day)
  await threeOfA()
  await pass(day)
  store.fence.stop('somebody said so')
  time.passAtOnce(60 * day)
  await turns(50)
  await time.pass(2 * hour)
  expect(Object.keys(historyOf(temporary.root))).toHaveLength(2)
})

test('a file that moved to another name is not in history, and an append leaves nothing there', async () => {
  await settle(store, put('a', 'one'), append('a', 'one', '+'), rename('a', 'b', { base: 'one+' }))
  expect(historyOf(temporary.root)).toEqual({})
  rmSync(join(temporary.root, 'b'))
})
