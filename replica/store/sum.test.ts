/** The sums of a real tree on a real disk. */
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FilePath, FolderPath } from '../../protocol/path.ts'
import { parsePath, wholeTree } from '../../protocol/path.ts'
import { bucketOf, bucketsToCompare, type TreeSum } from '../../protocol/tree-sum.ts'
import { keepIdentities, openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

const stores: TemporaryStore[] = []

async function storeOf(tree: Readonly<Record<string, string>>): Promise<TemporaryStore> {
  const temporary = await openTemporaryStore()
  stores.push(temporary)
  for (const [path, content] of Object.entries(tree)) write(temporary, path, content)
  return temporary
}

function write({ root }: TemporaryStore, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

function sum({ store }: TemporaryStore, folder: FolderPath = wholeTree, deep = false): Promise<TreeSum> {
  return store.sum(folder, { deep, signal: new AbortController().signal, onProgress: () => {} })
}

async function differing(a: TemporaryStore, b: TemporaryStore): Promise<number[]> {
  return [...bucketsToCompare([await sum(a), await sum(b)])]
}

const bucket = (path: string) => bucketOf(path as FilePath)

afterEach(async () => {
  for (const store of stores.splice(0)) await store.remove()
})

const large = 'x'.repeat(200_000)

test('two trees of the same content have the same sums, whatever their times, whatever else was read before', async () => {
  const tree = { a: 'x', 'folder/b': large, 'folder/deeper/ä': '' }
  const [one, two] = [await storeOf(tree), await storeOf(tree)]
  utimesSync(join(two.root, 'a'), 1_000, 1_000)
  one.disk.aheadS = 100
  await sum(one)
  const opened = one.disk.filesOpened
  expect(await sum(one)).toEqual(await sum(two))
  expect(await sum(one)).toMatchObject({ files: 3, bytes: 200_001, open: [] })
  expect(one.disk.filesOpened).toBe(opened)
})

test('one changed byte, a missing file, a folder for a file differ in their own buckets', async () => {
  const tree = { a: 'x', b: 'x', 'folder/c': 'x', same: 'x' }
  const [one, two] = [await storeOf(tree), await storeOf({ a: 'y', 'folder/c/d': 'x', same: 'x' })]
  const paths = ['a', 'b', 'folder/c', 'folder/c/d']
  expect((await differing(one, two)).sort()).toEqual(paths.map(bucket).sort())
})

test('a link leaves its bucket open, on both sides', async () => {
  const [one, two] = [await storeOf({ a: 'x' }), await storeOf({ a: 'x' })]
  for (const { root } of [one, two]) symlinkSync('a', join(root, 'link'))
  expect(await differing(one, two)).toEqual([bucket('link')])
})

test('the sums of a folder are of what is below it; of a file, of that file', async () => {
  const store = await storeOf({ 'folder/a': 'x', 'folder/sub/b': 'y', c: 'z' })
  expect(await sum(store, parsePath('folder'))).toMatchObject({ files: 2, sums: { length: 3 } })
  const alone = await sum(store, parsePath('folder/a'))
  expect(alone).toMatchObject({ files: 1, sums: [{ bucket: bucket('folder/a') }] })
  await expect(sum(store, parsePath('nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('a change that no stat shows is found by a deep sum alone, and remembered from then on', async () => {
  const store = await storeOf({ a: 'one', large })
  store.disk.aheadS = 100
  keepIdentities(store.disk)
  const before = await sum(store)
  write(store, 'a', 'two')
  write(store, 'large', `${large.slice(1)}y`)
  expect(await sum(store)).toEqual(before)
  const after = await sum(store, wholeTree, true)
  expect([...bucketsToCompare([before, after])].sort()).toEqual([bucket('a'), bucket('large')].sort())
  expect(await sum(store)).toEqual(after)
})

test('of many sums at once two are made, and the others have their turn', async () => {
  const store = await storeOf({ a: 'x', b: 'y' })
  const sums = await Promise.all(Array.from({ length: 10 }, () => sum(store)))
  expect(new Set(sums.map(one => JSON.stringify(one))).size).toBe(1)
  await expect(sum(store, parsePath('nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(await sum(store)).toEqual(sums[0])
})

describe('a walk of some buckets', () => {
  const names = Array.from({ length: 300 }, (_, at) => `folder-${at % 7}/sub/file-${at}`)

  async function walkOf(
    { store }: TemporaryStore,
    buckets: ReadonlySet<number>,
    folder: FolderPath = wholeTree,
  ) {
    const paths: string[] = []
    for await (const entries of store.walkBuckets(folder, buckets))
      paths.push(...entries.map(({ path }) => path))
    return paths
  }

  test('gives what falls into them, and nothing else, in the order of a whole walk', async () => {
    const store = await storeOf(Object.fromEntries(names.map(name => [name, 'x'])))
    const all: string[] = []
    for await (const entries of store.store.walk(wholeTree, true))
      all.push(...entries.map(({ path }) => path))
    for (const some of [names.slice(0, 3), names.slice(5, 50), ['folder-3', 'folder-3/sub']]) {
      const buckets = new Set(some.map(bucket))
      const expected = all.filter(path => buckets.has(bucket(path)))
      expect(expected.length).toBeGreaterThanOrEqual(some.length)
      expect(await walkOf(store, buckets)).toEqual(expected)
    }
    expect(await walkOf(store, new Set())).toEqual([])
  })

  test('looks at nothing but what falls into them, and folders', async () => {
    const store = await storeOf(Object.fromEntries(names.map(name => [name, 'x'])))
    const looked: string[] = []
    const { statChild } = store.disk
    store.disk.statChild = (folder, name, into) => {
      looked.push(name)
      statChild.call(store.disk, folder, name, into)
    }
    const [path] = await walkOf(store, new Set([bucket(names[11]!)]))
    expect(path).toBe(names[11])
    expect(looked.filter(name => name.startsWith('file-')).length).toBeLessThan(5)
  })

  test('gives names that no path can be where they fall into them', async () => {
    const store = await storeOf({ 'folder/a': 'x' })
    const names = [Buffer.from('new\nline'), Buffer.from([0x66, 0xff]), Buffer.from('back\\slash\u0001')]
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${store.root}/folder/`), name]), '')
    const { open } = await sum(store)
    expect(open).toHaveLength(names.length)
    const all: string[] = []
    for (const bucket of open) all.push(...(await walkOf(store, new Set([bucket]))))
    expect(all.sort()).toEqual(['folder/back\\\\slash\\x01', 'folder/f\\xff', 'folder/new\\x0aline'])
  })

  test('of a path that is no folder gives it where it falls into them', async () => {
    const store = await storeOf({ 'folder/a': 'x' })
    const path = parsePath('folder/a')
    expect(await walkOf(store, new Set([bucket(path)]), path)).toEqual([path])
    expect(await walkOf(store, new Set([bucket(path) + 1]), path)).toEqual([])
    await expect(walkOf(store, new Set([1]), parsePath('nowhere'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})
