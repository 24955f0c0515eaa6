/** A copy of which too much vanished or changed at once, running and across restarts. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { put, remove, settle } from '../changes.fixture.ts'
import { MemoryIndex } from '../memory-index.ts'
import { temporaryFolder } from '../store.fixture.ts'
import { startWatching, type Watching } from './lookout.fixture.ts'

let root: string
let index: MemoryIndex
let watching: Watching

beforeEach(() => {
  root = temporaryFolder()
  index = new MemoryIndex()
})

afterEach(async () => {
  await watching.end(false)
  rmSync(root, { recursive: true, force: true })
})

const names = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `file-${at + from}`)
const held = () => watching.lookout.report().held

async function start(options: { recheck?: boolean } = {}): Promise<void> {
  watching = await startWatching({ root, openIndex: () => index, ...options })
}

async function startWith(files: number): Promise<void> {
  await start()
  await settle(watching.temporary.store, ...names(files).map(name => put(name, 'content')))
}

async function restart(options: { recheck?: boolean } = {}): Promise<void> {
  await watching.end(false)
  await start(options)
}

function lose(...paths: string[]): void {
  for (const path of paths) rmSync(join(root, path))
}

test('60 of 100 files that vanish while it runs hold the copy within seconds, with a reason that says what to do', async () => {
  await startWith(100)
  lose(...names(60))
  for (const name of names(60)) watching.watcher.say(name)
  await watching.pass(15_000)
  expect(held()).toBe(
    '60 of 100 files vanished or changed on this disk since the scan before (60 are missing): ' +
      'the copy stays as it is, and nothing is mended by it; ' +
      'put the files back, or start this server once with --recheck if it was meant',
  )
  expect(watching.told('the copy is held')).toEqual([{ reason: held() }])
  expect(watching.lookout.report().marks).toBe(60)
})

test('so do 60 that are overwritten while it is stopped', async () => {
  await startWith(100)
  await watching.end(false)
  for (const name of names(60)) writeFileSync(join(root, name), 'encrypted')
  await start()
  expect(held()).toContain(
    '60 of 100 files vanished or changed on this disk since the scan before (60 are changed)',
  )
})

test('30 of 100, or 49 of 60, do not', async () => {
  await startWith(100)
  await watching.scan()
  lose(...names(30))
  await watching.scan()
  expect(held()).toBeNull()
  expect(watching.lookout.report().marks).toBe(30)
})

test('few at a time do not, though they become many', async () => {
  await startWith(100)
  for (let from = 0; from < 80; from += 20) {
    lose(...names(20, from))
    await watching.scan()
  }
  expect([held(), watching.lookout.report().marks]).toEqual([null, 80])
})

test('files that the journal deletes, or that it never had, do not', async () => {
  await start()
  for (const name of names(100)) watching.edit(`mine/${name}`, 'x')
  await settle(watching.temporary.store, ...names(100).map(name => put(name, 'content')))
  await watching.scan()
  rmSync(join(root, 'mine'), { recursive: true })
  await settle(watching.temporary.store, ...names(60).map(name => remove(name, { base: 'content' })))
  await watching.scan()
  expect(held()).toBeNull()
})

test('records that were kept back do not: nobody changed anything since', async () => {
  await start()
  for (const name of names(100)) watching.edit(name, 'mine')
  await settle(watching.temporary.store, ...names(100).map(name => put(name, 'content')))
  expect(watching.lookout.report().marks).toBe(100)
  await watching.scan()
  expect(held()).toBeNull()
  await restart()
  expect(held()).toBeNull()
})

test('it is held across restarts, also until the first scan has ended, and against the scan before', async () => {
  await startWith(100)
  lose(...names(60))
  await watching.scan()
  expect(held()).not.toBeNull()
  await watching.end(false)
  watching = await startWatching({ root, openIndex: () => index })
  expect(JSON.parse(readFileSync(join(root, '.concur/scan'), 'utf8'))).toEqual({
    deviating: 0,
    isEmptied: false,
    held: held(),
  })
  expect(held()).toContain('60 of 100')
})

test('it is held no more when the files are back, and that shows soon', async () => {
  await startWith(100)
  lose(...names(60))
  await watching.scan()
  for (const name of names(60)) {
    watching.edit(name, 'content')
    watching.watcher.say(name)
  }
  await watching.pass(15_000)
  expect([held(), watching.lookout.report().marks]).toEqual([null, 0])
  expect(watching.told('the copy is held no more')).toHaveLength(1)
})

test('somebody who says that it was meant is believed, once', async () => {
  await startWith(100)
  lose(...names(60))
  await watching.scan()
  await restart({ recheck: true })
  expect([held(), watching.lookout.report().marks]).toEqual([null, 60])
  await restart()
  expect(held()).toBeNull()
  await settle(watching.temporary.store, ...names(100, 100).map(name => put(name, 'content')))
  await watching.scan()
  lose(...names(70, 100))
  await watching.scan()
  expect(held()).toContain('70 of 200')
})

test.each(['{', '{}', '{"deviating":"x","isEmptied":false}', ''])(
  'a file of the last scan that says %j counts as none: what the journal made was there',
  async text => {
    await startWith(100)
    lose(...names(60))
    await watching.end(false)
    writeFileSync(join(root, '.concur/scan'), text)
    await start()
    expect(held()).toContain('60 of 100')
  },
)
