/** What is in the way of a record, across restarts. */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { put, settle, treeOf } from '../changes.fixture.ts'
import { MemoryIndex } from '../memory-index.ts'
import { temporaryFolder } from '../store.fixture.ts'
import { startWatching, type Watching } from './lookout.fixture.ts'

let root: string
let index: MemoryIndex
let watching: Watching
const keptFile = (): string => join(root, '.concur/kept')

async function start(): Promise<void> {
  watching = await startWatching({ root, openIndex: () => index })
}

beforeEach(async () => {
  root = temporaryFolder()
  index = new MemoryIndex()
  await start()
  symlinkSync('nowhere', join(root, 'a'))
  await settle(watching.temporary.store, put('a', 'content'))
  await watching.scan()
})

afterEach(async () => {
  await watching.end(false)
  rmSync(root, { recursive: true })
})

/** The link goes while nobody runs. */
async function restartWithoutLink(): Promise<void> {
  await watching.end(false)
  rmSync(join(root, 'a'))
}

test('a file comes after a restart, when what stood there is gone', async () => {
  expect(JSON.parse(readFileSync(keptFile(), 'utf8'))).toEqual({ a: 'a link stands there' })
  await restartWithoutLink()
  await start()
  expect(treeOf(root)).toEqual({ a: 'content' })
  expect(watching.told('installed what was kept back')).toEqual([{ path: 'a' }])
  expect(readFileSync(keptFile(), 'utf8')).toBe('{}')
})

test('what a person has put there while nobody ran stays', async () => {
  await restartWithoutLink()
  writeFileSync(join(root, 'a'), 'by hand')
  await start()
  expect(treeOf(root)).toEqual({ a: 'by hand' })
  expect(watching.marked('a')).toEqual(['a'])
})

test.each([
  ['is gone', () => rmSync(keptFile())],
  [
    'is a folder',
    () => {
      rmSync(keptFile())
      mkdirSync(keptFile())
    },
  ],
  ['is damaged', () => writeFileSync(keptFile(), '{"a":')],
  ['names what no path can be', () => writeFileSync(keptFile(), '{"../a":"a link stands there"}')],
])('a file of obstacles that %s says nothing: the path stays marked', async (_, spoil) => {
  await restartWithoutLink()
  spoil()
  await start()
  expect(treeOf(root)).toEqual({})
  expect(watching.marked('a')).toEqual(['a'])
})
