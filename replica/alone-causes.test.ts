/** What a replica that is left alone says of its one copy, by its own journal and its own disk. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ServedAlone, serveAlone } from '../fixtures/served-alone.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Read, Verdict } from '../protocol/messages.ts'
import { parsePath } from '../protocol/path.ts'
import { put, remove, settle } from './store/changes.fixture.ts'

const path = parsePath('a')
let alone: ServedAlone

beforeEach(async () => {
  alone = await serveAlone(['server1', 'server2'] as NodeName[])
})

afterEach(() => alone.removeAfterChanges())

async function read(options: Partial<Read> = {}): Promise<Verdict> {
  const request: Read = { path, deep: false, bodies: 'none', from: null, lastOp: false }
  return (await alone.peer.ask('READ', { ...request, ...options }).ended()).only('VERDICT')
}

test('a file where its journal has none is told with what became of it', async () => {
  await settle(alone.store, put('a', 'one'), remove('a', { base: 'one' }))
  writeFileSync(join(alone.root, 'a'), 'one')
  expect(await read()).toMatchObject({
    verdict: 'DIFFERENT_FILES',
    versions: [
      { cause: 'edited-on-disk', note: expect.stringMatching(/^equals seq 1, deleted at .*Z \(seq 2\)$/) },
    ],
    unreachable: ['server1'],
  })
})

test('a copy that has rotted is no agreement', async () => {
  await settle(alone.store, put('a', 'one'))
  alone.disk.rot(join(alone.root, 'a'))
  expect(await read()).toMatchObject({ verdict: 'SINGLE_FILE' })
  for (const deep of [true, false])
    expect(await read({ deep })).toMatchObject({
      verdict: 'DIFFERENT_FILES',
      versions: [{ cause: 'bit-rot' }],
    })
})

test('the last operation is that of its own journal', async () => {
  await settle(alone.store, put('a', 'one'))
  expect((await read({ lastOp: true })).lastOp).toMatchObject({ seq: 1, type: 'put', path: 'a' })
  expect((await read()).lastOp).toBeNull()
})
