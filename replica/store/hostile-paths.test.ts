/** No path leads a store out of its root, which is full of links: nothing outside is read, told or changed. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Canaries, readingsAreNoted } from '../../fixtures/canaries.ts'
import { generatedPath, namedPaths } from '../../fixtures/hostile-paths.ts'
import { SeededChance } from '../../fixtures/seeded-chance.ts'
import { trap } from '../../fixtures/trapped-root.ts'
import { UnflushedDisk } from '../../fixtures/unflushed-disk.ts'
import { digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { type FilePath, parsePath, wholeTree } from '../../protocol/path.ts'
import { mkdir, type Ordered, put, remove, removeFolder, settle } from './changes.fixture.ts'
import { openTemporaryStore, type TemporaryStore, temporaryFolder } from './store.fixture.ts'

/** A million are made: those that are paths, each once. */
const generated = 1_000_000
/** Changed are some of them. */
const changedMax = 300

let folder: string
let canaries: Canaries
let temporary: TemporaryStore

beforeEach(async () => {
  folder = temporaryFolder()
  const root = join(folder, 'root')
  canaries = trap(root)
  temporary = await openTemporaryStore({ root, disk: new UnflushedDisk() })
})

afterEach(async () => {
  await temporary.remove()
  rmSync(folder, { recursive: true })
})

function madeByChance(countMax = Number.POSITIVE_INFINITY): FilePath[] {
  const chance = new SeededChance(1)
  const paths = new Set<FilePath>()
  for (let made = 0; made < generated && paths.size < countMax; made++) {
    const path = pathOf(generatedPath(chance))
    if (path !== null) paths.add(path)
  }
  return [...paths]
}

function pathOf(text: string): FilePath | null {
  try {
    return parsePath(text)
  } catch {
    return null
  }
}

const named = namedPaths.map(text => parsePath(text))

test('the system says when a canary was read', () => {
  expect(readingsAreNoted(folder)).toBe(true)
})

test(`of every path that is one, looking finds nothing of the outside`, async () => {
  const { store } = temporary
  const outside = canaries.texts.map(text => digestOf(Buffer.from(text)).digest)
  const told: string[] = []
  const found = new Set<string>()
  let looked = 0
  for (const path of [...named, ...madeByChance()]) {
    const copy = await store.look(path, { deep: false })
    looked++
    found.add(copy.is)
    if (copy.is === 'file' && outside.includes(copy.digest)) told.push(`${path} is a canary`)
    const place = await store.survey(path)
    if (place.copy.is !== copy.is) told.push(`${path} is ${copy.is} and ${place.copy.is}`)
    for (const digest of outside)
      if (store.readSmall(path, digest, 1024) !== null) told.push(`${path} is read`)
  }
  expect(told).toEqual([])
  expect(looked).toBeGreaterThan(40_000)
  expect([...found].sort()).toEqual(['absent', 'file', 'folder', 'other'])
  expect(canaries.harm()).toEqual([])
}, 60_000)

test('of every path by hand, nothing of the outside is opened, walked or summed up', async () => {
  const { store } = temporary
  const outside = canaries.texts.map(text => digestOf(Buffer.from(text)).digest)
  const told: string[] = []
  for (const path of named) {
    for (const digest of outside) {
      const body = await store.openBody(path, digest).catch(() => null)
      if (body !== null) told.push(`${path} was opened`)
    }
    const names = await listed(path)
    if (names.some(name => !inRoot.has(name))) told.push(`${path} lists ${names}`)
  }
  expect(told).toEqual([])
  expect((await listed(wholeTree)).filter(name => name.includes('canary'))).toEqual([])
  expect(canaries.harm()).toEqual([])
})

const inRoot = new Set(['file', 'folder', 'folder/file', 'folder/link', 'folder/link-root'])
for (const name of namedPaths) if (!name.includes('/')) inRoot.add(name)

async function listed(path: FilePath | typeof wholeTree): Promise<string[]> {
  const names: string[] = []
  try {
    for await (const entries of temporary.store.walk(path, true))
      names.push(...entries.map(entry => entry.path))
  } catch (error) {
    if (!(error instanceof ConcurError)) throw error
  }
  return names
}

test('no record at any path changes anything outside', async () => {
  const { store } = temporary
  for (const path of [...named, ...madeByChance(changedMax)]) {
    const changes: Ordered[] = [
      put(path, 'new'),
      ...(pathOf(`${path}/x`) === null ? [] : [put(`${path}/x`, 'below')]),
      remove(path, { base: 'new' }),
      mkdir(path),
      removeFolder(path),
    ]
    await settle(store, ...changes)
  }
  expect(canaries.harm()).toEqual([])
}, 60_000)
