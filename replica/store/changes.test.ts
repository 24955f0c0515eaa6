/** The changes as a person sees them in the folder: what each makes, and what it leaves in history. */
import { lstatSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeDeletedEntries } from '../../protocol/record.ts'
import {
  append,
  at,
  digest,
  firstMs,
  historyOf,
  mkdir,
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
import { openLmdbIndex } from './lmdb-index.ts'
import { openTemporaryStore, type TemporaryStore, timers } from './store.fixture.ts'
import type { Obtained } from './store.ts'

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
})

afterEach(() => temporary.remove())

test('a put makes a file, with the folders above it, and its time', async () => {
  const { store, root } = temporary
  expect(await settle(store, put('a/b/c.txt', 'new'))).toEqual([])
  expect(treeOf(root)).toEqual({ a: null, 'a/b': null, 'a/b/c.txt': 'new' })
  expect(statSync(join(root, 'a/b/c.txt')).mtimeMs).toBe(firstMs + 1000)
  expect(statSync(join(root, 'a/b/c.txt')).mode & 0o777).toBe(0o644)
  expect(store.journaled(at('a/b/c.txt'))).toEqual({ seq: 1, is: 'file', digest: digest('new'), size: 3 })
  expect(ownFiles(root, 'staging')).toEqual({})
})

test('a put over a file moves what was there into history', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'))
  const said = await settle(store, put('a', 'two', { base: 'one' }))
  expect(said).toEqual([{ seq: 2, kept: [], replaced: [{ path: 'a', digest: digest('one'), cause: null }] }])
  expect(treeOf(root)).toEqual({ a: 'two' })
  expect(historyOf(root)).toEqual({ '2/a': 'one' })
  expect(ownFiles(root, 'exchange')).toEqual({})
})

test('a staged put becomes the file itself', async () => {
  const { store, root } = temporary
  const stage = store.stages.open(stageId(1))
  stage.write(Buffer.from('sta'))
  stage.write(Buffer.from('ged'))
  expect(await stage.seal()).toMatchObject({ size: 6, digest: digest('staged') })
  const { ino } = lstatSync(join(root, '.concur/staging', stageId(1)))
  await settle(store, put('a', 'staged', { stage: stageId(1) }))
  expect(lstatSync(join(root, 'a')).ino).toBe(ino)
  expect(ownFiles(root, 'staging')).toEqual({})
})

test('an append extends the file in place', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'))
  const { ino } = lstatSync(join(root, 'a'))
  await settle(store, append('a', 'one', ' two'))
  expect(treeOf(root)).toEqual({ a: 'one two' })
  expect(lstatSync(join(root, 'a')).ino).toBe(ino)
  expect(historyOf(root)).toEqual({})
})

test('a delete moves the file into history', async () => {
  const { store, root } = temporary
  await settle(store, put('f/a', 'one'), remove('f/a', { base: 'one' }))
  expect(treeOf(root)).toEqual({ f: null })
  expect(historyOf(root)).toEqual({ '2/f/a': 'one' })
  expect(store.journaled(at('f/a'))).toEqual({ seq: 2, is: 'absent' })
})

test('a rename moves the file, and leaves its time', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'), rename('a', 'f/b', { base: 'one' }))
  expect(treeOf(root)).toEqual({ f: null, 'f/b': 'one' })
  expect(statSync(join(root, 'f/b')).mtimeMs).toBe(firstMs + 1000)
  expect(store.journaled(at('f/b'))).toEqual({ seq: 2, is: 'file', digest: digest('one'), size: 3 })
  expect(store.journaled(at('a'))).toEqual({ seq: 2, is: 'absent' })
})

test('a renamed file that was never put here through a record is known by the size that it has', async () => {
  const { store, root } = temporary
  writeFileSync(join(root, 'a'), 'by hand')
  await settle(store, rename('a', 'b', { base: null, seen: ['by hand'] }))
  expect(store.journaled(at('b'))).toEqual({ seq: 1, is: 'file', digest: digest('by hand'), size: 7 })
})

test('a rename over a file moves what was there into history', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'), put('b', 'two'), rename('a', 'b', { base: 'one', over: 'two' }))
  expect(treeOf(root)).toEqual({ b: 'one' })
  expect(historyOf(root)).toEqual({ '3/b': 'two' })
})

test('a folder is made and renamed with all that lies in it, and what is known of it goes along', async () => {
  const { store, root, hasher } = temporary
  const large = Buffer.alloc(100_000, 1)
  const stage = await staged(store, 1, large)
  await settle(store, mkdir('f'), put('f/a', 'one'), put('f/large', large, { stage }))
  writeFileSync(join(root, 'f/mine'), 'by hand')
  await settle(store, rename('f', 'g/h', { what: 'folder' }))
  expect(Object.keys(treeOf(root))).toEqual(['g', 'g/h', 'g/h/a', 'g/h/large', 'g/h/mine'])
  expect(store.journaled(at('g/h/a'))).toEqual({ seq: 4, is: 'file', digest: digest('one'), size: 3 })
  expect(store.journaled(at('f/a'))).toEqual({ seq: 4, is: 'absent' })
  expect(await store.look(at('g/h/large'), { deep: false })).toMatchObject({ is: 'file', size: 100_000 })
  expect(hasher.hashed).toBe(0)
})

test('what a renamed folder takes where no path can name it is nobody’s, and the folder is deleted all the same', async () => {
  await temporary.remove()
  const openIndex = (folder: string) => openLmdbIndex({ folder, timers, onFault: console.error })
  temporary = await openTemporaryStore({ openIndex })
  const { store, root } = temporary
  const deep = `f/${Array.from({ length: 16 }, () => 'd'.repeat(250)).join('/')}`
  const wide = `f${'w'.repeat(200)}`
  await settle(store, put(deep, 'one'), put('f/a', 'two'), rename('f', wide, { what: 'folder' }))
  expect(store.journaled(at(deep))).toEqual({ seq: 3, is: 'absent' })
  expect(store.journaled(at(`${wide}/a`))).toEqual({ seq: 3, is: 'file', digest: digest('two'), size: 3 })
  await store.flush()
  const entries = [{ path: at(`${wide}/a`), what: 'file', seen: [digest('two')] }] as const
  await settle(store, removeFolder(wide, entries), put('b', 'three'))
  expect(store.journaled(at('b'))).toMatchObject({ seq: 5 })
  // Whoever removes the root could not name it either.
  renameSync(join(root, wide), join(root, 'f'))
})

test('rm -r removes what was seen; what was not stays and is counted', async () => {
  const { store, root } = temporary
  await settle(store, put('f/a', 'one'), put('f/g/b', 'two'), mkdir('f/empty'))
  writeFileSync(join(root, 'f/mine'), 'by hand')
  const entries = [
    { path: at('f/a'), what: 'file', seen: [digest('one')] },
    { path: at('f/empty'), what: 'folder', seen: [] },
    { path: at('f/g'), what: 'folder', seen: [] },
    { path: at('f/g/b'), what: 'file', seen: [digest('two')] },
  ] as const
  const said = await settle(store, removeFolder('f', entries))
  expect(said[0]!.kept).toEqual([
    { path: 'f', reason: 'it is not empty: 1 name in it was not to be deleted' },
  ])
  expect(treeOf(root)).toEqual({ f: null, 'f/mine': 'by hand' })
  expect(historyOf(root)).toEqual({ '4/f/a': 'one', '4/f/g/b': 'two' })
  expect(store.journaled(at('f/g/b'))).toEqual({ seq: 4, is: 'absent' })
})

test('a file that somebody put where a record had deleted one gives way as an edit', async () => {
  const { store, root } = temporary
  await settle(store, put('a', 'one'), remove('a', { base: 'one' }))
  writeFileSync(join(root, 'a'), 'by hand')
  const [said] = await settle(store, put('a', 'two', { base: null, seen: ['by hand'] }))
  expect(said!.replaced).toMatchObject([{ path: 'a', cause: 'edited-on-disk' }])
  await settle(store, remove('a', { base: 'two' }))
  writeFileSync(join(root, 'a'), 'by hand')
  const [deleted] = await settle(store, remove('a', { base: null, seen: ['by hand'] }))
  expect(deleted!.replaced).toMatchObject([{ path: 'a', cause: 'edited-on-disk' }])
})

describe('rm -r', () => {
  const list = (...contents: (readonly [path: string, ...seen: string[]])[]) =>
    contents.map(([path, ...seen]) => ({ path: at(path), what: 'file' as const, seen: seen.map(digest) }))

  test('says of each content that gave way how it compares with what the records made', async () => {
    const { store, root } = temporary
    await settle(store, put('f/edited', 'ours'), put('f/same', 'one'))
    writeFileSync(join(root, 'f/edited'), 'by hand')
    writeFileSync(join(root, 'f/unknown'), 'x')
    const entries = list(['f/edited', 'by hand'], ['f/same', 'one'], ['f/unknown', 'x'])
    const [said] = await settle(store, removeFolder('f', entries))
    expect(said!.replaced.map(({ path, cause }) => [path, cause])).toEqual([
      ['f/edited', 'edited-on-disk'],
      ['f/same', null],
      ['f/unknown', 'never-replicated'],
    ])
    expect(treeOf(root)).toEqual({})
  })

  test('of many files tells the one that was edited', async () => {
    const { store, root } = temporary
    const names = Array.from({ length: 40 }, (_, at) => `f/${at}`)
    await settle(store, ...names.map(name => put(name, 'ours')))
    writeFileSync(join(root, 'f/39'), 'by hand')
    const seen = names.map(name => [name, name === 'f/39' ? 'by hand' : 'ours'] as const)
    const [said] = await settle(store, removeFolder('f', list(...seen)))
    expect(said!.replaced).toHaveLength(32)
    expect(said!.replaced.at(-1)).toMatchObject({ path: 'f/39', cause: 'edited-on-disk' })
  })

  test('takes what the records made, though no node that was asked had it any more', async () => {
    const { store, root } = temporary
    await settle(store, put('f/a', 'ours'))
    await settle(store, removeFolder('f', list(['f/a', 'by hand elsewhere'])))
    expect(treeOf(root)).toEqual({})
    expect(historyOf(root)).toEqual({ '2/f/a': 'ours' })
  })

  describe('whose list is not here', () => {
    const entries = list(['f/a', 'one'])
    const bare = (): Ordered => ({ ...removeFolder('f', entries), body: null })

    /** Settles the delete with what another node gives. */
    async function settleWith(obtained: (list: Buffer) => Promise<Obtained>, ordered = bare()) {
      const { store } = temporary
      await settle(store, put('f/a', 'one'))
      store.setContentSource({ obtain: () => obtained(writeDeletedEntries(entries)) })
      return settle(store, ordered)
    }

    test.each([
      ['bytes', async (bytes: Buffer): Promise<Obtained> => ({ is: 'bytes', bytes })],
      [
        'a stage',
        async (bytes: Buffer): Promise<Obtained> => ({
          is: 'staged',
          stage: await staged(temporary.store, 9, bytes),
        }),
      ],
    ])('obtains it as %s', async (_, obtained) => {
      expect(await settleWith(obtained)).toMatchObject([{ kept: [], replaced: [{ path: 'f/a' }] }])
      expect(treeOf(temporary.root)).toEqual({})
    })

    test('obtains it where its stage is gone, too', async () => {
      const { change } = removeFolder('f', entries)
      const { bytes } = (change as Extract<typeof change, { type: 'delete' }>).body
      const lacking = { ...change, body: { bytes, stage: stageId(1) } } as typeof change
      await settleWith(async bytes => ({ is: 'bytes', bytes }), { change: lacking, body: null })
      expect(treeOf(temporary.root)).toEqual({})
    })

    test('and that nobody has leaves the folder, with the reason', async () => {
      expect(await settleWith(async () => ({ is: 'lost', reason: 'nobody has it' }))).toEqual([
        { seq: 2, kept: [{ path: 'f', reason: expect.stringContaining('nobody has it') }], replaced: [] },
      ])
      expect(treeOf(temporary.root)).toEqual({ f: null, 'f/a': 'one' })
    })

    test('is not worked off by another one', async () => {
      const other = settleWith(async () => ({ is: 'bytes', bytes: Buffer.from('other') }))
      await expect(other).rejects.toMatchObject({ code: 'IO_ERROR' })
      expect(treeOf(temporary.root)).toEqual({ f: null, 'f/a': 'one' })
    })
  })
})

test('an empty folder is deleted', async () => {
  const { store, root } = temporary
  await settle(store, mkdir('f/g'), removeFolder('f/g'))
  expect(treeOf(root)).toEqual({ f: null })
})
