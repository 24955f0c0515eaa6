/** The watcher on real folders. */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type FolderPath, parseFolderPath } from '../../../protocol/path.ts'
import { DiskError, type Fd } from '../disk.ts'
import { LinuxDisk } from '../linux-disk.ts'
import { temporaryFolder } from '../store.fixture.ts'
import { Inotify } from './inotify.ts'
import { InotifyWatcher } from './inotify-watcher.ts'

const disk = new LinuxDisk()
let root: string
let watcher: InotifyWatcher
const on = (path: string): string => join(root, path)

beforeEach(() => {
  root = temporaryFolder()
  watcher = new InotifyWatcher()
})

afterEach(() => {
  watcher.close()
  rmSync(root, { recursive: true, force: true })
})

/** Shows it a folder, as a walk does. */
function show(...folders: string[]): void {
  for (const folder of folders) {
    const path = parseFolderPath(folder)
    const fd = disk.openFolder(join(root, path))
    watcher.watch(fd, path)
    disk.close(fd)
  }
}

const taken = () => Object.fromEntries(watcher.take().changes)

test('everything that happens to a file in a folder that it was shown is told, once for each path', () => {
  writeFileSync(on('b'), 'x')
  writeFileSync(on('c'), 'x')
  writeFileSync(on('d'), 'x')
  show('.')
  expect(taken()).toEqual({})
  writeFileSync(on('a'), 'x')
  appendFileSync(on('b'), 'y')
  rmSync(on('c'))
  renameSync(on('d'), on('e'))
  expect(taken()).toEqual({ a: 'thing', b: 'thing', c: 'thing', d: 'thing', e: 'thing' })
  expect(taken()).toEqual({})
  chmodSync(on('a'), 0o600)
  expect(taken()).toEqual({ a: 'thing' })
})

test('links, FIFOs and sockets are things like any other, and are not followed', () => {
  mkdirSync(on('inside'))
  show('.')
  symlinkSync('inside', on('link'))
  writeFileSync(on('inside/a'), 'x')
  writeFileSync(on('link/b'), 'x')
  expect(taken()).toEqual({ link: 'thing' })
})

test('a folder that comes is told as new, one that goes as lost; what is in them is not known until they are shown', () => {
  mkdirSync(on('old/deep'), { recursive: true })
  show('.', 'old', 'old/deep')
  mkdirSync(on('new'))
  writeFileSync(on('new/a'), 'x')
  renameSync(on('old'), on('moved'))
  expect(taken()).toEqual({ new: 'new folder', old: 'lost folder', moved: 'new folder' })
  show('new', 'moved', 'moved/deep')
  writeFileSync(on('new/b'), 'x')
  writeFileSync(on('moved/deep/c'), 'x')
  expect(taken()).toEqual({ 'new/b': 'thing', 'moved/deep/c': 'thing' })
})

test('a folder that was deleted, with all that was in it, is told and then forgotten', () => {
  mkdirSync(on('d'))
  writeFileSync(on('d/a'), 'x')
  show('.', 'd')
  rmSync(on('d'), { recursive: true })
  expect(taken()).toEqual({ 'd/a': 'thing', d: 'lost folder' })
  mkdirSync(on('d'))
  writeFileSync(on('d/a'), 'x')
  expect(taken()).toEqual({ d: 'new folder' })
})

test('a folder whose permissions change is a thing that changed', () => {
  mkdirSync(on('d'))
  show('.', 'd')
  chmodSync(on('d'), 0o700)
  expect(taken()).toEqual({ d: 'thing' })
})

test("the server's own folder, and names that no path can be, are not told", () => {
  mkdirSync(on('.concur'))
  mkdirSync(on('d'))
  show('.', 'd')
  chmodSync(on('.concur'), 0o700)
  writeFileSync(on('new\nline'), 'x')
  writeFileSync(Buffer.concat([Buffer.from(`${root}/d/`), Buffer.of(0xff)]), 'x')
  writeFileSync(on('d/ä'), 'x')
  expect(taken()).toEqual({ 'd/ä': 'thing' })
})

test('what was not shown again in a round is watched no more', () => {
  mkdirSync(on('d'))
  show('.', 'd')
  watcher.beginRound()
  show('.')
  watcher.endRound()
  writeFileSync(on('d/a'), 'x')
  writeFileSync(on('b'), 'x')
  expect(taken()).toEqual({ b: 'thing' })
})

test('more than the kernel keeps is lost, and said so, once', () => {
  show('.')
  const files = ['a', 'b'].map(name => openSync(on(name), 'w'))
  const times = 20_000
  for (let i = 0; i < times; i++) writeSync(files[i % 2]!, 'x')
  for (const file of files) closeSync(file)
  const { changes, isWhole } = watcher.take()
  expect([isWhole, changes.get('a' as never)]).toEqual([false, 'thing'])
  writeFileSync(on('c'), 'x')
  expect([watcher.take().isWhole, watcher.take().isWhole]).toEqual([true, true])
})

test('more changes than have a place are not whole either', () => {
  watcher.close()
  watcher = new InotifyWatcher({ changesMax: 3 })
  show('.')
  for (const name of ['a', 'b', 'c', 'd', 'a']) writeFileSync(on(name), 'x')
  const { changes, isWhole } = watcher.take()
  expect([[...changes.keys()], isWhole]).toEqual([['a', 'b', 'c'], false])
})

test('no more folders are watched than it may, and one that is watched already keeps its place', () => {
  watcher.close()
  watcher = new InotifyWatcher({ foldersMax: 2 })
  mkdirSync(on('a'))
  mkdirSync(on('b'))
  show('.', 'a', 'b', 'a')
  expect(watcher.unwatched).toBe(
    'changes in a folder are not noticed as they come: no more than 2 are watched',
  )
  writeFileSync(on('a/x'), '')
  writeFileSync(on('b/x'), '')
  expect(taken()).toEqual({ 'a/x': 'thing' })
})

/** As the system is when it has no more to give. */
class ScarceInotify extends Inotify {
  left: number
  private readonly code: string

  constructor(left: number, code = 'ENOSPC') {
    super()
    this.left = left
    this.code = code
  }

  override add(folder: Fd): number {
    if (this.left-- <= 0) throw new DiskError(this.code, 'inotify_add_watch')
    return super.add(folder)
  }
}

describe('where the system lets it watch no more', () => {
  let scarce: ScarceInotify

  beforeEach(() => {
    watcher.close()
    scarce = new ScarceInotify(1)
    watcher = new InotifyWatcher({ open: () => scarce })
    mkdirSync(on('a'))
    mkdirSync(on('b'))
  })

  function round(...folders: string[]): void {
    watcher.beginRound()
    show(...folders)
    watcher.endRound()
  }

  test('it says of how many folders it knows nothing, why, and which limit that is; and goes on with the others', () => {
    round('.', 'a', 'b')
    expect(watcher.unwatched).toMatch(
      /^changes in 2 folders are not noticed as they come: the system lets this user watch no more \(fs\.inotify\.max_user_watches is \d+\)$/,
    )
    writeFileSync(on('c'), 'x')
    writeFileSync(on('a/d'), 'x')
    expect(taken()).toEqual({ c: 'thing' })
  })

  test('it tries again in the next round, and says so until that has ended', () => {
    round('.', 'a')
    scarce.left = 5
    watcher.beginRound()
    show('.')
    expect(watcher.unwatched).toMatch(/^changes in a folder are not noticed/)
    show('a')
    watcher.endRound()
    expect(watcher.unwatched).toBeNull()
  })

  test('any other refusal is told with its code', () => {
    watcher.close()
    watcher = new InotifyWatcher({ open: () => new ScarceInotify(0, 'EACCES') })
    show('.')
    expect(watcher.unwatched).toBe(
      'changes in a folder are not noticed as they come: the system does not watch them (EACCES)',
    )
  })
})

test.each([
  [
    'EMFILE',
    /^changes are not noticed as they come: the system gives this user no further watcher \(fs\.inotify\.max_user_instances is \d+\)$/,
  ],
  ['ENOSYS', /^changes are not noticed as they come: the system gives no watcher \(ENOSYS\)$/],
])('a system that gives none at all (%s) is told so, and nothing else goes wrong', (code, sentence) => {
  watcher.close()
  const open = (): never => {
    throw new DiskError(code, 'inotify_init1')
  }
  watcher = new InotifyWatcher({ open })
  watcher.beginRound()
  show('.')
  watcher.endRound()
  expect(watcher.unwatched).toMatch(sentence)
  expect(watcher.take()).toEqual({ changes: new Map(), isWhole: true })
})

test('a folder that vanished before it was shown is not watched', () => {
  mkdirSync(on('d'))
  const fd = disk.openFolder(on('d'))
  rmSync(on('d'), { recursive: true })
  watcher.watch(fd, 'd' as FolderPath)
  disk.close(fd)
  expect(taken()).toEqual({})
})
