/** Changes of a file whose bytes have rotted before anybody noticed: it gives way as the file that it was, and is named. */
import { linkSync } from 'node:fs'
import { join } from 'node:path'
import { append, at, digest, historyOf, put, remove, rename, settle } from './changes.fixture.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
  await settle(temporary.store, put('a', 'one'))
  temporary.disk.rot(join(temporary.root, 'a'))
})

afterEach(() => temporary.remove())

const look = (path: string) => temporary.store.look(at(path), { deep: false })
const gaveWay = { path: 'a', digest: digest('nne'), cause: 'bit-rot' }

test('a put takes its place, and it goes into history', async () => {
  expect(await settle(temporary.store, put('a', 'two', { base: 'one' }))).toEqual([
    { seq: 2, kept: [], replaced: [gaveWay] },
  ])
  expect(await look('a')).toMatchObject({ digest: digest('two'), rotten: false })
  expect(Object.keys(historyOf(temporary.root))).toEqual(['2/a'])
})

test('a put takes its place also where it was known to be rotten', async () => {
  temporary.store.look(at('a'), { deep: true })
  expect(await settle(temporary.store, put('a', 'two', { base: 'one', seen: ['nne'] }))).toEqual([
    { seq: 2, kept: [], replaced: [gaveWay] },
  ])
})

test('a put keeps it where it was known to be rotten and the record does not know of it', async () => {
  temporary.store.look(at('a'), { deep: true })
  const [outcome] = await settle(temporary.store, put('a', 'two', { base: 'one' }))
  expect(outcome!.kept).toEqual([{ path: 'a', reason: 'its bytes have rotted on this disk' }])
  expect(await look('a')).toMatchObject({ digest: digest('nne'), rotten: true })
})

test('a delete takes it away', async () => {
  expect(await settle(temporary.store, remove('a', { base: 'one' }))).toEqual([
    { seq: 2, kept: [], replaced: [gaveWay] },
  ])
  expect(await look('a')).toEqual({ is: 'absent' })
})

test('a rename takes it along, named as rotten, whether that was known or not', async () => {
  const [first] = await settle(temporary.store, rename('a', 'b', { base: 'one' }))
  expect(first!.kept).toEqual([{ path: 'b', reason: 'its bytes have rotted on this disk' }])
  expect(await look('b')).toMatchObject({ digest: digest('nne'), rotten: true })
  expect(await settle(temporary.store, rename('b', 'c', { base: 'one', seen: ['nne'] }))).toEqual([])
  expect(await look('c')).toMatchObject({ digest: digest('nne'), rotten: true })
})

test.each([1, 2])(
  'an append to it, with %d names, is not made of it: the whole result is fetched',
  async names => {
    const { disk, root } = temporary
    if (names === 2) {
      disk.heal(join(root, 'a'))
      linkSync(join(root, 'a'), join(root, 'other'))
      disk.aheadS = 61
      await look('a')
      disk.rot(join(root, 'a'))
    }
    temporary.store.setContentSource({
      obtain: async () => ({ is: 'bytes', bytes: Buffer.from('one and more') }),
    })
    const [outcome] = await settle(temporary.store, append('a', 'one', ' and more'))
    expect(outcome).toMatchObject({ kept: [], replaced: [{ path: 'a', cause: 'bit-rot' }] })
    expect(await look('a')).toMatchObject({ digest: digest('one and more'), rotten: false })
  },
)

test('an append to it whose result nobody has leaves it, named as rotten', async () => {
  temporary.store.setContentSource({ obtain: async () => ({ is: 'lost', reason: 'nobody has it' }) })
  const [outcome] = await settle(temporary.store, append('a', 'one', ' and more'))
  expect(outcome!.kept).toEqual([{ path: 'a', reason: 'nobody has it' }])
  expect(await look('a')).toMatchObject({ digest: digest('nne and more'), rotten: true })
})
