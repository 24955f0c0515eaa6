/** What was stated, as it lies on the disk. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { at, commitAll, put, settle } from '../changes.fixture.ts'
import { MemoryIndex } from '../memory-index.ts'
import { openTemporaryStore, type TemporaryStore } from '../store.fixture.ts'
import { contentsOf, restate } from './stated.fixture.ts'

let ahead: TemporaryStore

beforeEach(async () => {
  ahead = await openTemporaryStore()
  await settle(ahead.store, put('a', 'one'), put('b', 'two'), put('a', 'three', { base: 'one' }))
})

afterEach(() => ahead.remove())

const statedIn = (root: string) =>
  readdirSync(join(root, '.concur')).filter(name => name.startsWith('stated'))

test('what is damaged before it was settled is stated again, and the journal has nothing meanwhile', async () => {
  const index = new MemoryIndex()
  const first = await openTemporaryStore({ openIndex: () => index })
  await restate(ahead.store, first.store)
  const [name] = statedIn(first.root)
  const file = join(first.root, '.concur', name!)
  await first.store.close()
  const bytes = readFileSync(file)
  bytes[20]! ^= 1
  writeFileSync(file, bytes)
  const second = await openTemporaryStore({ root: first.root, openIndex: () => index })
  expect([second.store.journal.last.seq, statedIn(second.root)]).toEqual([0, []])
  second.store.setContentSource(contentsOf(ahead.store, second.store))
  await restate(ahead.store, second.store)
  await commitAll(second.store)
  expect(readFileSync(join(second.root, 'a'), 'utf8')).toBe('three')
  await second.remove()
})

test('it waits for its bytes over a restart, and goes when all of it is settled and flushed', async () => {
  const index = new MemoryIndex()
  const first = await openTemporaryStore({ openIndex: () => index })
  await restate(ahead.store, first.store)
  await first.store.close()
  const second = await openTemporaryStore({ root: first.root, openIndex: () => index })
  const { store } = second
  expect([store.journal.begin.seq, store.settler.settledSeq, statedIn(second.root).length]).toEqual([3, 0, 1])
  store.setContentSource(contentsOf(ahead.store, store))
  await commitAll(store)
  await store.flush()
  expect([store.settler.settledSeq, statedIn(second.root)]).toEqual([3, []])
  expect(readFileSync(join(second.root, 'b'), 'utf8')).toBe('two')
  await second.remove()
})

test('a node that is being told itself what paths are tells nobody', async () => {
  const behind = await openTemporaryStore()
  await restate(ahead.store, behind.store)
  const third = await openTemporaryStore()
  await expect(restate(behind.store, third.store)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect(third.store.journal.begin.seq).toBe(0)
  await third.remove()
  await behind.remove()
})

test('what changes while it is stated is stated as it is at the end', async () => {
  const behind = await openTemporaryStore()
  const tree = ahead.store.stateTree()
  const taking = await behind.store.beginStated()
  for await (const rows of tree.rows(new Set(Array.from({ length: 4096 }, (_, n) => n))))
    taking.take({ rows, isLater: false })
  await settle(ahead.store, put('b', 'four', { base: 'two' }), put('c', 'five'))
  const { rows, position } = await tree.finish()
  for (const page of rows) taking.take({ rows: page, isLater: true })
  await taking.finish(position)
  expect(position.seq).toBe(5)
  behind.store.setContentSource(contentsOf(ahead.store, behind.store))
  await commitAll(behind.store)
  const contents = ['a', 'b', 'c'].map(path => readFileSync(join(behind.root, path), 'utf8'))
  expect(contents).toEqual(['three', 'four', 'five'])
  await behind.remove()
})

test('what is all in the tree counts as settled after a crash, and the index is told it again', async () => {
  const index = new MemoryIndex()
  const first = await openTemporaryStore({ openIndex: () => index })
  await restate(ahead.store, first.store)
  first.store.setContentSource(contentsOf(ahead.store, first.store))
  await commitAll(first.store)
  const file = statedIn(first.root)
  const bytes = readFileSync(join(first.root, '.concur', file[0]!))
  await first.store.close()
  // As after a crash before the next checkpoint.
  writeFileSync(join(first.root, '.concur', file[0]!), bytes)
  const second = await openTemporaryStore({ root: first.root })
  expect([second.store.settler.settledSeq, second.store.settler.isStated]).toEqual([3, false])
  expect(second.store.journaled(at('a'))).toMatchObject({ seq: 3, is: 'file' })
  await second.store.flush()
  expect(statedIn(second.root)).toEqual([])
  await second.remove()
})
