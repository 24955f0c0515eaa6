import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Timers } from '../../protocol/world.ts'
import { Census } from './census.ts'
import { DiskError } from './disk.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

let temporary: TemporaryStore
let census: Census
let waiting: (() => void)[]

/** Timers that go off when the test says so. */
const timers: Timers = {
  after(_ms, act) {
    waiting.push(act)
    return () => void waiting.splice(waiting.indexOf(act), 1)
  },
  endOfTurn: act => void setImmediate(act),
}

beforeEach(async () => {
  temporary = await openTemporaryStore()
  waiting = []
  census = new Census({ store: temporary.store, timers })
})

afterEach(async () => {
  await census.stop()
  await temporary.remove()
})

/** Waits until the census has come to rest between two counts. */
async function counted(): Promise<void> {
  while (waiting.length === 0) await new Promise(setImmediate)
}

test('files and their bytes are counted at start, folders and the own folder are not', async () => {
  mkdirSync(join(temporary.root, 'folder'))
  writeFileSync(join(temporary.root, 'folder/a'), '12345')
  writeFileSync(join(temporary.root, 'b'), '123')
  census.start()
  expect(census.latest()).toBeNull()
  await counted()
  expect(census.latest()).toEqual({ files: 2, bytes: 8 })
})

test('the tree is counted again after a while; until then the last count stands', async () => {
  census.start()
  await counted()
  writeFileSync(join(temporary.root, 'new'), '123')
  expect(census.latest()).toEqual({ files: 0, bytes: 0 })
  waiting.pop()!()
  await counted()
  expect(census.latest()).toEqual({ files: 1, bytes: 3 })
})

test('a tree that cannot be read through has no count', async () => {
  census.start()
  await counted()
  const honest = temporary.disk.openBeneath
  temporary.disk.openBeneath = () => {
    throw new DiskError('EIO', 'openat2')
  }
  waiting.pop()!()
  await counted()
  expect(census.latest()).toBeNull()
  temporary.disk.openBeneath = honest
})

test('nothing is counted after the census is stopped', async () => {
  census.start()
  await census.stop()
  expect(waiting).toEqual([])
})
