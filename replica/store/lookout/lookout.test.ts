/** What people do to the tree past the server, and how it shows. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { ConcurError } from '../../../protocol/errors.ts'
import { at, digest, mkdir, put, remove, removeFolder, rename, settle, staged } from '../changes.fixture.ts'
import { smallBytesMax } from '../digests.ts'
import { DiskError } from '../disk.ts'
import { startWatching, type Watching } from './lookout.fixture.ts'
import { recountMinMs, scanEveryMs, scanUnwatchedEveryMs } from './scan-times.ts'

let watching: Watching
const on = (path: string): string => join(watching.temporary.root, path)
const store = () => watching.temporary.store
const count = () => watching.lookout.report().marks

/** Something to wait for. */
function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open: () => open() }
}

async function settleLarge(path: string, content: Buffer): Promise<void> {
  const stage = await staged(store(), store().journal.last.seq + 1, content)
  await settle(store(), put(path, content, { stage }))
}

beforeEach(async () => {
  watching = await startWatching()
})

afterEach(() => watching.end())

describe('a scan', () => {
  test('counts the files of the tree and their bytes, and says how old it is', async () => {
    watching.edit('folder/a', '12345')
    watching.edit('b', '123')
    expect(watching.lookout.report()).toMatchObject({ files: 0, bytes: 0 })
    await watching.scan()
    await watching.time.pass(5_000)
    expect(watching.lookout.report()).toEqual({
      files: 2,
      bytes: 8,
      scanAgeMs: 5_000,
      marks: 0,
      held: null,
      unwatched: null,
    })
    expect(watching.told('scan').at(-1)).toMatchObject({ files: 2, bytes: 8, marks: 0, unreadFolders: 0 })
  })

  test('counts anew what records have changed, without anybody asking', async () => {
    await settle(store(), put('a', '12345'), put('b', '123'), mkdir('c'))
    expect(watching.lookout.report()).toMatchObject({ files: 0, bytes: 0 })
    await watching.pass(recountMinMs)
    expect(watching.lookout.report()).toMatchObject({ files: 2, bytes: 8 })
    await settle(store(), mkdir('d'))
    await watching.pass(10 * recountMinMs)
    expect(watching.told('scan')).toHaveLength(2)
  })

  test('begins at the start, and again every hour', async () => {
    expect(watching.told('scan')).toHaveLength(1)
    await watching.pass(scanEveryMs + 1_000)
    expect(watching.told('scan')).toHaveLength(2)
  })

  test('finds what was edited, deleted, replaced by something else or put back, and leaves alone what was not', async () => {
    await settle(store(), put('same', 'one'), put('edited', 'one'), put('longer', 'one'), put('gone', 'one'))
    await settle(store(), put('typed', 'one'), put('back', 'one'), mkdir('folder'), mkdir('lost'))
    await settle(store(), remove('back', { base: 'one' }))
    watching.edit('edited', 'two')
    watching.edit('longer', 'longer')
    watching.edit('back', 'one')
    rmSync(on('gone'))
    rmSync(on('typed'))
    symlinkSync('same', on('typed'))
    rmSync(on('lost'), { recursive: true })
    expect(count()).toBe(0)
    await watching.scan()
    const all = ['same', 'edited', 'longer', 'gone', 'typed', 'back', 'folder', 'lost']
    expect(watching.marked(...all)).toEqual(['edited', 'longer', 'gone', 'typed', 'back', 'lost'])
    expect(count()).toBe(6)
  })

  test('finds a mark to be over when the content is back, whatever its time is', async () => {
    await settle(store(), put('a', 'one'))
    watching.edit('a', 'two')
    await watching.scan()
    expect(count()).toBe(1)
    watching.edit('a', 'one')
    await watching.scan()
    expect(count()).toBe(0)
  })

  test('marks no file that was never replicated, new or old, nor a folder', async () => {
    watching.edit('mine/new', 'x')
    symlinkSync('nowhere', on('link'))
    execFileSync('mkfifo', [on('fifo')])
    await watching.scan()
    expect(count()).toBe(0)
    expect(watching.lookout.report().files).toBe(1)
  })

  test('does not take what it was given through the server for edits, moved and appended included', async () => {
    await settle(store(), put('a', 'one'), put('d/b', 'two'), mkdir('e'))
    await settle(store(), put('a', 'three', { base: 'one' }), rename('d', 'f', { what: 'folder' }))
    await settle(store(), rename('a', 'e/a', { base: 'three' }))
    await settle(store(), removeFolder('f', [{ path: at('f/b'), what: 'file', seen: [digest('two')] }]))
    await watching.scan()
    expect(watching.marked('a', 'd', 'd/b', 'e/a', 'f/b')).toEqual([])
  })

  test('reads a file that a touch has made doubtful, and believes its bytes', async () => {
    await settle(store(), put('a', 'one'))
    utimesSync(on('a'), 1, 1)
    await watching.scan()
    expect(count()).toBe(0)
  })

  test('reads a large file that it is in doubt about in the background, once', async () => {
    const large = Buffer.alloc(smallBytesMax + 1, 'a')
    await settleLarge('a', large)
    await settleLarge('b', large)
    utimesSync(on('a'), 1, 1)
    watching.edit('b', Buffer.alloc(smallBytesMax + 1, 'b'))
    await watching.scan()
    await watching.pass()
    expect(watching.marked('a', 'b')).toEqual(['b'])
    const { hashed } = watching.temporary.hasher
    expect(hashed).toBe(2)
    await watching.scan()
    await watching.pass()
    expect(watching.temporary.hasher.hashed).toBe(hashed)
  })

  test('goes on where a folder cannot be read, and has no count then', async () => {
    await settle(store(), put('a', 'one'), put('closed/b', 'two'))
    watching.edit('a', 'two')
    const { disk } = watching.temporary
    const honest = disk.openBeneath
    disk.openBeneath = (folder, path, as) => {
      if (path === 'closed' && as === 'folder') throw new DiskError('EACCES', 'openat2')
      return honest.call(disk, folder, path, as)
    }
    await watching.scan()
    disk.openBeneath = honest
    expect(watching.lookout.report()).toMatchObject({ files: null, bytes: null, marks: 1 })
    expect(watching.told('scan').at(-1)).toMatchObject({ unreadFolders: 1 })
  })

  test('shows every folder to the watcher, and no other file system, no link and nothing of its own', async () => {
    mkdirSync(on('a/b'), { recursive: true })
    symlinkSync('a', on('link'))
    await watching.scan()
    expect([...watching.watcher.shown].sort()).toEqual(['.', 'a', 'a/b'])
  })
})

describe('what the watcher hints at', () => {
  test('is looked at soon, and a mark comes and goes without a scan', async () => {
    await settle(store(), put('a', 'one'))
    watching.edit('a', 'two')
    watching.watcher.say('a')
    await watching.pass()
    expect(watching.marked('a')).toEqual(['a'])
    watching.edit('a', 'one')
    watching.watcher.say('a')
    await watching.pass()
    expect(count()).toBe(0)
    expect(watching.told('scan')).toHaveLength(1)
  })

  test('is no edit when it was us', async () => {
    await settle(store(), put('a', 'one'), mkdir('d'), put('d/b', 'two'))
    for (const path of ['a', 'd', 'd/b']) watching.watcher.say(path)
    watching.watcher.say('d', 'new folder')
    await watching.pass()
    expect(count()).toBe(0)
  })

  test('leads to all below a folder that came, which is watched from then on', async () => {
    await settle(store(), put('d/a', 'one'), put('d/e/b', 'two'))
    renameSync(on('d'), on('away'))
    watching.watcher.say('d', 'lost folder')
    watching.watcher.say('away', 'new folder')
    await watching.pass()
    expect(watching.marked('d/a', 'd/e/b', 'away/a')).toEqual(['d/a', 'd/e/b'])
    expect([...watching.watcher.shown]).toEqual(expect.arrayContaining(['away', 'away/e']))
    renameSync(on('away'), on('d'))
    watching.watcher.say('d', 'new folder')
    await watching.pass()
    expect(count()).toBe(0)
  })

  test('of a folder that came leads also to what was in it, and went before anybody watched it', async () => {
    await settle(store(), mkdir('d'), put('d/a', 'one'), put('d/b', 'two'))
    rmSync(on('d/a'))
    renameSync(on('d/b'), on('d/c'))
    watching.watcher.say('d', 'new folder')
    await watching.pass()
    expect([watching.marked('d/a', 'd/b', 'd/c'), count()]).toEqual([['d/a', 'd/b'], 2])
  })

  test('of a folder that went through the server leads to no search of the index', async () => {
    await settle(store(), put('d/e/a', 'one'), put('f/b', 'one'))
    await settle(
      store(),
      removeFolder('d', [
        { path: at('d/e'), what: 'folder', seen: [] },
        { path: at('d/e/a'), what: 'file', seen: [digest('one')] },
      ]),
    )
    await settle(store(), rename('f', 'g', { what: 'folder' }))
    const { paths } = store().lookoutGround
    const honest = paths.below
    const searched: string[] = []
    paths.below = folder => {
      searched.push(folder)
      return honest.call(paths, folder)
    }
    for (const path of ['d', 'd/e', 'f']) watching.watcher.say(path, 'lost folder')
    watching.watcher.say('nobodys', 'lost folder')
    await watching.pass()
    expect([searched, count()]).toEqual([['nobodys'], 0])
  })

  test('that something was lost leads to a scan, after a rest', async () => {
    await settle(store(), put('a', 'one'))
    watching.edit('a', 'two')
    watching.watcher.loseSomething()
    await watching.pass(500)
    expect(count()).toBe(0)
    await watching.pass(10_000)
    expect([count(), watching.told('scan').length]).toEqual([1, 2])
  })

  test('is not needed: without a watcher a scan finds it all, more often', async () => {
    await watching.end()
    watching = await startWatching({ isWatched: false })
    await settle(store(), put('a', 'one'))
    watching.edit('a', 'two')
    await watching.pass(scanUnwatchedEveryMs + 1_000)
    expect([count(), watching.lookout.report().unwatched]).toEqual([1, null])
  })

  test('may be less than all: the reason is reported, told once, and scans come more often', async () => {
    watching.watcher.unwatched = 'the system lets this user watch no more'
    await watching.scan()
    expect(watching.lookout.report().unwatched).toBe('the system lets this user watch no more')
    await watching.pass(scanUnwatchedEveryMs + 1_000)
    expect(watching.told('scan')).toHaveLength(3)
    expect(watching.told('not everything is watched')).toEqual([
      { reason: 'the system lets this user watch no more' },
    ])
  })
})

describe('a record', () => {
  test('that was kept back is a mark, until the path is what the journal says', async () => {
    watching.edit('a', 'mine')
    const said = await settle(store(), put('a', 'one'))
    expect(said[0]!.kept).toMatchObject([{ path: 'a' }])
    expect(watching.marked('a')).toEqual(['a'])
    watching.edit('a', 'one')
    watching.watcher.say('a')
    await watching.pass()
    expect(count()).toBe(0)
  })

  test('that replaces an edit which it knows of ends the mark, though nobody hints at it', async () => {
    await settle(store(), put('a', 'one'))
    watching.edit('a', 'two')
    await watching.scan()
    expect(count()).toBe(1)
    await settle(store(), put('a', 'three', { base: 'one', seen: ['two'] }))
    await watching.pass()
    expect(count()).toBe(0)
  })

  test('that deletes or moves a folder ends the marks below it', async () => {
    await settle(store(), put('d/a', 'one'), put('e/b', 'one'))
    rmSync(on('d/a'))
    rmSync(on('e/b'))
    await watching.scan()
    expect(count()).toBe(2)
    await settle(store(), removeFolder('d', []))
    await watching.pass()
    expect(watching.marked('d/a', 'e/b')).toEqual(['e/b'])
  })

  test('that waits to be settled leaves its paths alone, and they are looked at behind it', async () => {
    await settle(store(), put('a', 'one'))
    const asked = gate()
    const answered = gate()
    // The record's bytes are asked of somebody, and do not come yet.
    store().setContentSource({
      async obtain() {
        asked.open()
        await answered.opened
        return { is: 'bytes', bytes: Buffer.from('two') }
      },
    })
    const { change } = put('a', 'two', { base: 'one' })
    const settled = settle(store(), { change, body: null })
    await asked.opened
    watching.edit('a', 'mine')
    watching.watcher.say('a')
    await watching.pass()
    expect(count()).toBe(0)
    answered.open()
    await settled
    await watching.pass()
    expect(watching.marked('a')).toEqual(['a'])
  })
})

test('nothing is looked at after a stop, and the watcher is let go', async () => {
  await watching.lookout.stop()
  const timers = watching.time.timerCount
  watching.lookout.scanNow()
  watching.watcher.say('a')
  await watching.pass(2 * scanEveryMs)
  expect(watching.told('scan')).toHaveLength(1)
  // The store goes on seeing time pass.
  expect([watching.watcher.isClosed, timers]).toEqual([true, 1])
})

test('a stop does not wait for a large file that is being read', async () => {
  const large = Buffer.alloc(smallBytesMax + 1, 'a')
  await settleLarge('a', large)
  utimesSync(on('a'), 1, 1)
  const begun = gate()
  const held = gate()
  watching.temporary.hasher.before = () => {
    begun.open()
    return held.opened
  }
  watching.lookout.scanNow()
  await begun.opened
  await watching.lookout.stop()
  held.open()
})

test('an index that cannot be gone through is told, and the next scan tries again', async () => {
  const { paths } = store().lookoutGround
  const honest = paths.below
  paths.below = () => {
    throw new ConcurError('IO_ERROR', 'the index cannot be written')
  }
  await watching.scan()
  expect(watching.told('the tree could not be looked through')).toEqual([
    { reason: 'the index cannot be written' },
  ])
  expect(watching.told('scan')).toHaveLength(1)
  paths.below = honest
  await watching.pass(scanEveryMs + 1_000)
  expect(watching.told('scan')).toHaveLength(2)
})
