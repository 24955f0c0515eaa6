/** What a record could not install, and what is in its way goes. */
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  at,
  digest,
  historyOf,
  mkdir,
  put,
  remove,
  removeFolder,
  settle,
  treeOf,
} from '../changes.fixture.ts'
import { DiskError, type Fd } from '../disk.ts'
import type { Fence } from '../fence.ts'
import type { Slices } from '../slices.ts'
import { WatchedDisk } from '../store.fixture.ts'
import { Findings } from './findings.ts'
import { startWatching, type Watching } from './lookout.fixture.ts'
import { Obstacles } from './obstacles.ts'

/** Refuses what brings something into place, or out of it, as a folder does that may not be written. */
class RefusingDisk extends WatchedDisk {
  refuses = false
  refusesMoves = false

  override moveNew(from: Fd, name: string, to: Fd, newName: string): void {
    if (this.refusesMoves) throw new DiskError('EACCES', 'moveNew')
    super.moveNew(from, name, to, newName)
  }

  override exchange(folder: Fd, name: string, otherFolder: Fd, otherName: string): void {
    if (this.refuses) throw new DiskError('EACCES', 'exchange')
    super.exchange(folder, name, otherFolder, otherName)
  }
}

let disk: RefusingDisk
let watching: Watching
const root = () => watching.temporary.root
const on = (path: string): string => join(root(), path)
const store = () => watching.temporary.store
const marks = () => watching.lookout.report().marks
const installed = () => watching.told('installed what was kept back').map(({ path }) => path)

beforeEach(async () => {
  disk = new RefusingDisk()
  watching = await startWatching({ disk })
})

afterEach(() => watching.end())

/** Somebody hints at something. */
async function hint(path: string): Promise<void> {
  watching.watcher.say(path)
  await watching.pass()
}

test('a file comes where a file stood for its folder, when that is gone', async () => {
  watching.edit('a', 'in the way')
  const [said] = await settle(store(), put('a/b', 'content'))
  expect(said!.kept).toMatchObject([{ path: 'a/b' }])
  expect(watching.told('kept back')).toEqual([{ seq: 1, ...said!.kept[0] }])
  await hint('a')
  expect(installed()).toEqual([])
  rmSync(on('a'))
  await hint('a')
  expect(treeOf(root())).toEqual({ a: null, 'a/b': 'content' })
  expect([installed(), marks()]).toEqual([['a/b'], 0])
  expect(historyOf(root())).toEqual({})
})

test.each([
  ['a folder', (path: string) => mkdirSync(path)],
  ['a link', (path: string) => symlinkSync('nowhere', path)],
])('a file comes where %s stood, when that is gone, also where only a scan finds it', async (_, stand) => {
  stand(on('a'))
  await settle(store(), put('a', 'content', { executable: true }))
  rmSync(on('a'), { recursive: true })
  await watching.scan()
  expect(readFileSync(on('a'), 'utf8')).toBe('content')
  expect(statSync(on('a')).mode & 0o100).toBe(0o100)
  expect([installed(), marks()]).toEqual([['a'], 0])
})

test('a folder comes where a file stood, when that is gone', async () => {
  watching.edit('a', 'in the way')
  await settle(store(), mkdir('a'))
  rmSync(on('a'))
  await hint('a')
  expect(treeOf(root())).toEqual({ a: null })
  expect(marks()).toBe(0)
})

test('a file that could not be replaced is, when that is possible, and goes to history', async () => {
  await settle(store(), put('a', 'old'))
  chmodSync(on('a'), 0o640)
  disk.refuses = true
  const [said] = await settle(store(), put('a', 'new', { base: 'old' }))
  expect(said!.kept).toMatchObject([{ path: 'a' }])
  await hint('a')
  expect(readFileSync(on('a'), 'utf8')).toBe('old')
  disk.refuses = false
  await hint('a')
  expect(readFileSync(on('a'), 'utf8')).toBe('new')
  expect(statSync(on('a')).mode & 0o777).toBe(0o640)
  expect(Object.values(historyOf(root()))).toEqual(['old'])
  expect([installed(), marks()]).toEqual([['a'], 0])
})

test('what somebody saved meanwhile stays', async () => {
  await settle(store(), put('a', 'old'))
  disk.refuses = true
  await settle(store(), put('a', 'new', { base: 'old' }))
  disk.refuses = false
  writeFileSync(on('a'), 'by hand')
  await hint('a')
  expect(readFileSync(on('a'), 'utf8')).toBe('by hand')
  expect(Object.values(historyOf(root()))).toEqual(['new'])
  expect(marks()).toBe(1)
})

test('what was kept back for an edit stays so when the edit is gone', async () => {
  watching.edit('a', 'by hand')
  await settle(store(), put('a', 'content'))
  rmSync(on('a'))
  await hint('a')
  await watching.scan()
  expect(treeOf(root())).toEqual({})
  expect(marks()).toBe(1)
})

test('what somebody deleted does not come back', async () => {
  await settle(store(), put('a', 'content'))
  rmSync(on('a'))
  await hint('a')
  await watching.scan()
  expect(treeOf(root())).toEqual({})
})

test('what a later record deletes or replaces does not come back', async () => {
  watching.edit('a', 'in the way')
  await settle(store(), put('a/b', 'one'), put('a/c', 'two'))
  await settle(store(), remove('a/b', { base: 'one' }), put('a/c', 'three', { base: 'two' }))
  rmSync(on('a'))
  await hint('a')
  expect(treeOf(root())).toEqual({ a: null, 'a/c': 'three' })
})

describe('what could not be deleted', () => {
  test('goes into history when that is possible', async () => {
    await settle(store(), put('a', 'old'))
    disk.refusesMoves = true
    const [said] = await settle(store(), remove('a', { base: 'old' }))
    expect(said!.kept).toMatchObject([{ path: 'a', reason: expect.stringContaining('EACCES') }])
    disk.refusesMoves = false
    await hint('a')
    expect(treeOf(root())).toEqual({})
    expect(historyOf(root())).toEqual({ '2/a': 'old' })
    expect([installed(), marks()]).toEqual([['a'], 0])
  })

  test('stays when somebody has saved it meanwhile', async () => {
    await settle(store(), put('a', 'old'))
    disk.refusesMoves = true
    await settle(store(), remove('a', { base: 'old' }))
    disk.refusesMoves = false
    writeFileSync(on('a'), 'by hand')
    await hint('a')
    expect(treeOf(root())).toEqual({ a: 'by hand' })
    expect([installed(), marks()]).toEqual([[], 1])
  })

  describe('of a folder that was deleted with all below it', () => {
    beforeEach(async () => {
      await settle(store(), put('d/a', 'one'), put('d/b', 'two'))
      disk.refusesMoves = true
      const list = { a: 'one', b: 'two' }
      const entries = Object.entries(list).map(([name, content]) => ({
        path: at(`d/${name}`),
        what: 'file' as const,
        seen: [digest(content)],
      }))
      await settle(store(), removeFolder('d', entries))
      disk.refusesMoves = false
    })

    test('goes, and the folder with it', async () => {
      await hint('d')
      await watching.scan()
      expect(treeOf(root())).toEqual({})
      expect(historyOf(root())).toEqual({ '3/d/a': 'one', '3/d/b': 'two' })
      expect(marks()).toBe(0)
    })

    test('stays where somebody has saved it meanwhile', async () => {
      writeFileSync(on('d/b'), 'by hand')
      await hint('d')
      await watching.scan()
      expect(treeOf(root())).toEqual({ d: null, 'd/b': 'by hand' })
      expect(historyOf(root())).toEqual({ '3/d/a': 'one' })
    })
  })
})

test.each([
  ['is fenced', { reason: 'the disk refused', isOver: false }],
  ['is being closed', { reason: null, isOver: true }],
])('nothing is tried in a store that %s', async (_, { reason, isOver }) => {
  const { findings, tried, obstacles } = scripted(reason)
  findings.marks.set(at('a'), { deviation: 'missing', kept: 'a link is on the way' })
  await obstacles.tryAgain(everOn, () => isOver)
  expect(tried).toEqual([])
})

test('a disk in trouble is one obstacle more, and the next path is tried all the same', async () => {
  const { findings, tried, obstacles } = scripted(null)
  for (const path of ['a', 'b'])
    findings.marks.set(at(path), { deviation: 'missing', kept: 'a link is on the way' })
  await obstacles.tryAgain(everOn, () => false)
  expect(tried).toEqual(['a', 'b'])
})

const everOn = { isUsedUp: false } as Slices

function scripted(reason: string | null) {
  const findings = new Findings({
    pathLook: { look: () => ({ is: 'unsettled' }), read: async () => ({ is: 'unsettled' }) },
  })
  const tried: string[] = []
  const tryAgain = async (path: string): Promise<boolean> => {
    tried.push(path)
    throw new DiskError('EIO', 'rename')
  }
  const ground = { tryAgain, fence: { reason } as Fence }
  const file = { read: () => [], save: () => {} }
  return { findings, tried, obstacles: new Obstacles({ ground, findings, file, onInstalled: () => {} }) }
}
