/** A root that is not what the journal was made for: emptied, gone, or another one. */
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { at, commitAll, journalOnly, put, remove, settle, treeOf } from '../changes.fixture.ts'
import { DiskError } from '../disk.ts'
import { MemoryIndex } from '../memory-index.ts'
import { temporaryFolder } from '../store.fixture.ts'
import { startWatching, type Watching } from './lookout.fixture.ts'

let parent: string
let root: string
let index: MemoryIndex
let watching: Watching

beforeEach(() => {
  parent = temporaryFolder()
  root = join(parent, 'root')
  mkdirSync(root)
  index = new MemoryIndex()
})

afterEach(async () => {
  await watching.end(false)
  rmSync(parent, { recursive: true, force: true })
})

async function start(options: { recheck?: boolean } = {}): Promise<void> {
  watching = await startWatching({ root, openIndex: () => index, ...options })
}

const reason = () => watching.temporary.store.fence.reason

/** `rm -r root/*`: what begins with a dot stays. */
function empty(): void {
  for (const name of readdirSync(root)) if (name !== '.concur') rmSync(join(root, name), { recursive: true })
}

/** Time for the root to be looked at by its name. */
const rootChecked = () => watching.pass(11_000)

const emptied =
  'the root is empty, though the journal put files there: put them back, or mount the disk, and start this server ' +
  'again, or start it once with --recheck if it was meant'

describe('a root that was emptied', () => {
  beforeEach(async () => {
    await start()
    await settle(watching.temporary.store, put('a', 'one'), put('d/b', 'two'))
  })

  test('while the server was stopped takes no changes, and no record is settled there', async () => {
    await journalOnly(watching.temporary.store, put('c', 'three'))
    await watching.end(false)
    empty()
    await start()
    expect(reason()).toBe(emptied)
    watching.temporary.store.settler.commit(3)
    await watching.pass()
    expect(treeOf(root)).toEqual({})
  })

  test('while it ran takes no changes from the scan on that finds it, which comes soon', async () => {
    await watching.scan()
    empty()
    for (const path of ['a', 'd', 'd/b']) watching.watcher.say(path, 'lost folder')
    await watching.pass(12_000)
    expect(reason()).toBe(emptied)
    expect(watching.told('takes no changes')).toEqual([{ reason: emptied }])
  })

  test('goes on when its files are back at the next start', async () => {
    await watching.end(false)
    empty()
    await start()
    await watching.end(false)
    writeFileSync(join(root, 'a'), 'one')
    mkdirSync(join(root, 'd'))
    writeFileSync(join(root, 'd/b'), 'two')
    await start()
    expect([reason(), watching.lookout.report().marks]).toEqual([null, 0])
  })

  test('goes on as it is when somebody says that it was meant, at later starts too', async () => {
    await watching.end(false)
    empty()
    await start({ recheck: true })
    expect([reason(), watching.lookout.report().marks]).toEqual([null, 3])
    await watching.scan()
    expect(reason()).toBeNull()
    await watching.end(false)
    await start()
    expect(reason()).toBeNull()
    await settle(watching.temporary.store, put('a', 'three', { base: 'one' }), put('c', 'four'))
    expect(treeOf(root)).toEqual({ a: 'three', c: 'four' })
    await watching.scan()
    empty()
    await watching.scan()
    expect(reason()).toBe(emptied)
  })

  test('is one again at the next start when it is still empty', async () => {
    await watching.end(false)
    empty()
    await start()
    await watching.end(false)
    await start()
    expect(reason()).toBe(emptied)
  })
})

test('a root from which the only file was deleted, or all through the server, goes on', async () => {
  await start()
  const { store } = watching.temporary
  await settle(store, put('a', 'one'))
  rmSync(join(root, 'a'))
  await watching.scan()
  expect(reason()).toBeNull()
  await settle(store, put('b', 'one'), put('c', 'one'))
  await settle(
    store,
    remove('b', { base: 'one' }),
    remove('c', { base: 'one' }),
    remove('a', { base: 'one' }),
  )
  await watching.scan()
  await watching.end(false)
  await start()
  expect(reason()).toBeNull()
})

test('a root into which files come, or from which they go through the server, while it is looked through, is not emptied', async () => {
  await start()
  const { store } = watching.temporary
  const { paths } = store.lookoutGround
  const honest = paths.below
  // The tree was gone through, and the index is about to be.
  const meanwhile = (act: () => Promise<unknown>): void => {
    paths.below = async function* (folder) {
      await act()
      paths.below = honest
      yield* honest.call(paths, folder)
    }
  }
  meanwhile(() => settle(store, put('a', 'one'), put('b', 'one')))
  await watching.scan()
  expect([reason(), watching.lookout.report().files]).toEqual([null, 0])
  meanwhile(() => settle(store, remove('a', { base: 'one' }), remove('b', { base: 'one' })))
  await watching.scan()
  expect(reason()).toBeNull()
})

test('a root that was emptied by a loss of power, before anything was flushed, is mended by the start', async () => {
  await start()
  await settle(watching.temporary.store, put('a', 'one'), put('b', 'two'))
  const left = {
    digests: index.digests,
    paths: index.paths.copy(),
    history: index.history.copy(),
    close: async () => {},
  }
  expect([left.paths.settledSeq, left.paths.get(at('a'))?.is]).toEqual([0, 'file'])
  await watching.end(false)
  empty()
  watching = await startWatching({ root, openIndex: () => left, bootId: 'another start' })
  expect([reason(), treeOf(root)]).toEqual([null, { a: 'one', b: 'two' }])
})

test('a root that cannot be read is not called empty', async () => {
  await start()
  await settle(watching.temporary.store, put('a', 'one'), put('b', 'two'))
  await watching.scan()
  const { disk } = watching.temporary
  const honest = disk.readNames
  disk.readNames = () => {
    throw new DiskError('EIO', 'getdents64')
  }
  await watching.scan()
  disk.readNames = honest
  expect(reason()).toBeNull()
})

describe('a root whose name leads elsewhere', () => {
  beforeEach(async () => {
    await start()
    await settle(watching.temporary.store, put('a', 'one'))
  })

  test('takes no changes when another folder stands there', async () => {
    renameSync(root, join(parent, 'away'))
    mkdirSync(root)
    await rootChecked()
    expect(reason()).toBe(
      'another folder stands where the root was (is its disk mounted?): start this server again when it is back',
    )
    renameSync(root, join(parent, 'other'))
    renameSync(join(parent, 'away'), root)
  })

  test('takes no changes when nothing stands there', async () => {
    renameSync(root, join(parent, 'away'))
    await rootChecked()
    expect(reason()).toBe('the root is not there any more: start this server again when it is back')
    renameSync(join(parent, 'away'), root)
  })

  test("takes no changes when the server's own folder is gone, or is another one", async () => {
    renameSync(join(root, '.concur'), join(parent, 'own'))
    await rootChecked()
    expect(reason()).toBe('.concur is gone from the root: start this server again when it is back')
    renameSync(join(parent, 'own'), join(root, '.concur'))
    await watching.end(false)
    await start()
    expect(reason()).toBeNull()
    renameSync(join(root, '.concur'), join(parent, 'own'))
    mkdirSync(join(root, '.concur'))
    await rootChecked()
    expect(reason()).toBe('another .concur stands in the root: start this server again when it is back')
    rmSync(join(root, '.concur'), { recursive: true })
    renameSync(join(parent, 'own'), join(root, '.concur'))
  })

  test('goes on when it is a link to the same folder, or when nobody can say', async () => {
    renameSync(root, join(parent, 'real'))
    symlinkSync('real', root)
    await rootChecked()
    expect(reason()).toBeNull()
    const { disk } = watching.temporary
    const honest = disk.openFolder
    disk.openFolder = () => {
      throw new DiskError('EMFILE', 'open')
    }
    await rootChecked()
    disk.openFolder = honest
    expect(reason()).toBeNull()
  })

  test('settles nothing any more, and what was ordered is settled by the next start', async () => {
    renameSync(root, join(parent, 'away'))
    await rootChecked()
    await journalOnly(watching.temporary.store, put('b', 'two'))
    watching.temporary.store.settler.commit(2)
    await watching.pass()
    renameSync(join(parent, 'away'), root)
    expect(treeOf(root)).toEqual({ a: 'one' })
    await watching.end(false)
    await start()
    await commitAll(watching.temporary.store)
    expect(treeOf(root)).toEqual({ a: 'one', b: 'two' })
  })
})
