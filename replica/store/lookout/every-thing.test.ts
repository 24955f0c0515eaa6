import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FakeTime } from '../../../fixtures/fake-time.ts'
import { parsePath, wholeTree } from '../../../protocol/path.ts'
import { DiskError } from '../disk.ts'
import { Slices } from '../slices.ts'
import { openTemporaryStore, type TemporaryStore } from '../store.fixture.ts'
import { type Visitor, visitEveryThing } from './every-thing.ts'

let temporary: TemporaryStore
let time: FakeTime
let seen: string[]
let visitor: Visitor & { onThing(path: string): void }
let isOver: boolean
const on = (path: string): string => join(temporary.root, path)

beforeEach(async () => {
  temporary = await openTemporaryStore()
  time = new FakeTime()
  seen = []
  isOver = false
  visitor = {
    onFolder: (_, path) => void seen.push(`${path}/`),
    onThing: (path: string) => void seen.push(path),
    onNoPath: () => void seen.push('no path'),
    get isOver() {
      return isOver
    },
  }
})

afterEach(() => temporary.remove())

/** `workMs` 0: every look at the clock ends a slice. */
const visit = (from = wholeTree as never, workMs = 1) => {
  const { tree } = temporary.store.lookoutGround
  return visitEveryThing(
    tree,
    from,
    new Slices({ clock: time, timers: time, pace: { workMs, restMs: 0 } }),
    visitor,
  )
}

test('everything is met once, folders are entered, and nothing else is', async () => {
  mkdirSync(on('a/b'), { recursive: true })
  writeFileSync(on('a/b/c'), 'x')
  writeFileSync(on('new\nline'), 'x')
  symlinkSync('a', on('link'))
  execFileSync('mkfifo', [on('fifo')])
  expect(await visit()).toBe(0)
  expect(seen.sort()).toEqual(['/', 'a', 'a/', 'a/b', 'a/b/', 'a/b/c', 'fifo', 'link', 'no path'])
})

test('only what is below a folder is met where one is named, and nothing where there is none', async () => {
  mkdirSync(on('a/b'), { recursive: true })
  writeFileSync(on('c'), 'x')
  expect(await visit(parsePath('a') as never)).toBe(0)
  expect(seen).toEqual(['a/', 'a/b', 'a/b/'])
  for (const path of ['c', 'nowhere']) expect(await visit(parsePath(path) as never)).toBe(0)
  expect(seen).toHaveLength(3)
})

test('another file system below the root is met and not entered', async () => {
  mkdirSync(on('mnt/inside'), { recursive: true })
  const { disk } = temporary
  const honest = disk.statChild
  disk.statChild = (folder, name, into) => {
    honest.call(disk, folder, name, into)
    into.isMount = name === 'mnt'
  }
  await visit()
  expect(seen).toEqual(['/', 'mnt'])
})

test('a folder that cannot be read is counted, one that vanished is not, and the rest is met', async () => {
  for (const name of ['closed', 'gone', 'open']) mkdirSync(on(name))
  writeFileSync(on('open/a'), 'x')
  const { disk } = temporary
  const honest = disk.openBeneath
  disk.openBeneath = (folder, path, as) => {
    if (path === 'closed') throw new DiskError('EACCES', 'openat2')
    if (path === 'gone') renameSync(on('gone'), on('elsewhere'))
    return honest.call(disk, folder, path, as)
  }
  expect(await visit()).toBe(1)
  expect(seen).toContain('open/a')
  rmSync(on('elsewhere'), { recursive: true })
})

test('others have their turn in between, and it stops in the middle when it is over, with nothing left open', async () => {
  for (let i = 0; i < 100; i++) writeFileSync(on(String(i)), '')
  const open = temporary.disk.open.size
  let turns = 0
  const count = (): void => {
    turns++
    if (turns < 10) setImmediate(count)
    else isOver = true
  }
  setImmediate(count)
  await visit(wholeTree as never, 0)
  expect(seen.length).toBeGreaterThan(5)
  expect(seen.length).toBeLessThan(50)
  expect(temporary.disk.open.size).toBe(open)
})
