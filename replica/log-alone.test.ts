import { type ServedAlone, serveAlone } from '../fixtures/served-alone.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import type { FolderPath } from '../protocol/path.ts'
import {
  append,
  digest,
  entriesFor,
  journalOnly,
  mkdir,
  put,
  rename,
  settle,
} from './store/changes.fixture.ts'

let served: ServedAlone

beforeEach(async () => {
  served = await serveAlone(['server1', 'server2'] as NodeName[])
})

afterEach(() => served.removeAfterChanges())

async function log(options: Partial<BodyOf<'LOG'>> = {}) {
  const request = { path: '' as FolderPath, sinceSeq: null, last: null, follow: false, ...options }
  const answer = await served.peer.ask('LOG', request).ended()
  if (answer.error !== null) throw answer.error
  return answer.all('LOGGED').flatMap(({ operations }) => operations)
}
const seqs = async (options: Partial<BodyOf<'LOG'>> = {}) => (await log(options)).map(({ seq }) => seq)

test('a log without operations is one empty page', async () => {
  const request = { path: '' as FolderPath, sinceSeq: null, last: null, follow: false }
  const answer = await served.peer.ask('LOG', request).ended()
  expect(answer.all('LOGGED')).toEqual([{ operations: [] }])
})

test('what is settled is told, oldest first, and what is only journaled is not', async () => {
  const { store } = served
  await settle(
    store,
    put('f/a', 'one'),
    append('f/a', 'one', ' two'),
    rename('f/a', 'b', { base: 'one two' }),
  )
  await journalOnly(store, mkdir('g'))
  expect(await log()).toMatchObject([
    { epoch: 1, seq: 1, type: 'put', path: 'f/a', from: null, size: 3, digest: digest('one') },
    { seq: 2, type: 'append', size: 7, digest: digest('one two') },
    { seq: 3, type: 'rename', path: 'b', from: 'f/a', size: null, digest: null },
  ])
})

test('a folder tells what is below it, and a rename is there for both of its paths', async () => {
  await settle(
    served.store,
    mkdir('f'),
    put('f/a', 'one'),
    put('fa', 'x'),
    rename('f/a', 'b', { base: 'one' }),
  )
  expect(await seqs({ path: 'f' as FolderPath })).toEqual([1, 2, 4])
  expect(await seqs({ path: 'b' as FolderPath })).toEqual([4])
  expect(await seqs({ path: 'fa' as FolderPath })).toEqual([3])
})

test('only later ones, and only the last ones', async () => {
  await settle(served.store, mkdir('a'), mkdir('b'), mkdir('c'))
  expect(await seqs({ sinceSeq: 1 })).toEqual([2, 3])
  expect(await seqs({ last: 2 })).toEqual([2, 3])
  expect(await seqs({ last: 0 })).toEqual([])
  expect(await seqs({ sinceSeq: 9 })).toEqual([])
})

test('records of members, and those that were abandoned, are not told', async () => {
  const begin = { change: { type: 'begin', members: [] }, body: null } as const
  const abandoned = { change: { type: 'abandoned', abandonedSeq: 2, reason: 'x' }, body: null } as const
  await settle(served.store, begin, mkdir('a'), abandoned, mkdir('b'))
  expect(await seqs()).toEqual([4])
})

test('who follows is told what there is, and then that the coordinator cannot be reached', async () => {
  await settle(served.store, mkdir('a'))
  const asked = { path: '' as FolderPath, sinceSeq: null, last: null, follow: true }
  const answer = await served.peer.ask('LOG', asked).ended()
  expect(answer.all('LOGGED').flatMap(({ operations }) => operations.map(({ seq }) => seq))).toEqual([1])
  expect(answer.error).toMatchObject({ code: 'UNREACHABLE', message: 'the coordinator cannot be reached' })
})

test('more than fits into a page comes in several', async () => {
  const { store } = served
  await store.journal.append(
    entriesFor(
      store,
      Array.from({ length: 200 }, (_, n) => mkdir(`d${n}`)),
    ),
  )
  store.settler.commit(200)
  await store.settler.settled(200)
  const request = { path: '' as FolderPath, sinceSeq: null, last: null, follow: false }
  const answer = await served.peer.ask('LOG', request).ended()
  expect(answer.all('LOGGED').length).toBeGreaterThan(2)
  expect(await seqs()).toHaveLength(200)
})
