/** Locks whose answers are lost: what is sent again, to whom, and what is said when nobody knows. */
import { type ChangingWorld, changingWorld, first, second } from '../../fixtures/changing-client.ts'
import { failure } from '../../fixtures/client-receiver.ts'
import { ScriptedServer } from '../../fixtures/client-server.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import { parsePath } from '../../protocol/path.ts'
import type { ConcurClient } from '../concur-client.ts'

let world: ChangingWorld
let client: ConcurClient
beforeEach(async () => {
  world = await changingWorld()
  client = world.client
})
afterEach(() => {
  client.close()
  world.shell.remove()
})

const path = parsePath('x')
const lock = (waitMs = 0) => world.passUntil(client.lock({ path, ttlMs: 60_000, waitMs }))
const locksOf = (server: ScriptedServer) =>
  server.asked.flatMap(one => (one.opcode === 'LOCK' ? [one.body] : []))
const grant = () => new ScriptedServer(world.time).onLock

/** The first attempts come to no end. */
function loseFirst(count: number, lose: (stream: Parameters<ScriptedServer['onLock']>[0]) => void): void {
  const answer = grant()
  world.server.onLock = (stream, request) => {
    if (locksOf(world.server).length <= count) lose(stream)
    else answer(stream, request)
  }
}

const cut = () => world.network.cut(first)
const refuse = (code: ErrorCode) => (stream: Parameters<ScriptedServer['onLock']>[0]) =>
  stream.fail(new ConcurError(code, 'x: no'))

test('a connection that is lost: the same operation is sent again', async () => {
  loseFirst(3, cut)
  expect((await lock()).state).toBe('mine')
  const [operation, ...others] = locksOf(world.server).map(one => one.operation)
  expect(others).toEqual([operation, operation, operation])
})

test('a server that falls silent is asked again, and a refusal is the last word', async () => {
  loseFirst(1, () => {})
  expect((await lock()).state).toBe('mine')
  world.server.onLock = refuse('LOCKED')
  const before = locksOf(world.server).length
  expect(await failure(lock())).toMatchObject({ code: 'LOCKED' })
  expect(locksOf(world.server)).toHaveLength(before + 1)
})

test('another server of the list takes it', async () => {
  const other = await new ScriptedServer(world.time).listen(world.network, second)
  loseFirst(1, () => {
    world.network.silence(first)
    cut()
  })
  expect((await lock()).state).toBe('mine')
  expect(locksOf(other).map(one => one.operation)).toEqual([locksOf(world.server)[0]!.operation])
})

test('who waited long enough does not wait anew', async () => {
  loseFirst(1, () => void world.time.after(9_000, cut))
  const answered = world.server.onLock
  world.server.onLock = (stream, request) => {
    stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 })
    answered(stream, request)
  }
  await lock(5_000)
  expect(locksOf(world.server).map(({ waitMs }) => waitMs)).toEqual([5_000, 0])
})

test.each<[string, ErrorCode, Partial<ScriptedServer['hello']>, ErrorCode, number]>([
  ['a replica that could not pass it on', 'NOT_COORDINATOR', { role: 'replica' }, 'UNREACHABLE', 1],
  ['who is too busy', 'BUSY', {}, 'BUSY', 1],
  ['a coordinator that is late', 'TIMEOUT', {}, 'TIMEOUT', 1],
])('%s is the last word of a first attempt', async (_, code, hello, told, count) => {
  world.server.hello = hello
  world.server.onLock = refuse(code)
  expect(await failure(lock())).toMatchObject({ code: told })
  expect(locksOf(world.server)).toHaveLength(count)
})

test('a replica that lost its coordinator does not know, and is asked again', async () => {
  world.server.hello = { role: 'replica' }
  loseFirst(2, refuse('TIMEOUT'))
  expect((await lock()).state).toBe('mine')
})

test('where nobody says anything for long, it may have been done or not', async () => {
  world.server.onLock = cut
  expect(await failure(lock())).toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringMatching(/^no answer came, and it may have been done or not: 127.0.0.1:6001: /),
  })
  expect(locksOf(world.server).length).toBeGreaterThan(10)
})

test('an answer that is none is not asked for again', async () => {
  world.server.onLock = stream => stream.send('WAITED', { seq: 1, behind: [] }, true)
  expect(await failure(lock())).toMatchObject({ code: 'TIMEOUT' })
  expect(locksOf(world.server)).toHaveLength(1)
})

test('unlocking is sent again in the same way', async () => {
  let tries = 0
  world.server.onUnlock = stream => {
    if (++tries === 1) cut()
    else stream.send('LOCK_IS', { state: 'free', lease: null }, true)
  }
  expect(await world.passUntil(client.unlock({ path }))).toEqual({ state: 'free', lease: null })
  expect(tries).toBe(2)
})
