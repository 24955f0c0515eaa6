import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { at, put, settle } from '../changes.fixture.ts'
import { openTemporaryStore, type TemporaryStore } from '../store.fixture.ts'
import { type Looked, PathLook } from './path-look.ts'
import { RootGuard } from './root-guard.ts'
import type { Scanned } from './scan.ts'

let temporary: TemporaryStore
const scanned: Scanned = {
  files: 0,
  bytes: 0,
  unreadFolders: 0,
  closed: { count: 0, first: null },
  tally: { files: 2, missing: 2, changed: 0 },
  missing: [at('a'), at('b')],
}

beforeEach(async () => {
  temporary = await openTemporaryStore()
})

afterEach(() => temporary.remove())

function guard(look?: () => Looked): RootGuard {
  const ground = temporary.store.lookoutGround
  const pathLook = new PathLook(ground)
  return new RootGuard({ ground, look: look ?? (path => pathLook.look(path)), onNews() {} })
}

const lose = (...paths: string[]): void => {
  for (const path of paths) rmSync(join(temporary.root, path))
}

test('a root is emptied when what a scan missed is missing still, and nothing is there', async () => {
  await settle(temporary.store, put('a', 'one'), put('b', 'one'), put('c', 'one'))
  lose('a', 'b')
  expect(guard().isEmptied(scanned)).toBe(false)
  lose('c')
  expect(guard().isEmptied(scanned)).toBe(true)
})

test('one file that is missing, or folders that were not read, empty no root', async () => {
  await settle(temporary.store, put('a', 'one'), put('b', 'one'))
  lose('a', 'b')
  expect(guard().isEmptied({ ...scanned, missing: [at('a')] })).toBe(false)
  expect(guard().isEmptied({ ...scanned, unreadFolders: 1 })).toBe(false)
})

test('what a record has deleted since, or is about to change, is not missing', () => {
  const state = { seq: 3, is: 'absent' } as const
  expect(guard(() => ({ is: 'as journaled', state })).isEmptied(scanned)).toBe(false)
  expect(guard(() => ({ is: 'unsettled' })).isEmptied(scanned)).toBe(false)
  expect(
    guard(() => ({ is: 'deviating', state: { seq: 3, is: 'folder' }, deviation: 'missing' })).isEmptied(
      scanned,
    ),
  ).toBe(false)
})
