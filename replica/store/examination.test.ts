import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FakeTime } from '../../fixtures/fake-time.ts'
import { conditionOf } from './examination.ts'
import { Lookout } from './lookout/lookout.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

let temporary: TemporaryStore
let lookout: Lookout
const time = new FakeTime()

beforeEach(async () => {
  temporary = await openTemporaryStore()
  lookout = new Lookout({ ground: temporary.store.lookoutGround, watcher: null, onNews: () => {} })
})
afterEach(async () => {
  await lookout.stop()
  await temporary.remove()
})

const condition = () => conditionOf({ store: temporary.store, lookout, clock: time, version: '1.2.3' })

test('a node knows its version, its clock, its file system and its disk, and before a scan nothing of its files', () => {
  const { fileSystem, disk, ...rest } = condition()
  expect(rest).toEqual({
    version: '1.2.3',
    nowMs: time.nowMs(),
    closed: null,
    closedFirst: null,
    deepVerifiedMs: null,
  })
  expect(fileSystem).toMatch(/^[a-z0-9]+$/)
  expect(disk).toMatch(/^[0-9a-f]{32}$/)
  expect(condition().disk).toBe(disk)
})

test('a kind of file system that nobody knows is told by its number', () => {
  temporary.disk.fileSystem = () => 0xabc
  expect(condition().fileSystem).toBe('0xabc')
})

test('when everything was compared is remembered, and a file that is damaged says never', () => {
  temporary.store.noteDeepVerified(1_796_000_000_000)
  expect(condition().deepVerifiedMs).toBe(1_796_000_000_000)
  writeFileSync(join(temporary.root, '.concur', 'deep'), 'x')
  expect(condition().deepVerifiedMs).toBeNull()
})

test('a scan finds what another user’s server could not read or move', async () => {
  mkdirSync(join(temporary.root, 'theirs'), { mode: 0o755 })
  writeFileSync(join(temporary.root, 'theirs', 'secret'), 'x', { mode: 0o600 })
  writeFileSync(join(temporary.root, 'open'), 'x', { mode: 0o644 })
  const ground = { ...temporary.store.lookoutGround, whom: { user: 65_534, groups: [65_534] } }
  await lookout.stop()
  lookout = new Lookout({ ground, watcher: null, onNews: () => {} })
  lookout.start()
  for (let i = 0; i < 200 && lookout.closed() === null; i++)
    await new Promise(resolve => setTimeout(resolve, 10))
  expect(condition()).toMatchObject({ closed: 2, closedFirst: 'theirs' })
})
