import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  at,
  commitAll,
  digest,
  historyOf,
  mkdir,
  type Ordered,
  ownFiles,
  put,
  remove,
  removeFolder,
  rename,
  settle,
  treeOf,
} from '../changes.fixture.ts'
import { CrashDisk, SurvivingIndex } from '../crash.fixture.ts'
import { CountingHasher, clock, noTimers, random, temporaryFolder } from '../store.fixture.ts'
import { Store } from '../store.ts'

interface Fork {
  readonly before: readonly Ordered[]
  readonly fork: readonly Ordered[]
  /** On the disk, past us, when the fork is settled. */
  readonly byHand?: (root: string) => void
  /** What is there in the end, where it is not what was there before. */
  readonly after?: Record<string, string | null>
  /** Contents that are in history then. */
  readonly kept: readonly string[]
}

const forks: Record<string, Fork> = {
  'a new file': { before: [], fork: [put('a', 'fork')], kept: ['fork'] },
  'a new file in a new folder': {
    before: [],
    fork: [put('f/a', 'fork')],
    kept: ['fork'],
  },
  'a put over a file': {
    before: [put('a', 'old')],
    fork: [put('a', 'fork', { base: 'old' })],
    kept: ['fork'],
  },
  'two puts over a file': {
    before: [put('a', 'old')],
    fork: [put('a', 'one', { base: 'old' }), put('a', 'two', { base: 'one' })],
    kept: ['one', 'two'],
  },
  'an append': { before: [put('a', 'old')], fork: [append('a', 'old', '+')], kept: ['old+'] },
  'an append and a put over it': {
    before: [put('a', 'old')],
    fork: [append('a', 'old', '+'), put('a', 'two', { base: 'old+' })],
    kept: ['old+', 'two'],
  },
  'a delete': { before: [put('a', 'old')], fork: [remove('a', { base: 'old' })], kept: [] },
  'a delete of a folder': {
    before: [put('f/a', 'one'), put('f/g/b', 'two')],
    fork: [
      removeFolder('f', [
        { path: at('f/a'), what: 'file', seen: [digest('one')] },
        { path: at('f/g'), what: 'folder', seen: [] },
        { path: at('f/g/b'), what: 'file', seen: [digest('two')] },
      ]),
    ],
    kept: [],
  },
  'a rename': { before: [put('a', 'old')], fork: [rename('a', 'b', { base: 'old' })], kept: [] },
  'a rename over a file': {
    before: [put('a', 'one'), put('b', 'two')],
    fork: [rename('a', 'b', { base: 'one', over: 'two' })],
    kept: [],
  },
  'a rename of a folder, and a change in it': {
    before: [put('f/a', 'one'), put('f/b', 'two')],
    fork: [rename('f', 'g', { what: 'folder' }), put('g/a', 'fork', { base: 'one' })],
    kept: ['fork'],
  },
  'folders that are made': { before: [mkdir('f')], fork: [mkdir('g'), mkdir('g/h')], kept: [] },
  'a put over an edit': {
    before: [put('a', 'old')],
    fork: [put('a', 'fork', { base: 'old', seen: ['old', 'edit'] })],
    kept: ['fork'],
  },
  'an edit of what the fork made': {
    before: [put('a', 'old')],
    fork: [put('a', 'fork', { base: 'old' })],
    byHand: root => writeFileSync(join(root, 'a'), 'by hand'),
    after: { a: 'by hand' },
    kept: ['old'],
  },
  'a file that no record had made': {
    before: [],
    fork: [put('theirs', 'fork', { seen: ['mine'] })],
    after: { theirs: 'mine' },
    kept: ['fork'],
  },
}

let root: string
let index: SurvivingIndex

beforeEach(() => {
  root = temporaryFolder()
  index = new SurvivingIndex()
})

afterEach(() => rmSync(root, { recursive: true }))

const open = (disk = new CrashDisk()): Promise<Store> =>
  Store.open({
    ...{ root, disk, clock, timers: noTimers, random, hasher: new CountingHasher(disk) },
    ...{ openIndex: () => index, bootId: 'one start', segmentBytes: 65536, onFault: () => {} },
  })

/** @returns the last record before the fork, and the tree as it was there. */
async function forked(store: Store, { before, fork, byHand }: Fork) {
  await settle(store, ...before)
  if (fork[0]!.change.type === 'put' && fork[0]!.change.path === 'theirs')
    writeFileSync(join(root, 'theirs'), 'mine')
  const commonSeq = store.journal.last.seq
  const tree = treeOf(root)
  await settle(store, ...fork)
  byHand?.(root)
  return { commonSeq, tree }
}

function check({ after, kept }: Fork, tree: Record<string, string | null>): void {
  expect(treeOf(root)).toEqual(after ?? tree)
  expect(Object.values(historyOf(root))).toEqual(expect.arrayContaining([...kept]))
  expect({ ...ownFiles(root, 'staging'), ...ownFiles(root, 'exchange') }).toEqual({})
  expect(existsSync(join(root, '.concur/fork'))).toBe(false)
}

test.each(Object.entries(forks))('%s goes to history, and the tree is as before', async (_, fork) => {
  const store = await open()
  const { commonSeq, tree } = await forked(store, fork)
  const { seq } = store.journal.last
  expect(await store.fileFork(commonSeq)).toMatchObject({ commonSeq, lastSeq: seq })
  expect([store.journal.last.seq, store.settler.settledSeq]).toEqual([commonSeq, commonSeq])
  await store.close()
  check(fork, tree)
})

test.each(Object.entries(forks))('%s: whatever it is stopped at, the next start goes on', async (_, fork) => {
  let number = 1
  for (; ; number++) {
    const disk = new CrashDisk()
    const store = await open(disk)
    const { commonSeq, tree } = await forked(store, fork)
    disk.arm(number)
    const isStopped = await store.fileFork(commonSeq).then(
      () => false,
      () => true,
    )
    if (!isStopped) {
      disk.arm(Number.POSITIVE_INFINITY)
      await store.close()
      check(fork, tree)
      break
    }
    await store.settler.stop()
    disk.abandon()
    index.crash('the index as it was flushed')
    const again = await open()
    if (again.journal.last.seq > commonSeq) await again.fileFork(commonSeq)
    expect([again.journal.last.seq, again.settler.settledSeq]).toEqual([commonSeq, commonSeq])
    await again.close()
    check(fork, tree)
    rmSync(root, { recursive: true })
    root = temporaryFolder()
    index = new SurvivingIndex()
  }
  expect(number).toBeGreaterThan(5)
})

test('what comes back is a file of its own: whoever writes into it changes nothing in history', async () => {
  const store = await open()
  await settle(store, put('a', 'old'), put('b', 'kept'))
  await settle(store, put('a', 'fork', { base: 'old' }), remove('b', { base: 'kept' }))
  await store.fileFork(2)
  expect(treeOf(root)).toEqual({ a: 'old', b: 'kept' })
  const kept = historyOf(root)
  for (const name of ['a', 'b']) writeFileSync(join(root, name), 'by hand')
  expect(historyOf(root)).toEqual(kept)
  await store.close()
})

test('records that others have there are settled afterwards, also with a part of the same content', async () => {
  const store = await open()
  await settle(store, put('a', 'old'), put('b', 'old'))
  await settle(store, put('a', 'fork', { base: 'old' }), remove('b', { base: 'old' }))
  await store.fileFork(2)
  await settle(store, put('a', 'theirs', { base: 'old' }), append('b', 'old', '+'), put('c', 'fork'))
  expect(treeOf(root)).toEqual({ a: 'theirs', b: 'old+', c: 'fork' })
  await store.close()
  const again = await open()
  await commitAll(again)
  expect(treeOf(root)).toEqual({ a: 'theirs', b: 'old+', c: 'fork' })
  expect(again.journaled(at('a'))).toMatchObject({ seq: 3, digest: digest('theirs') })
  await again.close()
})

test('the audit log says what was taken back, path by path', async () => {
  const store = await open()
  await settle(store, put('a', 'old'))
  await settle(store, put('a', 'fork', { base: 'old' }))
  await store.fileFork(1)
  await settle(store, put('a', 'theirs', { base: 'old' }))
  await store.close()
  const lines = readFileSync(join(root, '.concur/log.json'), 'utf8').trim().split('\n')
  expect(lines.map(line => JSON.parse(line)).map(({ seq, type, path }) => [seq, type, path])).toEqual([
    [1, 'put', 'a'],
    [2, 'put', 'a'],
    [1, 'forked', null],
    [1, 'forked', 'a'],
    [2, 'put', 'a'],
  ])
})
