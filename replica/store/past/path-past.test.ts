/** What a store tells of a path's past: which record made a content, and what a record was. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  at,
  commitAll,
  digest,
  firstMs,
  journalOnly,
  mkdir,
  put,
  remove,
  removeFolder,
  rename,
  settle,
  stageId,
} from '../changes.fixture.ts'
import { openLmdbIndex } from '../lmdb-index.ts'
import { openTemporaryStore, type TemporaryStore, timers } from '../store.fixture.ts'

const openIndex = (folder: string) => openLmdbIndex({ folder, timers, onFault: console.error })

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore({ openIndex })
})

afterEach(() => temporary.remove())

const seqOf = (path: string, content: string) => temporary.store.pastOf(at(path)).seqOf(digest(content))
const stateOf = (path: string) => temporary.store.journaled(at(path))

async function restart(): Promise<void> {
  const { root, disk } = temporary
  temporary = await openTemporaryStore({ openIndex, root, disk })
}

/** The index is lost while the store is closed. */
async function loseIndex(): Promise<void> {
  await temporary.store.close()
  rmSync(join(temporary.root, '.concur/index'), { recursive: true })
  await restart()
}

test('every content that a path had is known by the last record that made it', async () => {
  const { store } = temporary
  await settle(store, put('a', 'one'), put('a', 'two', { base: 'one' }), append('a', 'two', '!'))
  await settle(store, put('a', 'one', { base: 'two!' }), remove('a', { base: 'one' }))
  const known = () => ['one', 'two', 'two!', 'three'].map(content => seqOf('a', content))
  expect(known()).toEqual([4, 2, 3, null])
  expect(seqOf('b', 'one')).toBeNull()
  await temporary.store.close()
  await restart()
  expect(known()).toEqual([4, 2, 3, null])
  await loseIndex()
  expect(known()).toEqual([4, 2, 3, null])
})

test('a content that was passed over, since a later one undid it, was the path’s all the same', async () => {
  const { store } = temporary
  const lost = put('a', 'never here', { stage: stageId(1) })
  await journalOnly(store, lost, put('a', 'two', { base: 'never here' }))
  await commitAll(store)
  expect([seqOf('a', 'never here'), seqOf('a', 'two')]).toEqual([1, 2])
})

test('a moved file has its content by the record that moved it; what it had before stays with the old name', async () => {
  const { store } = temporary
  await settle(store, put('d/a', 'one'), put('d/a', 'two', { base: 'one' }))
  await settle(store, rename('d/a', 'd/b', { base: 'two' }))
  expect([seqOf('d/b', 'two'), seqOf('d/b', 'one'), seqOf('d/a', 'one')]).toEqual([3, null, 1])
  await settle(store, rename('d', 'e', { what: 'folder' }))
  expect(seqOf('e/b', 'two')).toBe(4)
})

test('an operation is told by its record; what is none of a client, and what is not there, is not', async () => {
  const { store } = temporary
  await settle(store, put('a', 'one'))
  const past = store.pastOf(at('a'))
  expect(past.path).toBe('a')
  expect(past.operationAt(1)).toMatchObject({ seq: 1, type: 'put', path: 'a', timeMs: firstMs + 1000 })
  expect(past.operationAt(2)).toBeNull()
})

test('a folder above what is written is one by the journal from then on, until it is deleted', async () => {
  const { store } = temporary
  await settle(store, put('a/b/c', 'one'), put('a/b/d', 'two'), mkdir('a/e'))
  expect([stateOf('a'), stateOf('a/b'), stateOf('a/e')]).toEqual([
    { seq: 1, is: 'folder' },
    { seq: 1, is: 'folder' },
    { seq: 3, is: 'folder' },
  ])
  await settle(store, removeFolder('a', [{ path: at('a/b/c'), what: 'file', seen: [digest('one')] }]))
  expect(stateOf('a/b')).toEqual({ seq: 4, is: 'absent' })
})
